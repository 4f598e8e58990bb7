// The store's own operations on shared memory, in every order up to a number of pre-emptions (PAWL_TEST_SCALE raises
// it): the word's compare-exchange, the gate, publishing before enqueueing, helping, the lists, what is freed when.
#include "tests/schedules/contested_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

using namespace pawl;
using namespace pawl::test;

namespace {

// Pre-emptions of two parties at once; of three it is one less.
unsigned preemptions() {
    const bool slow = std::getenv("PAWL_SANITIZED") != nullptr; // NOLINT(concurrency-mt-unsafe): before any thread
    return static_cast<unsigned>(storage::test::scale()) + (slow ? 0 : 1);
}

using setting = contested_store::setting;

std::size_t explore(const std::vector<party>& parties, setting how, unsigned preemptions_max) {
    constexpr std::size_t restart_every = 32;
    scheduler turns(preemptions_max);
    choice_walk walk;
    std::size_t schedules = 0;
    do {
        contested_store contested(turns, how);
        turns.help = [&contested] { return contested.help(); };
        std::vector<std::function<void()>> work;
        for (const party p : parties) {
            work.emplace_back([&contested, p] { contested.act(p); });
        }
        turns.run(walk, work);
        contested.check_end(schedules++ % restart_every == 0);
        if (!contested.broken.empty()) {
            std::string names;
            for (const party p : parties) {
                names += std::string(name_of(p)) + ", ";
            }
            BOOST_ERROR(names << contested.broken.front() << ": " << contested.story() << "schedule "
                              << walk.describe());
            break;
        }
    } while (walk.next());
    return schedules;
}

// Those of which there is only one at a time, or that share a lock which the schedule does not know.
bool one_at_a_time(party p) {
    return p == party::sync || p == party::snapshot || p == party::maintain;
}

std::size_t explore_pairs(setting how, unsigned preemptions_max) {
    std::size_t schedules = 0;
    for (std::size_t i = 0; i < all_parties.size(); ++i) {
        for (std::size_t j = i; j < all_parties.size(); ++j) {
            if (!one_at_a_time(all_parties[i]) || !one_at_a_time(all_parties[j])) {
                schedules += explore({all_parties[i], all_parties[j]}, how, preemptions_max);
            }
        }
    }
    std::cout << schedules << " schedules" << std::endl;
    return schedules;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_schedules)

BOOST_AUTO_TEST_CASE(any_two_parties_leave_one_truth) {
    BOOST_TEST(explore_pairs({.durable = true, .ended = false}, preemptions()) > 1000U);
}

BOOST_AUTO_TEST_CASE(any_two_parties_leave_one_truth_while_nothing_is_durable) {
    BOOST_TEST(explore_pairs({.durable = false, .ended = false}, std::max(preemptions(), 2U) - 1) > 1000U);
}

BOOST_AUTO_TEST_CASE(what_is_freed_meanwhile_was_seen_by_nobody) {
    std::size_t schedules = 0;
    for (const party other : {party::look, party::end_all, party::log_in, party::remove, party::rejoin, party::sync}) {
        if (!one_at_a_time(other)) {
            schedules += explore({party::maintain, other}, {.durable = true, .ended = true}, preemptions());
        }
    }
    for (const party other : {party::log_in, party::look, party::end_all, party::rotate}) {
        schedules += explore({other, party::erase}, {.durable = true, .swept = true, .ended = false}, 1);
    }
    BOOST_TEST(schedules > 100U);
}

// Using a code is inserting its family. Who comes second finds it, whatever became of it meanwhile.
BOOST_AUTO_TEST_CASE(a_code_is_used_once_in_every_schedule) {
    std::size_t schedules = 0;
    for (const bool durable : {true, false}) {
        const setting plain{.durable = durable};
        schedules += explore({party::use_code, party::use_code}, plain, preemptions());
        for (const party other : {party::end_used, party::end_all, party::look, party::log_in, party::disable,
                                  party::remove, party::sync, party::snapshot, party::maintain}) {
            schedules += explore({party::use_code, other}, plain, preemptions());
        }
        schedules += explore({party::use_code, party::erase}, {.durable = durable, .swept = true}, 1);
    }
    const unsigned few = std::max(preemptions(), 2U) - 1;
    for (const std::vector<party>& three : std::initializer_list<std::vector<party>>{
             {party::use_code, party::use_code, party::end_used},
             {party::use_code, party::use_code, party::use_code},
             {party::use_code, party::use_code, party::sync},
             {party::use_code, party::end_used, party::sync},
             {party::use_code, party::use_code, party::remove},
             {party::use_code, party::end_used, party::snapshot},
         }) {
        schedules += explore(three, {}, few);
    }
    for (const party other : {party::maintain, party::erase, party::end_used, party::use_code, party::remove}) {
        schedules += explore({party::use_code, other}, {.durable = true, .used = true}, 1);
    }
    schedules += explore({party::use_code, party::use_code, party::maintain}, {.durable = true, .used = true}, 1);
    std::cout << schedules << " schedules" << std::endl;
    BOOST_TEST(schedules > 1000U);
}

BOOST_AUTO_TEST_CASE(any_three_that_contend_leave_one_truth) {
    const setting plain;
    const unsigned few = std::max(preemptions(), 2U) - 1;
    std::size_t schedules = 0;
    for (const std::vector<party>& three : std::initializer_list<std::vector<party>>{
             {party::rotate, party::rotate, party::end},
             {party::rotate, party::end, party::look},
             {party::rotate, party::confirm, party::end},
             {party::rotate, party::rotate, party::sync},
             {party::end, party::look, party::sync},
             {party::disable, party::look, party::sync},
             {party::log_in, party::end_all, party::sync},
             {party::log_in, party::remove, party::end_all},
             {party::remove, party::rejoin, party::sync},
             {party::rotate, party::end, party::snapshot},
         }) {
        schedules += explore(three, plain, few);
    }
    // A look begun before the gate closed, which sees a word exchanged after: two of them are interrupted.
    schedules += explore({party::rotate, party::disable, party::look}, plain, few + 1);
    schedules += explore({party::maintain, party::end_all, party::log_in}, {.durable = true, .ended = true}, few);
    std::cout << schedules << " schedules" << std::endl;
    BOOST_TEST(schedules > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
