// The scheduler itself: it tries every order, and finds what only one of them shows.
#include "tests/schedules/scheduled_atomic.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl::test;

BOOST_AUTO_TEST_SUITE(scheduler_suite)

BOOST_AUTO_TEST_CASE(every_order_of_two_parties_of_two_steps_is_tried_once) {
    scheduler turns(4);
    choice_walk walk;
    std::set<std::string> orders;
    std::size_t schedules = 0;
    do {
        std::string order;
        const auto party = [&order](char name) {
            return [&order, name] {
                for (int i = 0; i < 2; ++i) {
                    schedule_point();
                    order += name;
                }
            };
        };
        turns.run(walk, {party('a'), party('b')});
        orders.insert(order);
        ++schedules;
    } while (walk.next());
    BOOST_TEST(orders.size() == 6U);
    BOOST_TEST(schedules >= 6U);
}

BOOST_AUTO_TEST_CASE(a_lost_update_is_found_with_one_preemption_and_not_with_none) {
    for (const unsigned preemptions : {0U, 1U}) {
        scheduler turns(preemptions);
        choice_walk walk;
        bool lost = false;
        do {
            scheduled_atomic<int> counter{0};
            const auto add = [&counter] { counter.store(counter.load() + 1); };
            turns.run(walk, {add, add});
            lost = lost || counter.load() != 2;
        } while (walk.next());
        BOOST_TEST(lost == (preemptions == 1));
    }
}

BOOST_AUTO_TEST_CASE(a_mutex_excludes_and_a_deadlock_is_told) {
    scheduler turns(2);
    choice_walk walk;
    bool deadlocked = false;
    do {
        scheduled_mutex a, b;
        int inside = 0;
        const auto both = [&inside](scheduled_mutex& first, scheduled_mutex& second) {
            return [&] {
                const std::lock_guard one(first);
                const std::lock_guard two(second);
                BOOST_TEST(++inside == 1);
                schedule_point();
                --inside;
            };
        };
        try {
            turns.run(walk, {both(a, b), both(b, a)});
        } catch (const never_ready&) {
            deadlocked = true;
        }
    } while (walk.next());
    BOOST_TEST(deadlocked);
}

BOOST_AUTO_TEST_SUITE_END()
