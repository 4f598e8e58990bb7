// Snapshots: what is written reads back; rot in the newest costs nothing; a crash or an error at any step keeps the old
// one.
#include "storage/log/crc32c.hpp"
#include "storage/snapshot/snapshot_reader.hpp"
#include "storage/snapshot/snapshot_writer.hpp"
#include "tests/storage/log_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

using namespace pawl;
using namespace pawl::test;

namespace {

// Two snapshots with log before, between and after them; stopped cleanly.
struct two_generations {
    explicit two_generations(std::size_t body_size = 40) {
        small_store store(*disk);
        for (std::uint64_t round = 1; round <= 2; ++round) {
            store.append({{1, round * 10}, {static_cast<std::uint8_t>(10 + round), round}});
            lsn[round - 1] = store.appender.at().next.lsn;
            BOOST_REQUIRE(store.snapshot(body_size));
        }
        store.append({{2, 99}});
        store.stop_cleanly();
        acknowledged = store.state;
    }
    std::string newest() const { return snapshot_name(lsn[1]); }
    std::string previous() const { return snapshot_name(lsn[0]); }

    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::uint64_t lsn[2] = {};
    key_values acknowledged;
};

} // namespace

BOOST_AUTO_TEST_SUITE(snapshot)

BOOST_AUTO_TEST_CASE(the_newest_snapshot_and_the_log_after_it_are_the_state) {
    const two_generations store;
    const opened_log log(*store.disk);
    BOOST_TEST((log.state == store.acknowledged));
    BOOST_TEST(log.report.snapshot_lsn == store.lsn[1]);
    BOOST_TEST(!log.report.snapshot_fell_back);
    BOOST_TEST(log.report.records == 1U); // only what came after it was replayed
    BOOST_TEST(log.counts.next_user_id == 42U);
    BOOST_TEST(log.report.next_user_id == 42U);
}

BOOST_AUTO_TEST_CASE(records_of_all_sizes_cross_blocks_and_come_back_in_order) {
    const auto disk = std::make_shared<simulated_disk>();
    const std::shared_ptr<file_system> fs = disk->mount();
    const log_keys keys{log_key()};
    const snapshot_identity id{{}, 5};
    std::mt19937_64 random{11};
    std::vector<std::vector<std::uint8_t>> bodies;
    for (int i = 0; i < 400; ++i) {
        const std::size_t size = i % 40 == 0 ? record_body_size_max : random() % 3000;
        bodies.emplace_back(size, static_cast<std::uint8_t>(i));
    }
    snapshot_footer footer;
    {
        snapshot_writer writer{*fs, id, keys};
        for (const auto& b : bodies) {
            writer.add(4, 1, b);
        }
        BOOST_REQUIRE(!writer.finish({3, 4, 5}, timestamp_ms{milliseconds{77}}, footer));
    }
    const snapshot_check check = verify_snapshot(*fs, id, keys, &footer.tag);
    BOOST_REQUIRE_EQUAL(describe(check.fault), "good");
    BOOST_TEST(check.footer.records == bodies.size());
    BOOST_TEST(check.footer.counts.families == 4U);
    std::size_t i = 0;
    read_snapshot(*fs, id, check.footer, check.footer.time, [&](const record_view& r) {
        BOOST_REQUIRE(std::equal(r.body.begin(), r.body.end(), bodies.at(i).begin(), bodies.at(i).end()));
        ++i;
    });
    BOOST_TEST(i == bodies.size());
}

BOOST_AUTO_TEST_CASE(a_large_snapshot_is_checked_by_several_threads_and_its_first_fault_is_named) {
    const auto disk = std::make_shared<simulated_disk>();
    const std::shared_ptr<file_system> fs = disk->mount();
    const log_keys keys{log_key()};
    const snapshot_identity id{{}, 5};
    const std::vector<std::uint8_t> body(record_body_size_max, 3);
    snapshot_footer footer;
    {
        snapshot_writer writer{*fs, id, keys};
        for (int i = 0; i < 300; ++i) {
            writer.add(4, 1, body);
        }
        BOOST_REQUIRE(!writer.finish({}, {}, footer));
    }
    BOOST_REQUIRE(footer.blocks > 256U);
    BOOST_TEST((verify_snapshot(*fs, id, keys, &footer.tag).fault == snapshot_fault::none));
    std::uint64_t records = 0;
    read_snapshot(*fs, id, footer, {}, [&](const record_view&) { ++records; });
    BOOST_TEST(records == 300U);
    const auto block = [](std::uint64_t i) { return snapshot_header_size + i * snapshot_block_size; };
    for (const std::uint64_t bad : {std::uint64_t{290}, std::uint64_t{17}}) { // the second stays: the first is named
        disk->flip(snapshot_name(5), (block(bad) + 5000) * 8);
        const snapshot_check check = verify_snapshot(*fs, id, keys, &footer.tag);
        BOOST_TEST((check.fault == snapshot_fault::bad));
        BOOST_TEST(check.offset == block(bad));
    }
}

BOOST_AUTO_TEST_CASE(several_threads_hand_out_each_record_once_and_what_one_throws_ends_all) {
    const auto disk = std::make_shared<simulated_disk>();
    const std::shared_ptr<file_system> fs = disk->mount();
    const log_keys keys{log_key()};
    const snapshot_identity id{{}, 5};
    constexpr std::uint32_t count = 5000;
    snapshot_footer footer;
    {
        snapshot_writer writer{*fs, id, keys};
        for (std::uint32_t i = 0; i < count; ++i) {
            std::vector<std::uint8_t> body(4 + i % 1500, static_cast<std::uint8_t>(i));
            store_le<std::uint32_t>(body.data(), i);
            writer.add(4, 1, body);
        }
        BOOST_REQUIRE(!writer.finish({}, {}, footer));
    }
    BOOST_TEST(threads_for_snapshot(footer, 4) == 1U); // so small a one is not worth it
    std::mutex mutex;
    int readers = 0;
    std::set<std::uint32_t> seen;
    read_snapshot(
        *fs, id, footer, {},
        [&] {
            const std::lock_guard asking(mutex);
            ++readers;
            return [&, reader = std::this_thread::get_id()](const record_view& r) {
                const auto i = load_le<std::uint32_t>(r.body.data());
                const std::lock_guard lock(mutex);
                BOOST_REQUIRE(reader == std::this_thread::get_id());
                BOOST_REQUIRE(r.body.size() == 4 + i % 1500 && r.lsn == 5);
                BOOST_REQUIRE(seen.insert(i).second);
            };
        },
        3);
    BOOST_TEST(readers >= 1);
    BOOST_TEST(readers <= 3);
    BOOST_TEST(seen.size() == count);
    BOOST_TEST(*seen.rbegin() == count - 1);
    struct unacceptable {};
    std::atomic<int> thrown{0};
    BOOST_CHECK_THROW(read_snapshot(
                          *fs, id, footer, {},
                          [&] {
                              return [&](const record_view&) {
                                  ++thrown;
                                  throw unacceptable{};
                              };
                          },
                          3),
                      unacceptable);
    BOOST_TEST(thrown.load() >= 1);
    BOOST_TEST(thrown.load() <= 3);
}

// Of all sizes: what goes to the disk when it ends, and what has threads for it.
BOOST_AUTO_TEST_CASE(a_snapshot_that_reads_back_other_than_it_was_written_or_cannot_be_written_is_none) {
    const log_keys keys{log_key()};
    const snapshot_identity id{{}, 5};
    const std::string temporary = snapshot_name(5) + temporary_suffix;
    const std::vector<std::uint8_t> body(record_body_size_max, 3);
    const auto write = [&](simulated_disk& disk, int records, std::optional<std::uint64_t>& wrong_at) {
        const std::shared_ptr<file_system> fs = disk.mount();
        snapshot_footer footer;
        snapshot_writer writer{*fs, id, keys};
        for (int i = 0; i < records; ++i) {
            writer.add(4, 1, body);
        }
        const std::error_code ec = writer.finish({}, {}, footer);
        wrong_at = writer.wrong_at();
        return ec;
    };
    for (const int records : {0, 3, 100, 300}) {
        BOOST_TEST_CONTEXT(records << " records") {
            const auto rotting = std::make_shared<simulated_disk>();
            std::atomic<bool> rotted{false};
            const std::uint64_t bad = records == 0 ? 4096 + 9 : 4096 + 40000;
            rotting->set_faults([&](disk_operation op, const std::string& file) {
                if (op == disk_operation::read && file == temporary && !rotted.exchange(true)) {
                    rotting->flip(temporary, bad * 8);
                }
                return simulated_disk::fault{};
            });
            std::optional<std::uint64_t> wrong_at;
            BOOST_TEST((write(*rotting, records, wrong_at) == std::errc::io_error));
            BOOST_REQUIRE(wrong_at.has_value());
            BOOST_TEST(*wrong_at == bad);
            BOOST_TEST(rotting->names().empty());

            const auto full = std::make_shared<simulated_disk>(5000);
            BOOST_TEST((write(*full, records, wrong_at) == std::errc::no_space_on_device));
            BOOST_TEST(!wrong_at.has_value());
            BOOST_TEST(full->names().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(each_part_written_beside_a_log_that_writes_is_followed_by_a_pause_and_beside_a_quiet_one_by_none) {
    const log_keys keys{log_key()};
    const std::vector<std::uint8_t> body(3000);
    const std::size_t parts = snapshot_pipeline::parts_max + 3; // some of them on threads
    const auto pauses = [&](const io_throttle* log) {
        const auto disk = std::make_shared<simulated_disk>();
        const std::shared_ptr<file_system> fs = disk->mount();
        snapshot_writer writer{*fs, {{}, 5}, keys, log};
        for (std::size_t size = 0; size < parts * snapshot_pipeline::part_size; size += body.size()) {
            writer.add(4, 1, body);
        }
        snapshot_footer footer;
        BOOST_REQUIRE(!writer.finish({}, {}, footer));
        return writer.pauses();
    };
    io_throttle quiet;
    quiet.begin();
    quiet.end();
    io_throttle writing;
    writing.begin();
    BOOST_TEST(pauses(&writing) >= parts);
    BOOST_TEST(pauses(&quiet) == 0U);
    BOOST_TEST(pauses(nullptr) == 0U);
}

BOOST_AUTO_TEST_CASE(an_empty_snapshot_is_one_too) {
    const auto disk = std::make_shared<simulated_disk>();
    const std::shared_ptr<file_system> fs = disk->mount();
    const log_keys keys{log_key()};
    const snapshot_identity id{{}, 1};
    snapshot_footer footer;
    snapshot_writer writer{*fs, id, keys};
    BOOST_REQUIRE(!writer.finish({}, {}, footer));
    BOOST_TEST((verify_snapshot(*fs, id, keys, nullptr).fault == snapshot_fault::none));
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_of_the_newest_costs_anything_and_each_is_told) {
    const two_generations store;
    const std::size_t bytes = store.disk->read(store.newest()).size();
    // All of what is written, and a sample of the zeros between.
    const auto is_dense = [&](std::size_t byte) {
        const std::size_t block = snapshot_header_size, footer = bytes - snapshot_footer_size;
        return byte < 64 || (byte >= block && byte < block + 400) || (byte >= footer && byte < footer + 96) ||
               byte + 8 > bytes;
    };
    for (std::size_t byte = 0; byte < bytes; byte += is_dense(byte) ? 1 : std::min<std::size_t>(61, bytes - byte)) {
        if (!is_dense(byte) && byte % 16 != 0) {
            continue;
        }
        const auto copy = store.disk->image();
        copy->flip(store.newest(), byte * 8 + byte % 8);
        key_values state;
        recovery_report report;
        const std::optional<refused> r = refusal_on_open(*copy, {}, &state, &report);
        BOOST_TEST_CONTEXT("byte " << byte) {
            BOOST_REQUIRE_MESSAGE(!r, why(r));
            BOOST_REQUIRE((state == store.acknowledged));
            BOOST_REQUIRE(report.snapshot_fell_back && !report.notes.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_snapshot_cut_short_or_missing_costs_nothing) {
    const two_generations store;
    const std::vector<std::uint8_t> bytes = store.disk->read(store.newest());
    for (std::size_t n = 0; n < bytes.size(); n += 1499) {
        const auto copy = store.disk->image();
        copy->write(store.newest(), {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
        key_values state;
        BOOST_REQUIRE(!refusal_on_open(*copy, {}, &state).has_value());
        BOOST_REQUIRE((state == store.acknowledged));
    }
    store.disk->remove(store.newest());
    key_values state;
    BOOST_REQUIRE(!refusal_on_open(*store.disk, {}, &state).has_value());
    BOOST_TEST((state == store.acknowledged));
}

BOOST_AUTO_TEST_CASE(both_generations_bad_is_refused) {
    const two_generations store;
    store.disk->flip(store.newest(), 8 * 5000);
    store.disk->flip(store.previous(), 8 * 5000);
    const std::optional<refused> r = refusal_on_open(*store.disk);
    BOOST_REQUIRE(r);
    BOOST_TEST((r->kind() == exit_code::corrupt));
    BOOST_TEST(std::string(r->what()).find(store.newest()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_snapshot_may_rot_too_for_the_whole_log_stands_beside_it) {
    const auto disk = std::make_shared<simulated_disk>();
    key_values acknowledged;
    std::uint64_t lsn = 0;
    {
        small_store store(*disk);
        store.append({{1, 5}});
        lsn = store.appender.at().next.lsn;
        BOOST_REQUIRE(store.snapshot());
        store.append({{1, 6}});
        acknowledged = store.state;
    }
    disk->flip(snapshot_name(lsn), 8 * 5000);
    key_values state;
    BOOST_REQUIRE(!refusal_on_open(*disk, {}, &state).has_value());
    BOOST_TEST((state == acknowledged));
}

BOOST_AUTO_TEST_CASE(after_a_fallback_the_next_snapshot_rests_on_the_good_one) {
    const two_generations store;
    store.disk->flip(store.newest(), 8 * 5000);
    key_values acknowledged;
    std::uint64_t third = 0;
    {
        small_store again(*store.disk);
        BOOST_REQUIRE(again.log.report.snapshot_fell_back);
        again.append({{5, 5}});
        third = again.appender.at().next.lsn;
        BOOST_REQUIRE(again.snapshot());
        acknowledged = again.state;
    }
    BOOST_TEST(!store.disk->exists(store.newest()));
    BOOST_TEST(store.disk->exists(store.previous()));
    store.disk->flip(snapshot_name(third), 8 * 5000);
    key_values state;
    const std::optional<refused> r = refusal_on_open(*store.disk, {}, &state);
    BOOST_REQUIRE_MESSAGE(!r, why(r));
    BOOST_TEST((state == acknowledged));
}

BOOST_AUTO_TEST_CASE(blocks_in_each_others_place_or_of_another_snapshot_are_seen) {
    const two_generations store{30000}; // several blocks
    const std::vector<std::uint8_t> bytes = store.disk->read(store.newest());
    const std::vector<std::uint8_t> other = store.disk->read(store.previous());
    const auto block = [](std::size_t i) {
        return static_cast<std::ptrdiff_t>(snapshot_header_size + i * snapshot_block_size);
    };
    const auto falls_back = [&](const std::vector<std::uint8_t>& changed) {
        const auto copy = store.disk->image();
        copy->write(store.newest(), changed);
        recovery_report report;
        BOOST_REQUIRE(!refusal_on_open(*copy, {}, nullptr, &report).has_value());
        return report.snapshot_fell_back;
    };
    std::vector<std::uint8_t> swapped = bytes;
    std::swap_ranges(swapped.begin() + block(0), swapped.begin() + block(1), swapped.begin() + block(1));
    BOOST_TEST(falls_back(swapped));
    std::vector<std::uint8_t> spliced = bytes;
    std::copy(other.begin() + block(0), other.begin() + block(1), spliced.begin() + block(0));
    BOOST_TEST(falls_back(spliced));
    BOOST_TEST(!falls_back(bytes));
}

// By one who can write the directory but has not the key.
BOOST_AUTO_TEST_CASE(an_edited_snapshot_with_its_checksums_made_right_is_tampered_with) {
    const two_generations store;
    const auto edit_record = [&](simulated_disk& disk, const std::string& name, std::uint64_t lsn) {
        std::vector<std::uint8_t> bytes = disk.read(name);
        std::uint8_t* const block = bytes.data() + snapshot_header_size;
        block[snapshot_block_head_size + record_header_size + 1] ^= 0x40;
        std::array<std::uint8_t, 24> place;
        std::copy_n(bytes.begin() + 16, 16, place.begin());
        store_le<std::uint64_t>(place.data() + 16, lsn);
        const auto size = load_le<std::uint32_t>(block + 8);
        store_le<std::uint32_t>(block + 12,
                                crc32c({block + snapshot_block_head_size, size}, crc32c({block, 12}, crc32c(place))));
        disk.write(name, bytes);
    };
    const auto edit_footer = [&](simulated_disk& disk, const std::string& name) {
        std::vector<std::uint8_t> bytes = disk.read(name);
        std::uint8_t* const footer = bytes.data() + bytes.size() - snapshot_footer_size;
        footer[56] ^= 0x10; // the next user id
        store_le<std::uint32_t>(footer + snapshot_footer_size - 4, crc32c({footer, snapshot_footer_size - 4}));
        disk.write(name, bytes);
    };
    const auto one = store.disk->image(), other = store.disk->image();
    edit_record(*one, store.newest(), store.lsn[1]);
    edit_footer(*other, store.newest());
    for (const auto& disk : {one, other}) {
        key_values state;
        recovery_report report;
        BOOST_REQUIRE(!refusal_on_open(*disk->image(), {}, &state, &report).has_value());
        BOOST_TEST((state == store.acknowledged));
        BOOST_TEST(report.notes.at(0).find("another hand") != std::string::npos);
        edit_footer(*disk, store.previous());
        const std::optional<refused> r = refusal_on_open(*disk);
        BOOST_REQUIRE(r);
        BOOST_TEST((r->kind() == exit_code::tampered));
    }
}

BOOST_AUTO_TEST_CASE(a_snapshot_whose_manifests_cannot_be_written_is_not_left_on_a_full_disk) {
    const two_generations base;
    small_store store(*base.disk);
    store.append({{3, 7}});
    store.roll();
    const std::string name = snapshot_name(store.appender.at().next.lsn);
    base.disk->set_faults([](disk_operation op, const std::string& file) {
        simulated_disk::fault f;
        if (op == disk_operation::write && file.starts_with("MANIFEST")) {
            f.error = std::make_error_code(std::errc::no_space_on_device);
        }
        return f;
    });
    BOOST_TEST(!store.snapshot());
    BOOST_TEST(!base.disk->exists(name));
    base.disk->set_faults({});
    BOOST_TEST(store.snapshot());
    BOOST_TEST(base.disk->exists(name));
}

BOOST_AUTO_TEST_CASE(only_two_generations_and_their_log_are_kept) {
    const auto disk = std::make_shared<simulated_disk>();
    small_store store(*disk);
    for (std::uint64_t round = 1; round <= 6; ++round) {
        store.append({{1, round}});
        BOOST_REQUIRE(store.snapshot());
    }
    std::size_t snapshots = 0, segments = 0;
    for (const std::string& name : disk->names()) {
        snapshots += parse_snapshot_name(name) ? 1U : 0U;
        segments += parse_segment_name(name) ? 1U : 0U;
        BOOST_TEST(!name.ends_with(temporary_suffix));
    }
    BOOST_TEST(snapshots == 2U);
    BOOST_TEST(segments == 1U + 1U + 1U); // since the older snapshot, since the newer, and the spare
}

// One segment a day: each snapshot lets go of what is older than a week, and of nothing younger.
BOOST_AUTO_TEST_CASE(segments_that_recovery_does_not_need_stay_for_a_week_after_their_last_frame) {
    const auto disk = std::make_shared<simulated_disk>();
    small_store store(*disk);
    store.s.options.log_retention_bytes = 1U << 30U;
    for (std::uint64_t day = 1; day <= 20; ++day) {
        store.append({{1, day}});
        BOOST_REQUIRE(store.snapshot()); // seals segment `day`
        for (std::uint64_t segno = 1; segno <= day; ++segno) {
            // Its frames are of day `segno`; the first frame of the next, by which it is judged, of the day after.
            BOOST_TEST(disk->exists(segment_name(segno)) == (segno + 1 + 7 >= day), "day " << day << ", " << segno);
        }
        store.now += std::chrono::hours(24);
    }
    store.s.options.log_retention_bytes = 16 * 1024; // the bytes are a bound all the same
    store.append({{1, 100}});
    BOOST_REQUIRE(store.snapshot());
    BOOST_TEST(disk->exists(segment_name(20)));
    BOOST_TEST(!disk->exists(segment_name(19)));
}

BOOST_AUTO_TEST_CASE(a_second_snapshot_of_the_same_place_is_not_made) {
    const auto disk = std::make_shared<simulated_disk>();
    small_store store(*disk);
    store.append({{1, 1}});
    BOOST_TEST(store.snapshot());
    const auto before = disk->image();
    BOOST_TEST(!store.snapshot());
    BOOST_TEST((disk->names() == before->names()));
}

// Each operation of a snapshot fails once, or the power goes there: what was acknowledged is there after it, the old
// snapshot too, and nothing is left lying about.
BOOST_AUTO_TEST_CASE(an_error_or_a_power_cut_at_any_step_of_a_snapshot_loses_nothing) {
    const two_generations base;
    for (const bool cut : {false, true}) {
        bool fired = true;
        for (std::uint64_t n = 0; fired; ++n) {
            const auto disk = base.disk->image();
            key_values acknowledged;
            fired = false;
            bool made = false;
            try {
                small_store store(*disk);
                store.make_spare();
                store.make_spare();
                store.append({{3, 7}});
                acknowledged = store.state;
                store.roll();
                store.make_spare();
                std::uint64_t left = n;
                disk->set_faults([&](disk_operation, const std::string&) {
                    simulated_disk::fault f;
                    if (left-- == 0) {
                        fired = true;
                        f.cut_power = cut;
                        f.error = cut ? std::error_code{} : std::make_error_code(std::errc::no_space_on_device);
                    }
                    return f;
                });
                made = store.snapshot();
                disk->set_faults({});
                if (!cut) { // it goes on, and the next one works
                    store.append({{4, n}});
                    acknowledged = store.state;
                    BOOST_REQUIRE(store.snapshot());
                }
            } catch (const power_cut&) {
            }
            disk->set_faults({});
            std::mt19937_64 random{n};
            disk->cut_power(random);
            key_values state;
            const std::optional<refused> r = refusal_on_open(*disk, {}, &state);
            BOOST_TEST_CONTEXT((cut ? "power cut at " : "error at ") << n << (made ? ", made" : "")) {
                BOOST_REQUIRE_MESSAGE(!r, why(r));
                BOOST_REQUIRE((state == acknowledged));
                std::size_t snapshots = 0;
                for (const std::string& name : disk->names()) {
                    snapshots += parse_snapshot_name(name) ? 1U : 0U;
                    BOOST_TEST(!name.ends_with(temporary_suffix));
                }
                BOOST_TEST(snapshots == 2U);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
