#include "core/throttle/attempt_journal.hpp"

#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct journal_world {
    seeded_random random{7};
    std::unique_ptr<attempt_journal> journal = std::make_unique<attempt_journal>(random);
    timestamp now{seconds(1'790'000'000)};
    std::optional<unrecorded_attempts> note(const std::string& account, event_kind kind = event_kind::login_failed) {
        return journal->note(kind, account, now);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(attempt_journal_suite)

BOOST_FIXTURE_TEST_CASE(the_first_is_recorded_and_the_others_of_a_minute_are_counted, journal_world) {
    BOOST_REQUIRE(note("alice"));
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!note("alice"));
    }
    now += attempt_journal::interval - seconds(1);
    BOOST_TEST(!note("alice"));
    now += seconds(1);
    const auto next = note("alice");
    BOOST_REQUIRE(next);
    BOOST_TEST(next->of_account == 6U);
    BOOST_TEST(next->of_others == 0U);
    now += attempt_journal::interval;
    BOOST_TEST(note("alice")->of_account == 0U);
}

BOOST_FIXTURE_TEST_CASE(accounts_and_kinds_do_not_hide_each_other, journal_world) {
    BOOST_TEST(note("alice").has_value());
    BOOST_TEST(note("bob").has_value());
    BOOST_TEST(note("alice", event_kind::login_throttled).has_value());
    BOOST_TEST(note("").has_value());
    BOOST_TEST(!note("bob"));
}

BOOST_FIXTURE_TEST_CASE(a_flood_over_many_accounts_is_bounded_and_no_attempt_is_forgotten, journal_world) {
    constexpr std::uint32_t attempts = 100'000;
    std::uint32_t recorded = 0, told = 0;
    for (std::uint32_t i = 0; i < attempts; ++i) {
        now += seconds(i % 1000 == 0 ? 1 : 0); // 100 seconds in all
        if (const auto record = note("user" + std::to_string(i % 5000))) {
            ++recorded;
            told += record->of_account + record->of_others;
        }
    }
    BOOST_TEST(recorded <= 2 * attempt_journal::records_per_minute_max);
    BOOST_TEST(recorded >= attempt_journal::records_per_minute_max);
    // What is left is told by the records of the next minutes.
    for (int minute = 0; minute < 100; ++minute) {
        now += attempt_journal::interval;
        for (int i = 0; i < 100; ++i) {
            if (const auto record = note("user" + std::to_string(minute * 100 + i))) {
                ++recorded;
                told += record->of_account + record->of_others;
            }
        }
    }
    BOOST_TEST(recorded + told == attempts + 10'000U);
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_goes_back_does_not_silence_it, journal_world) {
    BOOST_TEST(note("alice").has_value());
    now -= seconds(100'000);
    BOOST_TEST(note("alice").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
