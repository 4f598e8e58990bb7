// Reading a store as it was at one moment, copying it, putting it back: while it is written to, and with records of
// another store in it.
#include "storage/backup/backup.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/salvage.hpp"
#include "store_fixture.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

struct move_fixture {
    std::string path = "/tmp/pawl-move-XXXXXX";
    secret_bytes log_key = secret_bytes(32, 0x5A);
    manual_clock time;
    embedded_store_options options = store_fixture::without_thread();
    std::unique_ptr<embedded_store> data;

    move_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        options.directory.path = path + "/data";
        options.directory.log_key = &log_key;
        options.directory.first_segment_size = options.directory.segment_size = 256 * 1024; // rolls often
        data = embedded_store::open(options, time);
    }
    ~move_fixture() {
        data.reset();
        std::filesystem::remove_all(path);
    }
    void wait(ticket t) const {
        while (!data->is_durable(t)) {
            std::this_thread::yield();
        }
    }
    ticket add_user(const std::string& name) {
        for (;;) {
            if (const auto made = data->insert_user(store_fixture::person(name))) {
                return made->wait_for;
            }
            std::this_thread::yield(); // a spare is being made
        }
    }
};

family_facts facts_of(user_id owner, std::uint8_t number) {
    family_facts f;
    f.id.bytes[0] = number;
    f.user = owner;
    f.created_at = timestamp(seconds(1'800'000'000));
    f.idle_ttl = f.absolute_ttl = seconds(86400);
    return f;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(move_store, move_fixture)

// The reader sees a prefix of what was written, never a hole, and never less than was durable when it began.
BOOST_AUTO_TEST_CASE(a_store_that_is_written_to_reads_as_it_was_at_one_moment) {
    std::atomic<std::uint64_t> durable{0};
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (std::uint64_t i = 1; !stop; ++i) {
            wait(add_user("u" + std::to_string(i)));
            durable = i;
            if (i % 100 == 0) {
                data->snapshot_now();
            }
        }
    });
    for (int round = 0; round < 30; ++round) {
        const std::uint64_t before = durable;
        const frozen_store seen = read_store(options.directory.path, log_key);
        const std::uint64_t users = seen.image.users.size();
        BOOST_TEST(users >= before);
        BOOST_TEST(seen.last_lsn == users); // each user is one record
        for (std::uint64_t id = 1; id <= users; ++id) {
            BOOST_REQUIRE(seen.image.users.contains(id));
        }
        if (round % 10 == 0) {
            backup_request request;
            request.source = options.directory.path;
            request.destination = path + "/backup" + std::to_string(round);
            request.log_key = &log_key;
            BOOST_TEST(make_backup(request).facts.users >= users);
        }
    }
    stop = true;
    writer.join();
    BOOST_TEST(durable > 0U);
}

BOOST_AUTO_TEST_CASE(imported_records_are_those_of_the_other_store_and_survive_a_restart) {
    user u = store_fixture::person("ann");
    u.id.value = 40;
    u.version = 7;
    u.gate.epoch = 3;
    BOOST_TEST((data->import_user(u)->outcome == import_outcome::added));
    BOOST_TEST((data->import_user(u)->outcome == import_outcome::same));
    user gone;
    gone.id.value = 41;
    gone.deleted = true;
    gone.gate.enabled = false;
    BOOST_TEST((data->import_user(gone)->outcome == import_outcome::added));
    BOOST_TEST((data->import_user(gone)->outcome == import_outcome::same));
    user named = u;
    named.id.value = 42;
    BOOST_TEST((data->import_user(named)->outcome == import_outcome::email_taken));
    named.id.value = 40;
    named.surname = "x";
    BOOST_TEST((data->import_user(named)->outcome == import_outcome::id_taken));
    named.id.value = imported_id_max + 1;
    BOOST_TEST((data->import_user(named)->outcome == import_outcome::refused));

    const family_word ended = family_word().with_generation(9).with_rotated_at(5).with_status(family_status::logout);
    const family_use use{timestamp(seconds(1'800'000'005)), {}, "agent"};
    const family_facts f = facts_of(user_id{40}, 1);
    BOOST_TEST((data->import_family(f, ended, 77, 8, use)->outcome == import_outcome::added));
    BOOST_TEST((data->import_family(f, ended, 77, 8, use)->outcome == import_outcome::same));
    BOOST_TEST((data->import_family(f, family_word(), 0, 0, use)->outcome == import_outcome::id_taken));
    BOOST_TEST((data->import_family(facts_of(user_id{99}, 2), ended, 1, 0, use)->outcome == import_outcome::no_user));
    BOOST_TEST((data->import_family(facts_of(user_id{41}, 3), ended, 1, 0, use)->outcome == import_outcome::added));
    BOOST_TEST((data->import_family(facts_of(user_id{40}, 4), family_word(), 5, 0, use)->outcome ==
                import_outcome::refused)); // alive, and ended
    family_facts later = facts_of(user_id{40}, 5);
    later.epoch = 4; // of an end of all sessions that has not happened here: it would let this one in
    BOOST_TEST((data->import_family(later, family_word(), 0, 0, use)->outcome == import_outcome::refused));
    family_facts of_client = facts_of(user_id{40}, 6);
    of_client.client = first_registered_client; // which is not here: the next client gets its number
    BOOST_TEST((data->import_family(of_client, family_word(), 0, 0, use)->outcome == import_outcome::refused));
    client shop;
    shop.client_id = "shop";
    BOOST_TEST(data->put_client(shop)->number == first_registered_client.value);
    of_client.grant.client_epoch = 1; // the next end of all its sessions would let it in
    BOOST_TEST((data->import_family(of_client, family_word(), 0, 0, use)->outcome == import_outcome::refused));
    of_client.grant.client_epoch = 0;
    BOOST_TEST((data->import_family(of_client, family_word(), 0, 0, use)->outcome == import_outcome::added));
    BOOST_TEST(data->insert_user(store_fixture::person("bob"))->id.value == 42U);
    BOOST_TEST(data->stop(milliseconds(10'000)));
    data.reset();

    const frozen_store seen = read_store(options.directory.path, log_key);
    BOOST_TEST((seen.image.users.at(40) == u));
    BOOST_TEST((seen.image.users.at(41) == gone));
    const std::vector<const past_family*> families = seen.image.sorted_families();
    BOOST_TEST_REQUIRE(families.size() == 3U);
    BOOST_TEST((families[0]->facts == f && families[0]->word == ended));
    BOOST_TEST(families[0]->ended_after == 77U);
    BOOST_TEST(families[0]->use_generation == 8U);
    BOOST_TEST(*families[0]->agent == "agent");
    data = embedded_store::open(options, time);
    BOOST_TEST(data->find_family(f.id)->word.generation() == 9U);
    BOOST_TEST((*data->find_user(user_id{40}) == u));
}

BOOST_AUTO_TEST_CASE(reading_changes_nothing_on_disk) {
    wait(add_user("ann"));
    data->stop(milliseconds(10'000));
    data.reset();
    // A torn tail, as a crash leaves it: recovery would write the segment anew.
    const std::string log = options.directory.path + "/" + segment_name(1);
    {
        std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100 * 1024);
        file.put('x');
    }
    const auto all = [&] {
        std::map<std::string, std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(options.directory.path)) {
            std::ifstream file(entry.path(), std::ios::binary);
            out[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
        }
        return out;
    };
    const auto before = all();
    const frozen_store seen = read_store(options.directory.path, log_key);
    BOOST_TEST(seen.image.users.size() == 1U);
    BOOST_TEST(seen.report.bytes_cut > 0U);
    BOOST_TEST(read_salvage(options.directory.path, log_key).healthy);
    BOOST_TEST((all() == before));
}

// As a newer snapshot has older files deleted while they are copied.
BOOST_AUTO_TEST_CASE(what_was_there_when_reading_began_is_read_also_where_it_is_deleted_meanwhile) {
    wait(add_user("ann"));
    data->snapshot_now();
    wait(add_user("bob"));
    data->stop(milliseconds(10'000));
    data.reset();
    frozen_directory seen(options.directory.path);
    std::map<std::string, std::vector<std::uint8_t>> before;
    std::error_code ec;
    for (const std::string& name : seen.list(ec)) {
        if (parse_snapshot_name(name) || parse_segment_name(name)) {
            before[name] = read_small_file(seen, name, 1U << 20U, ec);
            BOOST_TEST_REQUIRE(!ec);
            std::filesystem::remove(options.directory.path + "/" + name);
        }
    }
    BOOST_TEST(before.size() >= 3U); // a snapshot, two segments
    for (const auto& [name, content] : before) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(content.size() > 4096U);
            BOOST_TEST((read_small_file(seen, name, 1U << 20U, ec) == content));
            const std::unique_ptr<file> past_cache = seen.open(name, open_mode::read_direct, ec);
            BOOST_TEST_REQUIRE(!ec);
            aligned_buffer page;
            page.resize(4096);
            BOOST_TEST(past_cache->read_some(0, page.span(), ec) == page.size());
            BOOST_TEST(std::equal(page.data(), page.data() + page.size(), content.begin()));
        }
    }
}

BOOST_AUTO_TEST_CASE(where_descriptors_run_out_while_files_are_held_some_are_left_to_read_with) {
    wait(add_user("ann"));
    data->snapshot_now();
    data->stop(milliseconds(10'000));
    data.reset();
    const int next = ::dup(0); // the lowest that is free
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    // Enough for the directory, its listing and one file, not for all of them at once.
    const rlimit few{static_cast<rlim_t>(next) + 3, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::error_code ec;
    std::size_t read = 0;
    {
        frozen_directory seen(options.directory.path);
        for (const std::string& name : seen.list(ec)) {
            if (parse_snapshot_name(name) || parse_segment_name(name)) {
                read += read_small_file(seen, name, 1U << 20U, ec).empty() ? 0U : 1U;
            }
        }
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(read >= 3U);
}

BOOST_AUTO_TEST_CASE(facts_of_a_backup_are_read_back_and_nothing_else_is) {
    backup_facts facts;
    facts.uuid = "ab";
    facts.lsn = 5;
    facts.files = {{"MANIFEST.a", 7, std::string(64, 'a')}};
    const std::string text = to_json(facts);
    backup_facts read;
    BOOST_TEST(parse_backup_facts(text, read));
    BOOST_TEST(to_json(read) == text);
    const auto with = [&](const std::string& old, const std::string& fresh) {
        std::string other = text;
        other.replace(other.find(old), old.size(), fresh);
        backup_facts out;
        return parse_backup_facts(other, out);
    };
    BOOST_TEST(!with("MANIFEST.a", "../x"));
    BOOST_TEST(!with("MANIFEST.a", "backup.json"));
    BOOST_TEST(!with("\"pawl_backup\":1", "\"pawl_backup\":2"));
    BOOST_TEST(!with("\"lsn\":5", "\"lsn\":-5"));
    BOOST_TEST(!with("\"size\":7", "\"size\":\"7\""));
    BOOST_TEST(!with("{", ""));
}

BOOST_AUTO_TEST_SUITE_END()
