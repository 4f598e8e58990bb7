#include "core/throttle/throttle.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <deque>
#include <random>
#include <string>

using namespace pawl;

namespace {

class seeded_random : public random_source {
public:
    explicit seeded_random(unsigned seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            byte = static_cast<std::uint8_t>(engine_());
        }
    }

private:
    std::mt19937 engine_;
};

constexpr timestamp_ms start{milliseconds(1'700'000'000'000)};
constexpr milliseconds window{300'000};
constexpr milliseconds window_and_part = window + window / 8;

timestamp_ms after(std::int64_t s) {
    return start + seconds(s);
}

peer_address from(const std::string& text) {
    return peer_address_from_text(text).value();
}

// A different IPv4 address for every number.
peer_address numbered(std::uint32_t n) {
    peer_address a = from("10.0.0.0");
    a.bytes[12] = static_cast<std::uint8_t>(n >> 24U);
    a.bytes[13] = static_cast<std::uint8_t>(n >> 16U);
    a.bytes[14] = static_cast<std::uint8_t>(n >> 8U);
    a.bytes[15] = static_cast<std::uint8_t>(n);
    return a;
}

struct fixture {
    seeded_random random{1};
    throttle limiter{throttle_limits{}, random};
    const peer_address home = from("192.0.2.1"), elsewhere = from("198.51.100.7");

    // Of `tries` attempts on `account`, how many were let through.
    int fail(int tries, const std::string& account, const peer_address& address, timestamp_ms now) {
        int admitted = 0;
        for (int i = 0; i < tries; ++i) {
            admitted += limiter.reserve(account, address, now) ? 0 : 1;
        }
        return admitted;
    }
};

int scale() {
    const char* text = std::getenv("PAWL_TEST_SCALE");
    return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(throttle_, fixture)

BOOST_AUTO_TEST_CASE(the_eleventh_failure_has_to_wait) {
    BOOST_TEST(fail(10, "ada", home, start) == 10);
    const auto wait = limiter.reserve("ada", home, start);
    BOOST_REQUIRE(wait.has_value());
    BOOST_TEST((*wait >= seconds(1)));
    BOOST_TEST((*wait <= std::chrono::ceil<seconds>(window_and_part)));
}

BOOST_AUTO_TEST_CASE(after_the_time_told_there_is_an_attempt_again) {
    for (std::int64_t at = 0; at < 10; ++at) {
        BOOST_TEST(!limiter.reserve("ada", home, after(29 * at)).has_value());
    }
    const auto wait = limiter.reserve("ada", home, after(290));
    BOOST_REQUIRE(wait.has_value());
    BOOST_TEST(limiter.reserve("ada", home, after(290) + *wait - seconds(1)).has_value());
    BOOST_TEST(!limiter.reserve("ada", home, after(290) + *wait).has_value());
}

BOOST_AUTO_TEST_CASE(two_hundred_parallel_guesses_verify_at_most_ten) {
    BOOST_TEST(fail(200, "ada", home, start) == 10);
}

BOOST_AUTO_TEST_CASE(being_refused_does_not_lengthen_the_wait) {
    fail(10, "ada", home, start);
    const auto first = limiter.reserve("ada", home, start);
    fail(1000, "ada", home, start + seconds(60));
    const auto later = limiter.reserve("ada", home, start + seconds(60));
    BOOST_TEST((*later == *first - seconds(60)));
}

BOOST_AUTO_TEST_CASE(somebody_elses_failures_do_not_shut_out_the_owner) {
    for (std::int64_t hour = 0; hour < 100; ++hour) { // 10 failures in every window, for hours
        fail(1000, "ada", elsewhere, after(400 * hour));
        BOOST_TEST(!limiter.reserve("ada", home, after(400 * hour)).has_value());
        limiter.succeeded("ada", home, after(400 * hour));
    }
}

BOOST_AUTO_TEST_CASE(success_and_what_was_not_tried_do_not_count_as_failures) {
    for (int i = 0; i < 180; ++i) {
        BOOST_REQUIRE(!limiter.reserve("ada", home, start).has_value());
        if (i % 3 == 0) {
            limiter.succeeded("ada", home, start);
        } else if (i % 3 == 1 && i < 90) {
            limiter.passed("ada", home, start);
        } else {
            limiter.give_back("ada", home, start);
        }
    }
    BOOST_TEST(fail(11, "ada", home, start) == 10);
}

BOOST_AUTO_TEST_CASE(successes_of_an_account_have_a_larger_limit_of_their_own) {
    for (int i = 0; i < 100; ++i) {
        const peer_address& address = i % 2 == 0 ? home : elsewhere; // from wherever
        BOOST_REQUIRE(!limiter.reserve("ada", address, start).has_value());
        limiter.succeeded("ada", address, start);
    }
    const auto wait = limiter.reserve("ada", home, start);
    BOOST_REQUIRE(wait.has_value());
    BOOST_TEST((*wait >= seconds(1) && *wait <= std::chrono::ceil<seconds>(window_and_part)));
    BOOST_TEST(!limiter.reserve("bob", home, start).has_value());
    BOOST_TEST(!limiter.reserve("ada", home, start + *wait).has_value());
}

BOOST_AUTO_TEST_CASE(successes_of_an_address_have_one_too_and_sign_ups_are_some) {
    for (int i = 0; i < 1000; ++i) {
        const std::string account = "user" + std::to_string(i);
        BOOST_REQUIRE(!limiter.reserve(account, home, start).has_value());
        if (i % 2 == 0) {
            limiter.passed(account, home, start);
        } else {
            limiter.succeeded(account, home, start);
        }
    }
    BOOST_TEST(limiter.reserve("somebody else", home, start).has_value());
    BOOST_TEST(!limiter.reserve("somebody else", elsewhere, start).has_value());
    BOOST_TEST(!limiter.reserve("somebody else", home, start + window_and_part).has_value());
}

BOOST_AUTO_TEST_CASE(failures_do_not_use_up_what_successes_have) {
    for (std::uint32_t n = 0; n < 90; ++n) {
        BOOST_REQUIRE(!limiter.reserve("ada", numbered(n), start).has_value());
    }
    for (int i = 0; i < 100; ++i) {
        BOOST_REQUIRE(!limiter.reserve("ada", home, start).has_value());
        limiter.succeeded("ada", home, start);
    }
}

BOOST_AUTO_TEST_CASE(sign_up_makes_no_address_one_of_the_accounts_own) {
    limiter.passed("ada", home, start);
    for (std::uint32_t n = 0; n < 100; ++n) { // all that the account has from strangers
        limiter.reserve("ada", numbered(n), start);
    }
    BOOST_TEST(limiter.reserve("ada", home, start).has_value());
}

// Strangers and the owner look the same there.
BOOST_AUTO_TEST_CASE(without_an_address_no_failures_shut_an_account) {
    BOOST_TEST(fail(10'000, "ada", peer_address{}, start) == 10'000);
    BOOST_TEST(!limiter.reserve("ada", peer_address{}, start).has_value());
    BOOST_TEST(!limiter.reserve("ada", home, start).has_value()); // nor for those who have one
    for (int i = 0; i < 100; ++i) {
        limiter.succeeded("ada", peer_address{}, start);
    }
    BOOST_TEST(limiter.reserve("ada", peer_address{}, start).has_value()); // who knows the password is still held
    for (int i = 0; i < 2000; ++i) {
        BOOST_REQUIRE(!limiter.reserve("user" + std::to_string(i), peer_address{}, start).has_value());
        limiter.passed("user" + std::to_string(i), peer_address{}, start);
    }
}

BOOST_AUTO_TEST_CASE(what_was_given_back_does_not_count_against_the_account_anywhere) {
    for (std::uint32_t n = 0; n < 1000; ++n) {
        BOOST_REQUIRE(!limiter.reserve("ada", numbered(n), start).has_value());
        limiter.give_back("ada", numbered(n), start);
    }
}

BOOST_AUTO_TEST_CASE(giving_back_what_was_never_reserved_gives_nothing) {
    limiter.give_back("ada", home, start);
    limiter.give_back("ada", home, start);
    BOOST_TEST(fail(20, "ada", home, start) == 10);
    limiter.give_back("ada", home, start);
    BOOST_TEST(fail(20, "ada", home, start) == 1);
}

BOOST_AUTO_TEST_CASE(an_address_gets_a_hundred_failures_over_all_accounts) {
    int admitted = 0;
    for (int i = 0; i < 500; ++i) {
        admitted += limiter.reserve("user" + std::to_string(i), home, start) ? 0 : 1;
    }
    BOOST_TEST(admitted == 100);
    BOOST_TEST(limiter.reserve("ada", home, start).has_value());
    BOOST_TEST(!limiter.reserve("ada", elsewhere, start).has_value());
}

BOOST_AUTO_TEST_CASE(an_ipv6_network_of_64_bits_is_one_address) {
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(!limiter.reserve("ada", from("2001:db8:1:2::" + std::to_string(i + 1)), start).has_value());
    }
    BOOST_TEST(limiter.reserve("ada", from("2001:db8:1:2:ffff:ffff:ffff:ffff"), start).has_value());
    BOOST_TEST(!limiter.reserve("ada", from("2001:db8:1:3::1"), start).has_value());
}

BOOST_AUTO_TEST_CASE(every_ipv4_address_is_its_own) {
    fail(10, "ada", from("192.0.2.1"), start);
    BOOST_TEST(!limiter.reserve("ada", from("192.0.2.2"), start).has_value());
}

BOOST_AUTO_TEST_CASE(a_guess_spread_over_many_addresses_is_held_to_ten_times_the_limit) {
    int admitted = 0;
    for (std::uint32_t n = 0; n < 1000; ++n) {
        admitted += fail(10, "ada", numbered(n), start);
    }
    BOOST_TEST(admitted == 100);
}

BOOST_AUTO_TEST_CASE(under_a_spread_guess_the_owner_gets_in_from_where_he_was_before) {
    limiter.succeeded("ada", home, start);
    for (std::uint32_t n = 0; n < 1000; ++n) {
        fail(10, "ada", numbered(n), after(86400));
    }
    BOOST_TEST(limiter.reserve("ada", elsewhere, after(86400)).has_value());
    BOOST_TEST(fail(20, "ada", home, after(86400)) == 10); // held to the ordinary limit, as always
    BOOST_TEST(!limiter.reserve("bob", elsewhere, after(86400)).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_is_familiar_for_thirty_days) {
    limiter.succeeded("ada", home, start);
    const timestamp_ms last = start + familiar_table::lifetime;
    for (std::uint32_t n = 0; n < 20; ++n) {
        fail(10, "ada", numbered(n), last);
    }
    BOOST_TEST(!limiter.reserve("ada", home, last).has_value());
    BOOST_TEST(limiter.reserve("ada", home, last + milliseconds(1)).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_not_tried_makes_no_address_familiar) {
    limiter.reserve("ada", home, start);
    limiter.give_back("ada", home, start);
    for (std::uint32_t n = 0; n < 20; ++n) {
        fail(10, "ada", numbered(n), start);
    }
    BOOST_TEST(limiter.reserve("ada", home, start).has_value());
}

BOOST_AUTO_TEST_CASE(never_more_than_the_limit_in_any_window) {
    std::mt19937 engine(3);
    std::uniform_int_distribution<int> pause(0, 40'000);
    std::deque<timestamp_ms> admitted;
    timestamp_ms now = start;
    std::size_t total = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += milliseconds(pause(engine) / (i % 50 + 1));
        if (limiter.reserve("ada", home, now)) {
            continue;
        }
        ++total;
        admitted.push_back(now);
        while (now - admitted.front() >= window) {
            admitted.pop_front();
        }
        BOOST_REQUIRE(admitted.size() <= 10U);
    }
    // And not many fewer: 10 in a window and an eighth.
    BOOST_TEST(static_cast<std::int64_t>(total) >= 9 * (now - start) / window_and_part);
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_shuts_nobody_out_for_long) {
    BOOST_TEST(fail(11, "ada", home, after(1000)) == 10);
    BOOST_TEST(fail(11, "ada", home, after(950)) == 0); // a little: still counted
    BOOST_TEST(fail(11, "ada", home, start - seconds(86400)) == 10);
}

BOOST_AUTO_TEST_CASE(limits_may_be_off) {
    throttle_limits limits;
    limits.account.attempts = 0;
    throttle no_account_limit(limits, random);
    limits = {};
    limits.address.attempts = 0;
    throttle no_address_limit(limits, random);
    for (int i = 0; i < 100; ++i) {
        BOOST_REQUIRE(!no_account_limit.reserve("ada", home, start).has_value());
        no_account_limit.give_back("ada", elsewhere, start);
    }
    BOOST_TEST(no_account_limit.reserve("ada", home, start).has_value()); // the address limit is left
    for (int i = 0; i < 1000; ++i) {
        BOOST_REQUIRE(!no_address_limit.reserve("user" + std::to_string(i), home, start).has_value());
    }
    limits = {};
    limits.success_account.attempts = limits.success_address.attempts = 0;
    throttle no_success_limit(limits, random);
    for (int i = 0; i < 5000; ++i) {
        BOOST_REQUIRE(!no_success_limit.reserve("ada", home, start).has_value());
        no_success_limit.succeeded("ada", home, start);
    }
}

BOOST_AUTO_TEST_CASE(limits_beyond_the_counters_are_held_to_them) {
    throttle_limits limits;
    limits.account = {1'000'000, seconds(1)};
    limits.address = {1'000'000, seconds(86400)};
    throttle large(limits, random);
    std::uint32_t admitted = 0;
    while (admitted < 100'000 && !large.reserve("ada", home, start)) {
        ++admitted;
    }
    BOOST_TEST(admitted == attempt_table::attempts_max);
}

BOOST_AUTO_TEST_CASE(a_flood_of_addresses_washes_out_no_hot_account) {
    BOOST_TEST(fail(10, "ada", home, start) == 10);
    limiter.succeeded("bob", home, start);
    const std::uint32_t flood = 200'000U * static_cast<std::uint32_t>(scale());
    for (std::uint32_t n = 0; n < flood; ++n) {
        limiter.reserve("user" + std::to_string(n), numbered(n), start + seconds(1));
    }
    BOOST_TEST(limiter.reserve("ada", home, start + seconds(2)).has_value());
    // Nor from where an account was signed in: the flood never signed in anywhere.
    for (std::uint32_t n = 0; n < 20; ++n) {
        fail(10, "bob", numbered(n), start + seconds(2));
    }
    BOOST_TEST(limiter.reserve("bob", elsewhere, start + seconds(2)).has_value());
    BOOST_TEST(!limiter.reserve("bob", home, start + seconds(2)).has_value());
}

BOOST_AUTO_TEST_CASE(signing_in_to_one_account_from_everywhere_washes_out_no_familiar_address) {
    familiar_table table(8); // one bucket
    table.remember(1, 100, start);
    for (std::uint64_t pair = 200; pair < 1200; ++pair) {
        table.remember(2, pair, after(static_cast<std::int64_t>(pair)));
    }
    BOOST_TEST(table.knows(1, 100, after(2000)));
    BOOST_TEST(table.knows(2, 1199, after(2000)));
    BOOST_TEST(table.knows(2, 1196, after(2000)));
    BOOST_TEST(!table.knows(2, 1195, after(2000)));
}

BOOST_AUTO_TEST_CASE(the_fewest_attempts_make_room_in_a_full_bucket) {
    attempt_table table(8, seconds(300)); // one bucket
    for (std::uint64_t key = 1; key <= 8; ++key) {
        for (std::uint64_t i = 0; i < key; ++i) {
            table.add(key, start);
        }
    }
    table.add(100, start); // in the place of key 1
    BOOST_TEST((table.wait(1, 1, start) == milliseconds(0)));
    BOOST_TEST((table.wait(100, 1, start) > milliseconds(0)));
    for (std::uint64_t key = 200; key < 1200; ++key) {
        table.add(key, start); // they drive out one another, with one attempt each
    }
    for (std::uint64_t key = 2; key <= 8; ++key) {
        BOOST_TEST((table.wait(key, static_cast<std::uint32_t>(key), start) > milliseconds(0)));
    }
    // What is past the window makes room first, however much it was.
    table.add(5000, start + window_and_part);
    table.add(5000, start + window_and_part);
    table.add(5001, start + window_and_part);
    BOOST_TEST((table.wait(5000, 2, start + window_and_part) > milliseconds(0)));
    BOOST_TEST((table.wait(8, 1, start + window_and_part) == milliseconds(0)));
}

BOOST_AUTO_TEST_SUITE_END()
