// The table of assertions that were taken: each once, until it ends, whatever else comes.
#include "core/provider/assertion_table.hpp"

#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

using outcome = assertion_table::outcome;

timestamp at(std::int64_t seconds_of_it) {
    return timestamp(seconds(seconds_of_it));
}

struct small_table {
    seeded_random random{5};
    assertion_table table{random, 64}; // 48 of one window, 12 of one client

    outcome mark(std::uint32_t client, const std::string& id, std::int64_t ends_at, std::int64_t now) {
        return table.mark(client_number{client}, id, at(ends_at), at(now));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(assertion_tables, small_table)

BOOST_AUTO_TEST_CASE(an_assertion_is_taken_once) {
    BOOST_TEST(!table.is_used(client_number{16}, "a", at(1060)));
    BOOST_TEST((mark(16, "a", 1060, 1000) == outcome::first));
    BOOST_TEST(table.is_used(client_number{16}, "a", at(1060)));
    BOOST_TEST((mark(16, "a", 1060, 1000) == outcome::used));
    BOOST_TEST((mark(16, "a", 1060, 1059) == outcome::used));
    BOOST_TEST((mark(16, "b", 1060, 1000) == outcome::first));
    BOOST_TEST((mark(17, "a", 1060, 1000) == outcome::first)); // another client's
}

BOOST_AUTO_TEST_CASE(it_is_known_until_it_ends_at_every_moment) {
    for (std::int64_t made = 0; made < 1300; made += 7) {
        assertion_table fresh(random, 64);
        const timestamp ends = at(made + 630);
        BOOST_TEST((fresh.mark(client_number{16}, "a", ends, at(made)) == outcome::first));
        for (std::int64_t now = made; now < made + 630; now += 13) {
            // Others come all the time, in this window and in the next.
            fresh.mark(client_number{static_cast<std::uint32_t>(20 + now % 7)}, std::to_string(now), at(now + 1),
                       at(now));
            fresh.mark(client_number{static_cast<std::uint32_t>(30 + now % 7)}, std::to_string(now), at(now + 630),
                       at(now));
            BOOST_TEST((fresh.mark(client_number{16}, "a", ends, at(now)) == outcome::used));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_has_ended_or_ends_too_late_has_no_place) {
    BOOST_TEST((mark(16, "a", 1000, 1000) == outcome::full));
    BOOST_TEST((mark(16, "a", 1001, 1000) == outcome::first));
    BOOST_TEST((mark(16, "b", 1640, 1000) == outcome::first));
    BOOST_TEST((mark(16, "c", 1641, 1000) == outcome::full));
}

BOOST_AUTO_TEST_CASE(one_client_has_at_most_a_quarter_of_a_window) {
    BOOST_TEST(table.client_capacity() == 12U);
    for (unsigned i = 0; i < 12; ++i) {
        BOOST_TEST((mark(16, std::to_string(i), 1060, 1000) == outcome::first));
    }
    BOOST_TEST((mark(16, "more", 1060, 1000) == outcome::too_many));
    BOOST_TEST((mark(16, "3", 1060, 1000) == outcome::used)); // still told apart
    BOOST_TEST((mark(17, "0", 1060, 1000) == outcome::first));
    BOOST_TEST((mark(16, "more", 1700, 1100) == outcome::first)); // the next window
}

BOOST_AUTO_TEST_CASE(a_full_window_refuses_and_the_next_one_has_room_again) {
    const auto fill = [&](std::int64_t ends_at, std::int64_t now) {
        unsigned taken = 0;
        for (std::uint32_t client = 16; client < 32; ++client) {
            for (unsigned i = 0; i < 10; ++i) {
                taken += mark(client, std::to_string(i), ends_at, now) == outcome::first ? 1U : 0U;
            }
        }
        return taken;
    };
    BOOST_TEST(fill(1060, 1000) == table.capacity());
    BOOST_TEST(table.count(at(1060)) == table.capacity());
    BOOST_TEST((mark(99, "x", 1060, 1000) == outcome::full));
    BOOST_TEST((mark(16, "0", 1060, 1000) == outcome::used));
    BOOST_TEST(fill(1700, 1200) == table.capacity());
    BOOST_TEST(fill(2330, 1920) == table.capacity()); // in the half of the first
    BOOST_TEST((mark(99, "x", 2330, 1920) == outcome::full));
    BOOST_TEST(table.count(at(1060)) == 0U);
}

BOOST_AUTO_TEST_CASE(a_thread_that_stood_still_for_minutes_takes_no_slot_of_a_later_window) {
    for (unsigned i = 0; i < 48; ++i) { // the window from 1920 on, in each slot that matters
        mark(16 + i, "x", 1930, 1900);
    }
    for (unsigned i = 0; i < 48; ++i) {
        mark(16 + i, "late", 1270, 1269); // the window from 640 on, in the same half
    }
    for (unsigned i = 0; i < 48; ++i) {
        BOOST_TEST((mark(16 + i, "x", 1930, 1900) == outcome::used));
    }
}

BOOST_AUTO_TEST_CASE(a_client_without_room_keeps_none_from_others_when_it_tries_again) {
    for (unsigned i = 0; i < 1000; ++i) {
        mark(16, std::to_string(i), 1060, 1000);
    }
    BOOST_TEST(table.count(at(1060)) == 12U);
    for (unsigned i = 0; i < 1000; ++i) {
        BOOST_TEST((mark(16, "0", 1060, 1000) == outcome::used));
    }
    BOOST_TEST(table.count(at(1060)) == 12U);
}

BOOST_AUTO_TEST_CASE(all_of_its_memory_is_eight_mebibytes) {
    BOOST_TEST(2 * (assertion_table::slots_default + assertion_table::counters_size) * 8 <= assertion_table::bytes_max);
    BOOST_TEST(assertion_table(random).capacity() > 300'000U);
}

// Of equal assertions at one moment exactly one is first, at the border of two windows and while others fill slots.
BOOST_AUTO_TEST_CASE(of_equal_assertions_at_one_moment_one_is_first) {
    constexpr unsigned threads = 4, rounds = 5000;
    assertion_table shared(random, 1U << 15U);
    std::vector<std::atomic<unsigned>> firsts(rounds);
    std::barrier together(threads);
    std::vector<std::thread> all;
    for (unsigned thread = 0; thread < threads; ++thread) {
        all.emplace_back([&] {
            for (unsigned i = 0; i < rounds; ++i) {
                together.arrive_and_wait();
                const std::int64_t now = 1000 + i / 4;
                const outcome found = shared.mark(client_number{16 + i % 5}, std::to_string(i), at(now + 600), at(now));
                firsts[i] += found == outcome::first ? 1U : 0U;
            }
        });
    }
    for (std::thread& one : all) {
        one.join();
    }
    for (unsigned i = 0; i < rounds; ++i) {
        BOOST_TEST(firsts[i] == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
