#include "core/account/copy_limits.hpp"

#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

namespace pawl {
namespace {

constexpr timestamp_ms start{milliseconds(1'800'000'000'000)};
constexpr user_id ada{1}, bob{2};

struct counts {
    test::seeded_random random{7};
    copy_limits limits{random};

    bool made(user_id user, timestamp_ms now = start) {
        if (limits.begin(user, now)) {
            return false;
        }
        limits.end(user, true, now);
        return true;
    }
};

BOOST_FIXTURE_TEST_SUITE(copy_limits_test, counts)

BOOST_AUTO_TEST_CASE(a_user_has_ten_a_day_and_others_have_theirs) {
    for (std::uint32_t n = 0; n < copies_a_day_max; ++n) {
        BOOST_TEST(made(ada));
    }
    const auto refused = limits.begin(ada, start);
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST((refused->why == copy_refusal::too_many_today));
    BOOST_TEST(refused->wait.count() >= 1);
    BOOST_TEST(made(bob));
    BOOST_TEST(!made(ada, start + seconds(86'399)));
    BOOST_TEST(made(ada, start + seconds(2 * 86'400)));
}

BOOST_AUTO_TEST_CASE(four_are_made_at_once) {
    for (std::uint32_t n = 0; n < copies_at_once_max; ++n) {
        BOOST_TEST(!limits.begin(user_id{n + 1}, start).has_value());
    }
    const auto refused = limits.begin(user_id{9}, start);
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST((refused->why == copy_refusal::too_many_now));
    BOOST_TEST(refused->wait.count() >= 1);
    limits.end(user_id{1}, true, start);
    BOOST_TEST(!limits.begin(user_id{9}, start).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_failed_or_was_refused_does_not_count_for_the_day) {
    for (std::uint32_t n = 0; n < 3 * copies_a_day_max; ++n) {
        BOOST_TEST(!limits.begin(ada, start).has_value());
        limits.end(ada, false, start);
    }
    for (std::uint32_t n = 0; n < copies_a_day_max; ++n) {
        BOOST_TEST(made(ada));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl
