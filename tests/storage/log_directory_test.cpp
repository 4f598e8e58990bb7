// Opening and recovering: who may, with which key, of which format; what is missing; what is left to be done.
#include "storage/log/segment_loader.hpp"
#include "tests/storage/log_fixture.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace pawl;
using namespace pawl::test;

namespace {

// A log of three segments, some batches in each, two spares; not stopped cleanly.
struct three_segments {
    explicit three_segments(bool clean = false) {
        small_store store(*disk);
        for (std::uint64_t segment = 0; segment < 3; ++segment) {
            if (segment > 0) {
                store.roll();
            }
            store.append({{1, segment * 10 + 1, 100}});
            store.append({{2, segment * 10 + 2, 1000}});
        }
        store.commit();
        store.make_spare();
        if (clean) {
            store.stop_cleanly();
        }
        acknowledged = store.state;
    }
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    key_values acknowledged;
};

exit_code kind_on_open(simulated_disk& disk, const small_log& shape = {}) {
    const std::optional<refused> r = refusal_on_open(disk, shape);
    return r ? r->kind() : exit_code::none;
}

class temporary_directory {
public:
    temporary_directory() {
        char name[] = "/tmp/pawl-log-test-XXXXXX";
        path_ = ::mkdtemp(static_cast<char*>(name));
    }
    ~temporary_directory() {
        std::error_code ec;
        std::filesystem::remove_all(path_, ec);
    }
    std::string path(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

directory_options options_in(const std::string& path) {
    directory_options o;
    o.path = path;
    o.log_key = &log_key();
    return o;
}

std::optional<refused> refusal_in(const std::string& path) {
    try {
        const opened_log log(options_in(path));
    } catch (const refused& r) {
        return r;
    }
    return std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_directory_opening)

BOOST_AUTO_TEST_CASE(frames_of_whole_pages_go_past_the_page_cache_and_smaller_ones_do_not) {
    for (const std::uint32_t wal_pad : {512U, 4096U}) {
        const auto disk = std::make_shared<simulated_disk>();
        small_log shape;
        shape.wal_pad = wal_pad;
        shape.first_segment_size = shape.segment_size = 256 * 1024;
        {
            small_store store(*disk, shape);
            const std::uint64_t before = disk->direct_writes(segment_name(1)); // of the segment's zeros
            for (std::uint64_t value = 1; value <= 3; ++value) {
                store.append({{1, value, 5000}}); // more than a page, no whole number of them
            }
            BOOST_TEST(disk->direct_writes(segment_name(1)) - before == (wal_pad == 4096 ? 3U : 0U));
        }
        BOOST_TEST(opened_log(*disk, shape).state.at(1) == 3U);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_directory_becomes_a_store_and_opens_again) {
    const auto disk = std::make_shared<simulated_disk>();
    disk->write("keys.json", {1, 2, 3}); // what is not ours is left alone
    {
        const opened_log log(*disk);
        BOOST_TEST(log.report.fresh);
        BOOST_TEST(log.report.clean);
        BOOST_TEST(log.report.records == 0U);
    }
    BOOST_TEST(disk->exists(segment_name(1)));
    BOOST_TEST(disk->exists("keys.json"));
    const opened_log again(*disk);
    BOOST_TEST(!again.report.fresh);
}

BOOST_AUTO_TEST_CASE(three_segments_read_back_in_order) {
    const three_segments log;
    const opened_log again(*log.disk);
    BOOST_TEST((again.state == log.acknowledged));
    BOOST_TEST(again.report.records == 6U);
    BOOST_TEST(again.last_lsn == 6U);
    BOOST_TEST(!again.report.clean);
}

BOOST_AUTO_TEST_CASE(a_clean_stop_is_known_and_leaves_the_log_as_it_is) {
    const three_segments log{true};
    const std::vector<std::uint8_t> before = log.disk->read(segment_name(3));
    const opened_log again(*log.disk);
    BOOST_TEST(again.report.clean);
    BOOST_TEST((again.state == log.acknowledged));
    BOOST_TEST((log.disk->read(segment_name(3)) == before));
}

BOOST_AUTO_TEST_CASE(a_second_process_is_locked_out_by_name) {
    const auto disk = std::make_shared<simulated_disk>();
    const opened_log first(*disk);
    const std::optional<refused> r = refusal_on_open(*disk);
    BOOST_REQUIRE(r);
    BOOST_TEST((r->kind() == exit_code::locked));
    BOOST_TEST(std::string(r->what()).find("4711") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_segment_is_refused_by_its_name) {
    for (const std::uint64_t segno : {1U, 2U, 3U}) {
        const three_segments log;
        log.disk->remove(segment_name(segno));
        const std::optional<refused> r = refusal_on_open(*log.disk);
        BOOST_REQUIRE_MESSAGE(r, "segment " << segno);
        BOOST_TEST((r->kind() == exit_code::corrupt));
        BOOST_TEST(std::string(r->what()).find(segment_name(segno)) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_missing_successor_of_a_sealed_segment_is_refused) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk);
        store.append({{1, 1}});
        store.roll();
    }
    for (const std::string& name : disk->names()) {
        if (const auto segno = parse_segment_name(name); segno && *segno > 1) {
            disk->remove(name);
        }
    }
    BOOST_TEST((kind_on_open(*disk) == exit_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_segment_that_lost_its_seal_is_refused) {
    const three_segments log;
    std::vector<std::uint8_t> bytes = log.disk->read(segment_name(2));
    std::fill(bytes.begin() + segment_header_size + 512 + 1536, bytes.end(), std::uint8_t{0});
    log.disk->write(segment_name(2), bytes);
    const std::optional<refused> r = refusal_on_open(*log.disk);
    BOOST_REQUIRE(r);
    BOOST_TEST((r->kind() == exit_code::corrupt));
    BOOST_TEST(std::string(r->what()).find(segment_name(2)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(segments_of_another_store_or_in_each_others_place_are_refused) {
    const three_segments log, foreign;
    const auto spliced = log.disk->image();
    spliced->write(segment_name(2), foreign.disk->read(segment_name(2)));
    BOOST_TEST((kind_on_open(*spliced) == exit_code::corrupt));
    const auto swapped = log.disk->image();
    swapped->write(segment_name(2), log.disk->read(segment_name(3)));
    swapped->write(segment_name(3), log.disk->read(segment_name(2)));
    BOOST_TEST((kind_on_open(*swapped) == exit_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_wrong_key_is_told_from_damage_and_touches_nothing) {
    const three_segments log;
    small_log other;
    other.key_seed = 9;
    const auto before = log.disk->image();
    BOOST_TEST((kind_on_open(*log.disk, other) == exit_code::wrong_key));
    for (const std::string& name : before->names()) {
        BOOST_TEST((before->read(name) == log.disk->read(name)));
    }
}

BOOST_AUTO_TEST_CASE(missing_manifests_beside_data_are_refused) {
    const three_segments log;
    log.disk->remove(manifest_name_a);
    BOOST_TEST((kind_on_open(*log.disk->image()) == exit_code::none));
    log.disk->remove(manifest_name_b);
    BOOST_TEST((kind_on_open(*log.disk) == exit_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_first_start_that_was_interrupted_begins_anew) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        const opened_log log(*disk);
    }
    disk->remove(manifest_name_a);
    disk->remove(manifest_name_b);
    disk->write("wal-0000000000000002.log.tmp", {1, 2, 3});
    const opened_log again(*disk);
    BOOST_TEST(again.report.fresh);
    BOOST_TEST(!disk->exists("wal-0000000000000002.log.tmp"));
}

BOOST_AUTO_TEST_CASE(a_read_error_is_never_taken_for_an_end) {
    const three_segments log;
    for (const std::uint64_t segno : {1U, 2U, 3U, 4U}) {
        const auto copy = log.disk->image();
        copy->set_faults([&](disk_operation op, const std::string& name) {
            simulated_disk::fault f;
            if (op == disk_operation::read && name == segment_name(segno)) {
                f.error = std::make_error_code(std::errc::io_error);
            }
            return f;
        });
        const std::optional<refused> r = refusal_on_open(*copy);
        BOOST_REQUIRE(r);
        BOOST_TEST((r->kind() == exit_code::storage_failed));
        BOOST_TEST(std::string(r->what()).find(segment_name(segno) + ": offset 0") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_newer_major_format_is_refused_and_nothing_is_touched) {
    const three_segments log;
    segment_header h;
    const std::vector<std::uint8_t> bytes = log.disk->read(segment_name(2));
    const log_keys keys{log_key()};
    store_uuid uuid;
    std::copy_n(bytes.begin() + 16, uuid.size(), uuid.begin());
    BOOST_REQUIRE((decode_segment_header(bytes, uuid, keys.key_check(uuid), h) == header_fault::none));
    h.major = format_major + 1;
    const segment_header_bytes head = encode_segment_header(h);
    std::vector<std::uint8_t> changed = bytes;
    std::copy(head.begin(), head.end(), changed.begin());
    log.disk->write(segment_name(2), changed);
    log.disk->write("snap-0000000000000001.dat", {1}); // unlisted: would be removed by a start that goes through
    BOOST_TEST((kind_on_open(*log.disk) == exit_code::newer_format));
    BOOST_TEST(log.disk->exists("snap-0000000000000001.dat"));
}

BOOST_AUTO_TEST_CASE(an_unknown_critical_record_refuses_and_another_is_skipped) {
    for (const bool critical : {true, false}) {
        const auto disk = std::make_shared<simulated_disk>();
        key_values acknowledged;
        {
            small_store store(*disk);
            store.append({{1, 5}});
            const std::vector<std::uint8_t> body(20, 1);
            const std::size_t n = encode_record(store.appender.payload(), critical ? 0x8777 : 0x0777, 1, body);
            BOOST_REQUIRE(!store.appender.append(frame_type::data, static_cast<std::uint32_t>(n), 1, store.now));
            store.append({{2, 6}});
            acknowledged = store.state;
        }
        key_values state;
        recovery_report report;
        const std::optional<refused> r = refusal_on_open(*disk, {}, &state, &report);
        BOOST_REQUIRE_EQUAL(r.has_value(), critical);
        if (critical) {
            BOOST_TEST((r->kind() == exit_code::newer_format));
        } else {
            BOOST_TEST((state == acknowledged));
            BOOST_TEST(report.notes.size() == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_not_empty_is_refused_after_an_unclean_end) {
    const three_segments log;
    std::vector<std::uint8_t> bytes = log.disk->read(segment_name(5));
    bytes[9000] = 1;
    log.disk->write(segment_name(5), bytes);
    BOOST_TEST((kind_on_open(*log.disk) == exit_code::corrupt));
}

BOOST_AUTO_TEST_CASE(the_page_cache_is_not_believed_after_a_sync_that_failed) {
    const auto disk = std::make_shared<simulated_disk>();
    key_values acknowledged;
    {
        small_store store(*disk);
        store.append({{1, 1}});
        acknowledged = store.state;
        disk->set_faults([](disk_operation op, const std::string&) {
            simulated_disk::fault f;
            f.error = op == disk_operation::sync ? std::make_error_code(std::errc::io_error) : std::error_code{};
            return f;
        });
        BOOST_CHECK_THROW(store.append({{1, 2, 3000}}), std::system_error);
        // Failed for good: the same file is not synced again (R2).
        disk->set_faults({});
        const std::uint64_t syncs = disk->syncs(segment_name(1));
        BOOST_TEST(static_cast<bool>(store.appender.append(frame_type::commit, 0, 0, store.now)));
        BOOST_TEST(disk->syncs(segment_name(1)) == syncs);
    }
    // The cache still holds the batch, marked clean; the disk never had it.
    key_values state;
    BOOST_TEST(!refusal_on_open(*disk, {}, &state).has_value());
    BOOST_TEST((state == acknowledged));
    // The segment was written anew: what is cached now is what is on the disk.
    small_store store(*disk);
    store.append({{1, 3, 100}});
    disk->cut_power(false);
    key_values again;
    BOOST_TEST(!refusal_on_open(*disk, {}, &again).has_value());
    BOOST_TEST(again[1] == 3U);
}

BOOST_AUTO_TEST_CASE(what_was_cut_is_never_written_over_by_a_later_cut_of_the_same_segment) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk);
    }
    for (unsigned cut = 1; cut <= cuts_kept_max + 1; ++cut) {
        std::vector<std::uint8_t> bytes = disk->read(segment_name(1));
        bytes[segment_header_size + 512 + 7] = static_cast<std::uint8_t>(cut); // a sector whose first was not written
        disk->write(segment_name(1), bytes);
        recovery_report report;
        BOOST_REQUIRE(!refusal_on_open(*disk, {}, nullptr, &report).has_value());
        BOOST_TEST(report.bytes_cut == 512U + 8U);
        const bool told = std::any_of(report.notes.begin(), report.notes.end(), [](const std::string& note) {
            return note.find("are not kept") != std::string::npos;
        });
        BOOST_TEST(told == (cut > cuts_kept_max), "cut " << cut);
    }
    for (unsigned cut = 1; cut <= cuts_kept_max; ++cut) {
        BOOST_REQUIRE(disk->exists(cut_name(1, cut)));
        BOOST_TEST(disk->read(cut_name(1, cut)).back() == cut);
        BOOST_TEST(parse_cut_name(cut_name(1, cut)).value_or(0) == 1U);
    }
    BOOST_TEST(!disk->exists(cut_name(1, cuts_kept_max + 1)));
    for (const char* const wrong :
         {"wal-0000000000000001.1.cut", "wal-0000000000000001.02.cut", "wal-0000000000000001.100.cut",
          "wal-0000000000000001.2x.cut", "wal-000000000000001.2.cut", "wal-0000000000000001.2.log",
          "wal-0000000000000001."}) {
        BOOST_TEST(!parse_cut_name(wrong), wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_torn_segment_is_repaired_in_the_spare_where_the_disk_is_full) {
    const auto disk = std::make_shared<simulated_disk>();
    key_values acknowledged;
    {
        small_store store(*disk);
        store.append({{1, 1}});
        store.make_spare();
        acknowledged = store.state;
    }
    std::vector<std::uint8_t> bytes = disk->read(segment_name(1));
    bytes[segment_header_size + 512 + 700] = 9; // the second sector of a batch whose first was not written
    disk->write(segment_name(1), bytes);
    disk->set_capacity(1);
    recovery_report report;
    key_values state;
    const std::optional<refused> r = refusal_on_open(*disk, {}, &state, &report);
    BOOST_REQUIRE_MESSAGE(!r, why(r));
    BOOST_TEST((state == acknowledged));
    BOOST_TEST(!disk->exists(segment_name(2)));
    BOOST_TEST(all_zero(bytes_view{disk->read(segment_name(1))}.subspan(segment_header_size + 512)));
}

BOOST_AUTO_TEST_CASE(without_a_spare_or_room_a_torn_segment_waits_for_its_repair) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk);
        store.append({{1, 1}});
    }
    disk->set_capacity(1);
    opened_log log(*disk);
    BOOST_TEST(log.state[1] == 1U);
    BOOST_TEST(log.directory.internals().repair.has_value());
    BOOST_TEST(static_cast<bool>(log.directory.internals().try_repair()));
    disk->set_capacity(SIZE_MAX);
    BOOST_TEST(!log.directory.internals().try_repair());
    BOOST_TEST(!log.directory.internals().repair.has_value());
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_may_read_is_refused_with_a_sentence) {
    const temporary_directory tmp;
    const std::string path = tmp.path("data");
    BOOST_TEST(!refusal_in(path).has_value()); // created
    struct stat st{};
    BOOST_REQUIRE(::stat(path.c_str(), &st) == 0);
    BOOST_TEST((st.st_mode & 0777U) == 0700U);
    for (const std::string& name : {std::string("LOCK"), std::string(manifest_name_a), segment_name(1)}) {
        BOOST_REQUIRE(::stat((path + "/" + name).c_str(), &st) == 0);
        BOOST_TEST((st.st_mode & 0777U) == 0600U);
    }
    for (const ::mode_t mode : {0750U, 0705U, 0770U}) {
        ::chmod(path.c_str(), mode);
        const std::optional<refused> r = refusal_in(path);
        BOOST_REQUIRE(r);
        BOOST_TEST((r->kind() == exit_code::usage));
        BOOST_TEST(std::string(r->what()).find("chmod 700") != std::string::npos);
    }
    ::chmod(path.c_str(), 0700);
    BOOST_TEST(!refusal_in(path).has_value());
    BOOST_TEST((refusal_in(tmp.path("no/such"))->kind() == exit_code::usage));
    std::ofstream(tmp.path("file")) << "x";
    BOOST_TEST((refusal_in(tmp.path("file"))->kind() == exit_code::usage));
}

BOOST_AUTO_TEST_CASE(another_process_is_told_the_pid_that_holds_the_directory) {
    const temporary_directory tmp;
    const opened_log log(options_in(tmp.path("data")));
    const std::optional<refused> r = refusal_in(tmp.path("data"));
    BOOST_REQUIRE(r);
    BOOST_TEST((r->kind() == exit_code::locked));
    BOOST_TEST(std::string(r->what()).find("process " + std::to_string(::getpid())) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(has_manifest_tells_a_first_start_from_a_lost_key_file) {
    const temporary_directory tmp;
    BOOST_TEST(!log_directory::has_manifest(tmp.path("data")));
    {
        const opened_log log(options_in(tmp.path("data")));
    }
    BOOST_TEST(log_directory::has_manifest(tmp.path("data")));
}

BOOST_AUTO_TEST_CASE(a_large_file_that_is_removed_stays_whole_for_who_reads_it_or_has_another_name_for_it) {
    const temporary_directory tmp;
    const std::shared_ptr<file_system> fs = open_posix_directory(tmp.path("data"));
    const std::vector<std::uint8_t> bytes(std::size_t{5} << 20U, 0x5A);
    const auto make = [&](const std::string& name) {
        std::error_code ec;
        const std::unique_ptr<file> f = fs->open(name, open_mode::create, ec);
        BOOST_REQUIRE(f && !write_fully(*f, 0, bytes));
    };
    std::error_code ec;
    make("read");
    const std::unique_ptr<file> reader = fs->open("read", open_mode::read, ec);
    BOOST_REQUIRE(reader);
    BOOST_TEST(!fs->remove("read"));
    std::vector<std::uint8_t> seen(bytes.size());
    BOOST_TEST(read_fully(*reader, 0, seen, ec) == bytes.size());
    BOOST_TEST((seen == bytes));
    make("named");
    std::filesystem::create_hard_link(tmp.path("data/named"), tmp.path("data/twice"));
    BOOST_TEST(!fs->remove("named"));
    BOOST_TEST(std::filesystem::file_size(tmp.path("data/twice")) == bytes.size());
    make("alone");
    BOOST_TEST(!fs->remove("alone"));
    BOOST_TEST(!fs->remove("twice"));
    BOOST_TEST(std::filesystem::is_empty(tmp.path("data")));
    BOOST_TEST((fs->remove("twice") == std::errc::no_such_file_or_directory));
}

BOOST_AUTO_TEST_CASE(real_files_read_back_past_the_page_cache) {
    const temporary_directory tmp;
    const std::shared_ptr<file_system> fs = open_posix_directory(tmp.path("data"));
    store_uuid uuid{};
    const log_keys keys{log_key()};
    segment_header h;
    h.segno = 3;
    h.file_size = 1U << 20U;
    h.key_check = keys.key_check(uuid);
    BOOST_REQUIRE(!make_segment(*fs, h));
    loaded_segment loaded;
    BOOST_TEST(load_segment(*fs, 3, uuid, keys, loaded));
    BOOST_TEST(!loaded.is_used());
    BOOST_TEST(!load_segment(*fs, 4, uuid, keys, loaded));
    BOOST_TEST((loaded.fault == segment_fault::missing));
}

BOOST_AUTO_TEST_SUITE_END()
