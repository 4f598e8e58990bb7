#include "app/worker/login_limiter.hpp"

#include "storage/system_random.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

struct manual_clock final : clock {
    std::atomic<std::int64_t> s{1'000'000};
    timestamp_ms now_ms() const override { return timestamp_ms(seconds(s.load())); }
};

struct fixture {
    manual_clock time;
    storage::system_random random;
    throttle_limits limits{{3, seconds(60)}, {0, seconds(60)}};
    peer_address home = *peer_address_from_text("192.0.2.1");
    login_limiter limiter{limits, time, random};

    int allowed(const std::string& account, int tries) {
        int n = 0;
        for (int i = 0; i < tries; ++i) {
            n += limiter.reserve(account, home) ? 0 : 1;
        }
        return n;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(login_limiter_test, fixture)

BOOST_AUTO_TEST_CASE(refuses_beyond_the_limit_until_time_has_passed) {
    BOOST_TEST(allowed("a", 5) == 3);
    const auto wait = limiter.reserve("a", home);
    BOOST_REQUIRE(wait);
    BOOST_TEST(wait->count() >= 1);
    BOOST_TEST(wait->count() <= 120);
    time.s += 121;
    BOOST_TEST(!limiter.reserve("a", home));
}

BOOST_AUTO_TEST_CASE(success_gives_its_reservation_back) {
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(!limiter.reserve("a", home));
        if (i % 2 == 0) {
            limiter.succeeded("a", home);
        } else {
            limiter.give_back("a", home);
        }
    }
}

BOOST_AUTO_TEST_CASE(successes_and_sign_ups_are_limited_too_and_the_limits_may_change) {
    throttle_limits few = limits;
    few.success_account = {5, seconds(60)};
    few.success_address = {8, seconds(60)};
    limiter.set_limits(few);
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!limiter.reserve("a", home));
        limiter.succeeded("a", home);
    }
    BOOST_TEST(limiter.reserve("a", home).has_value());
    for (int i = 0; i < 3; ++i) {
        const std::string fresh = "new" + std::to_string(i);
        BOOST_TEST(!limiter.reserve(fresh, home));
        limiter.passed(fresh, home);
    }
    BOOST_TEST(limiter.reserve("another", home).has_value());
    few.success_account.attempts = few.success_address.attempts = 0;
    limiter.set_limits(few); // these alone differ
    BOOST_TEST(!limiter.reserve("a", home));
}

BOOST_AUTO_TEST_CASE(new_limits_hold_at_once) {
    BOOST_TEST(allowed("a", 5) == 3);
    limiter.set_limits(limits); // the same: nothing is forgotten
    BOOST_TEST(allowed("a", 5) == 0);
    limiter.set_limits({{5, seconds(60)}, {0, seconds(60)}});
    BOOST_TEST(allowed("a", 9) == 5);
    limiter.set_limits({{0, seconds(60)}, {0, seconds(60)}});
    BOOST_TEST(allowed("a", 50) == 50);
}

BOOST_AUTO_TEST_CASE(parallel_attempts_never_exceed_the_limit) {
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] { passed += allowed("victim", 50); });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    BOOST_TEST(passed == 3);
}

BOOST_AUTO_TEST_SUITE_END()
