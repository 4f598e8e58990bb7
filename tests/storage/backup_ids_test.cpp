// No id names two things: of users and events of a store that goes on from an earlier state, or takes over another's.
#include "storage/backup/backup.hpp"
#include "storage/backup/fresh_ids.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/salvage.hpp"
#include "store_fixture.hpp"
#include "tests/support/seeded_random.hpp"

#include "storage/log/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <stdlib.h>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

constexpr timestamp_ms noon{milliseconds{1'800'000'000'000}};

struct ids_fixture {
    std::string path = "/tmp/pawl-ids-XXXXXX";
    secret_bytes log_key = secret_bytes(32, 0x5A);
    manual_clock time;
    pawl::test::seeded_random random{7};
    embedded_store_options options = store_fixture::without_thread();
    std::unique_ptr<embedded_store> data;

    ids_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        options.directory.log_key = &log_key;
        open("data");
    }
    ~ids_fixture() {
        data.reset();
        std::filesystem::remove_all(path);
    }
    std::string at(const std::string& name) const { return path + "/" + name; }
    void open(const std::string& name) {
        options.directory.path = at(name);
        data = embedded_store::open(options, time);
    }
    void close() {
        BOOST_TEST(data->stop(milliseconds(10'000)));
        data.reset();
    }
    std::uint64_t sign_up(const std::string& name) const {
        const auto made = data->insert_user(store_fixture::person(name));
        BOOST_TEST_REQUIRE(made.has_value());
        while (!data->is_durable(made->wait_for)) {
            std::this_thread::yield();
        }
        return made->id.value;
    }
    void back_up(const std::string& to) const {
        backup_request request;
        request.source = options.directory.path;
        request.destination = at(to);
        request.log_key = &log_key;
        make_backup(request);
    }
    restore_result restore(const std::string& from, const std::string& to, bool replace = false) {
        restore_request request;
        request.backup = at(from);
        request.target = at(to);
        request.log_key = &log_key;
        request.replace = replace;
        request.time = &time;
        request.random = &random;
        request.raise = [](timestamp_ms) {};
        return restore_backup(request);
    }
    // As a crash leaves it: the files of a store that is still open.
    void crash_into(const std::string& name) {
        std::filesystem::create_directory(at(name));
        std::filesystem::permissions(at(name), std::filesystem::perms::owner_all);
        for (const auto& entry : std::filesystem::directory_iterator(options.directory.path)) {
            std::error_code ec; // a spare segment gets its name meanwhile: then there is none
            std::filesystem::copy_file(entry.path(), at(name) + "/" + entry.path().filename().string(), ec);
        }
        data.reset();
        open(name);
    }
    std::map<std::string, std::string> content(const std::string& name) const {
        std::map<std::string, std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(at(name))) {
            std::ifstream file(entry.path(), std::ios::binary);
            out[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
        }
        return out;
    }
};

// The manifest without one of its members, with tag and CRC as one who has the key would make them.
std::string without_member(const manifest& m, const log_keys& keys, const std::string& member) {
    const auto bytes = [](const std::string& s) {
        return bytes_view{reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
    };
    std::string text = encode_manifest(m, keys);
    text.resize(text.find('\n') + 1);
    const std::size_t begin = text.find(",\"" + member + "\":");
    text.erase(begin, text.find(',', begin + 1) - begin);
    text += "hmac-sha256 " + to_hex(storage::hmac_sha256{keys.manifest()}.compute({bytes(text)}));
    char crc[32];
    std::snprintf(crc, sizeof crc, " crc32c %08x\n", crc32c(bytes(text)));
    return text + crc;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(move_ids, ids_fixture)

BOOST_AUTO_TEST_CASE(the_first_id_after_a_loss_is_above_all_that_may_have_been_given) {
    const auto floor = [](std::uint64_t next, std::int64_t ms_later, std::uint64_t mark) {
        return user_id_floor(next, noon, noon + milliseconds(ms_later), mark);
    };
    BOOST_TEST(floor(5, 0, 0) == 5 + user_id_step);
    BOOST_TEST(floor(5, -1'000, 0) == 5 + user_id_step); // a clock that is behind takes nothing back
    BOOST_TEST(floor(5, 1'000, 0) == 5 + 64'000 + user_id_step);
    BOOST_TEST(floor(5, 1'000, 2) == 5 + 64'000 + 3 * user_id_step);
    BOOST_TEST(floor(5, 0, UINT64_MAX) == 5 + user_id_steps_max * user_id_step);
    // Four thousand years on, some are left, and what was given already is still not given again.
    BOOST_TEST(floor(5, 4'500LL * 365 * 86'400'000, 0) == user_id_floor_max);
    BOOST_TEST(floor(5, INT64_MAX - noon.time_since_epoch().count(), UINT64_MAX) == user_id_floor_max);
    BOOST_TEST(user_id_floor(5, timestamp_ms{milliseconds{INT64_MIN}}, noon, 0) > 5 + user_id_step);
    BOOST_TEST(floor(user_id_floor_max - 1, 0, 0) == user_id_floor_max);
    BOOST_TEST(floor(user_id_max, 1'000, 9) == user_id_max);
}

BOOST_AUTO_TEST_CASE(marks_are_drawn_and_are_no_counts_of_restores) {
    struct zeros final : random_source {
        void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0}); }
    } none;
    BOOST_TEST(draw_restore_mark(none) == restore_mark_min);
    BOOST_TEST(draw_restore_mark(random) != draw_restore_mark(random));
    manifest m;
    m.restore_epoch = 3; // as 0.1 counts
    BOOST_TEST(m.restore_mark() == 0U);
    m.restore_epoch = restore_mark_min;
    BOOST_TEST(m.restore_mark() == restore_mark_min);
}

BOOST_AUTO_TEST_CASE(one_backup_restored_twice_gives_other_users_and_other_marks) {
    BOOST_TEST(sign_up("alice") == 1U);
    BOOST_TEST(data->restore_mark() == 0U);
    back_up("backup");
    std::set<std::uint64_t> ids{1, sign_up("lost")}, marks{0};
    close();
    // Also where no time passes between the two.
    for (const int later : {0, 0, 1, 60}) {
        time.advance(seconds(later));
        const std::string name = "data" + std::to_string(marks.size());
        const restore_result done = restore("backup", name);
        BOOST_TEST(marks.insert(done.restore_mark).second);
        open(name);
        BOOST_TEST(data->restore_mark() == done.restore_mark);
        BOOST_TEST(data->statistics().next_user_id == done.next_user_id);
        for (int i = 0; i < 20; ++i) {
            const std::uint64_t id = sign_up("new" + std::to_string(i));
            BOOST_TEST(ids.insert(id).second, id << " is given twice");
            BOOST_TEST(id < user_id_max);
        }
        close();
        open(name); // and it stays so
        BOOST_TEST(data->restore_mark() == done.restore_mark);
        BOOST_TEST(ids.insert(sign_up("last")).second);
        close();
    }
}

BOOST_AUTO_TEST_CASE(a_restore_over_a_damaged_store_gives_none_of_its_ids) {
    sign_up("alice");
    back_up("backup");
    BOOST_TEST(data->raise_next_user_id(50'000'000'000).value());
    close();
    {
        std::ofstream(at("data") + "/" + segment_name(1), std::ios::binary) << "x";
        BOOST_CHECK_THROW(open("data"), refused);
    }
    restore("backup", "data", true);
    open("data");
    BOOST_TEST(sign_up("bob") > 50'000'000'000U);
}

BOOST_AUTO_TEST_CASE(a_salvaged_store_gives_no_id_that_was_lost_and_has_a_mark) {
    sign_up("alice");
    std::uint64_t lost = 0;
    for (int i = 0; i < 5; ++i) {
        lost = sign_up("u" + std::to_string(i));
    }
    close();
    const std::string log = at("data") + "/" + segment_name(1);
    {
        std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096 + 4096 + 100); // from the second frame on, but for the last
        file << std::string(4 * 4096 - 200, 'x');
    }
    salvage_report report = read_salvage(at("data"), log_key);
    BOOST_TEST(!report.healthy);
    salvage_write request;
    request.target = at("mended");
    request.log_key = &log_key;
    request.time = &time;
    request.random = &random;
    const salvage_result done = write_salvaged(request, report);
    BOOST_TEST(done.restore_mark >= restore_mark_min);
    open("mended");
    BOOST_TEST(data->restore_mark() == done.restore_mark);
    const std::uint64_t id = sign_up("new");
    BOOST_TEST(id == done.next_user_id);
    BOOST_TEST(id > lost + user_id_step);
}

BOOST_AUTO_TEST_CASE(ids_of_another_store_that_are_taken_over_are_not_given_after_a_crash_either) {
    sign_up("alice");
    BOOST_TEST(data->raise_next_user_id(1'000).value());
    BOOST_TEST(!data->raise_next_user_id(1'000).value()); // no news
    BOOST_TEST(!data->raise_next_user_id(7).value());
    crash_into("crashed");
    BOOST_TEST(sign_up("bob") == 1'000U);
    BOOST_TEST(data->snapshot_now());
    BOOST_TEST(sign_up("carl") == 1'001U);
    BOOST_TEST(data->raise_next_user_id(2'000).value());
    crash_into("again");
    BOOST_TEST(data->snapshot_now()); // of which the manifest is another
    crash_into("and_again");
    BOOST_TEST(sign_up("dora") == 2'000U);
}

BOOST_AUTO_TEST_CASE(no_user_gets_an_id_that_a_double_does_not_hold) {
    const auto too_high = data->raise_next_user_id(imported_id_max + 1);
    BOOST_TEST_REQUIRE(too_high.has_error());
    BOOST_TEST((too_high.error().code == errc::validation_failed));
    BOOST_TEST(sign_up("alice") == 1U); // nothing changed
    BOOST_TEST(data->raise_next_user_id(imported_id_max).value());
    BOOST_TEST(sign_up("bob") == imported_id_max);
    BOOST_TEST(sign_up("carl") == user_id_max);
    const auto none_left = data->insert_user(store_fixture::person("dora"));
    BOOST_TEST_REQUIRE(none_left.has_error());
    BOOST_TEST((none_left.error().code == errc::storage_unavailable));
}

BOOST_AUTO_TEST_CASE(a_manifest_without_its_mark_is_refused_by_name_and_nothing_changes) {
    sign_up("alice");
    close();
    const log_keys keys(log_key);
    const auto files = std::make_shared<frozen_directory>(at("data"));
    const manifest head = read_manifest(*files, manifest_name_a, keys).value;
    const std::string text = without_member(head, keys, "restore_epoch");
    const decoded_manifest decoded = decode_manifest(text, keys);
    BOOST_TEST((decoded.fault == manifest_fault::bad));
    BOOST_TEST(decoded.member == "restore_epoch");
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        std::ofstream(at("data") + "/" + name, std::ios::binary) << text;
    }
    const auto before = content("data");
    const auto is_named = [](const refused& why) {
        return why.kind() == exit_code::corrupt && std::string(why.what()).find("restore_epoch") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(open("data"), refused, is_named);
    BOOST_TEST((content("data") == before));
    // One copy that has it is enough, as for any other damage.
    std::ofstream(at("data") + "/" + manifest_name_b, std::ios::binary) << encode_manifest(head, keys);
    open("data");
    BOOST_TEST(sign_up("bob") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
