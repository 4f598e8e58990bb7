// The store over a real directory and its writer thread: the same promises, with files.
#include "storage/record/bytes.hpp"
#include "store_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <stdlib.h>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;
namespace asio = boost::asio;

namespace {

struct directory_fixture {
    std::string path = "/tmp/pawl-store-XXXXXX";
    secret_bytes log_key = secret_bytes(32, 0x5A);
    manual_clock time;
    asio::io_context io{1}; // outlives the store: its log's thread posts to it
    embedded_store_options options = store_fixture::without_thread();
    std::unique_ptr<embedded_store> data;

    directory_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        options.directory.path = path + "/data";
        options.directory.log_key = &log_key;
        open();
    }
    ~directory_fixture() {
        data.reset();
        std::filesystem::remove_all(path);
    }
    void open() { data = embedded_store::open(options, time); }
    // Down for `gap` in between.
    void reopen(seconds gap = seconds(0)) {
        BOOST_TEST(data->stop(milliseconds(10'000)));
        data.reset();
        time.advance(gap);
        open();
    }
};

struct made {
    user_id user;
    std::vector<family_id> families;
    int durable = 0;
};

// One user's life: signs up, logs in, refreshes; every step is durable before the next.
task<void> live(embedded_store& data, std::string name, std::uint8_t number, int logins, made& out) {
    const auto up = data.insert_user(store_fixture::person(name));
    out.user = up->id;
    const ticket up_ticket = up->wait_for;
    bool durable = co_await data.durable(up_ticket);
    out.durable += durable ? 1 : 0;
    for (int i = 0; i < logins; ++i) {
        family_facts f;
        f.id.bytes[0] = number;
        f.id.bytes[1] = static_cast<std::uint8_t>(i + 1);
        f.user = out.user;
        f.created_at = timestamp(seconds(1'800'000'000));
        f.idle_ttl = f.absolute_ttl = seconds(86400);
        family_use use;
        use.agent = "agent";
        const ticket login = data.insert_family(f, family_word(), use)->wait_for;
        const family_word one = family_word().with_generation(1);
        const auto refreshed = data.exchange_family(f.id, family_word(), one, use);
        const ticket both = later(login, refreshed->wait_for);
        durable = co_await data.durable(both);
        out.durable += durable ? 1 : 0;
        out.families.push_back(f.id);
    }
}

void rethrow(std::exception_ptr e) {
    if (e) {
        std::rethrow_exception(e);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(store_directory, directory_fixture)

BOOST_AUTO_TEST_CASE(what_was_durable_is_there_after_a_restart_with_and_without_a_snapshot) {
    std::vector<made> all(10);
    for (std::size_t i = 0; i < all.size(); ++i) {
        asio::co_spawn(io, live(*data, "u" + std::to_string(i), static_cast<std::uint8_t>(i + 1), 20, all[i]), rethrow);
    }
    io.run();
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST_CONTEXT("round " << round) {
            for (std::size_t i = 0; i < all.size(); ++i) {
                BOOST_TEST(all[i].durable == 21);
                BOOST_TEST_REQUIRE(data->find_user(all[i].user) != nullptr);
                BOOST_TEST(data->find_user_by_login("u" + std::to_string(i)) == data->find_user(all[i].user));
                BOOST_TEST(data->families_of(all[i].user).size() == 20U);
                for (const family_id& id : all[i].families) {
                    BOOST_TEST(data->find_family(id)->word.generation() == 1U);
                }
            }
            if (round == 1) {
                BOOST_TEST(data->snapshot_now());
            }
            reopen(seconds(100));
            const store_statistics s = data->statistics();
            BOOST_TEST(s.recovery.clean);
            BOOST_TEST(s.recovered_families == 200U);
            BOOST_TEST(s.recovered_users == 10U);
            BOOST_TEST((round < 1) == (s.recovery.snapshot_lsn == 0));
            // A session that writes nothing says nothing of itself: it counts to the outage around it.
            BOOST_TEST(data->outages().all().size() == static_cast<std::size_t>(std::min(round + 1, 2)));
        }
    }
}

// More than 16 MiB, so that several threads take it in where there are several cores.
BOOST_AUTO_TEST_CASE(a_large_snapshot_comes_back_whole) {
    directory_fixture f;
    constexpr std::uint64_t users = 300, families_each = 20;
    const auto retry = [](auto change) {
        for (;;) {
            if (const auto done = change(); done.has_value()) {
                return *done;
            }
            std::this_thread::yield(); // the log's queue is full
        }
    };
    std::vector<user_id> ids;
    for (std::uint64_t i = 0; i < users; ++i) {
        user u = store_fixture::person("user" + std::to_string(i));
        u.password_hash = std::string(60'000, 'x') + std::to_string(i);
        ids.push_back(retry([&] { return f.data->insert_user(u); }).id);
        for (std::uint64_t n = 0; n < families_each; ++n) {
            family_facts facts;
            store_le<std::uint64_t>(facts.id.bytes.data(), i * families_each + n + 1);
            facts.user = ids.back();
            facts.created_at = timestamp(seconds(1'800'000'000));
            facts.idle_ttl = facts.absolute_ttl = seconds(86400);
            family_use use;
            use.agent = "agent " + std::to_string(n * i % 2000);
            const family_word word = family_word().with_generation(static_cast<std::uint32_t>(n));
            retry([&] { return f.data->insert_family(facts, word, use); });
        }
    }
    BOOST_TEST(f.data->snapshot_now());
    BOOST_TEST(f.data->statistics().snapshot_bytes > (16U << 20U));
    f.reopen();
    const store_statistics s = f.data->statistics();
    BOOST_TEST(s.recovered_users == users);
    BOOST_TEST(s.recovered_families == users * families_each);
    BOOST_TEST(s.families_without_user == 0U);
    for (std::uint64_t i = 0; i < users; ++i) {
        const auto u = f.data->find_user(ids[i]);
        BOOST_REQUIRE(u && u->password_hash == std::string(60'000, 'x') + std::to_string(i));
        for (std::uint64_t n = 0; n < families_each; ++n) {
            family_id id;
            store_le<std::uint64_t>(id.bytes.data(), i * families_each + n + 1);
            const auto found = f.data->find_family(id);
            BOOST_REQUIRE(found && found->word.generation() == n && found->facts.user == ids[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(snapshots_under_load_lose_nothing) {
    std::vector<made> all(8);
    for (std::size_t i = 0; i < all.size(); ++i) {
        asio::co_spawn(io, live(*data, "u" + std::to_string(i), static_cast<std::uint8_t>(i + 1), 100, all[i]),
                       rethrow);
    }
    std::atomic<bool> stop{false};
    std::thread snapshots([&] {
        while (!stop) {
            data->snapshot_now();
        }
    });
    io.run();
    stop = true;
    snapshots.join();
    reopen();
    for (const made& m : all) {
        BOOST_TEST(m.durable == 101);
        for (const family_id& id : m.families) {
            const auto found = data->find_family(id);
            BOOST_TEST_REQUIRE(found.has_value());
            BOOST_TEST(found->word.generation() == 1U);
        }
    }
    BOOST_TEST(data->statistics().words_without_family == 0U);
}

BOOST_AUTO_TEST_CASE(second_store_on_the_directory_is_refused) {
    BOOST_CHECK_EXCEPTION(embedded_store::open(options, time), refused,
                          [](const refused& e) { return e.kind() == exit_code::locked; });
}

BOOST_AUTO_TEST_SUITE_END()
