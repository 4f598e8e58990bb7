#include "core/account/link_limits.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using test::seeded_random;

namespace {

const timestamp_ms start{milliseconds(1'800'000'000'000)};
const std::string alice = "alice@example.org";

peer_address v4(std::uint8_t last) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, last}};
}
peer_address v6(std::uint8_t network, std::uint8_t host) {
    return {{0x20, 1, 0xd, 0xb8, 0, 0, 0, network, 0, 0, 0, 0, 0, 0, 0, host}};
}

struct fixture {
    seeded_random random{1};
    link_limits limits{random};

    int taken(const std::string& address, int tries, timestamp_ms now,
              const std::optional<peer_address>& familiar = std::nullopt) {
        int count = 0;
        for (int i = 0; i < tries; ++i) {
            count += limits.take_of_address(address, familiar, now) ? 1 : 0;
        }
        return count;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(link_limits, fixture)

BOOST_AUTO_TEST_CASE(an_address_gets_three_mails_in_a_quarter_of_an_hour) {
    BOOST_TEST(taken(alice, 10, start) == 3);
    BOOST_TEST(taken(alice, 10, start + seconds(899)) == 0);
    BOOST_TEST(taken(alice, 10, start + seconds(900 + 113)) == 3);
    BOOST_TEST(taken("bob@example.org", 10, start) == 3);
}

BOOST_AUTO_TEST_CASE(an_address_gets_ten_mails_a_day) {
    int count = 0;
    for (int quarter = 0; quarter < 20; ++quarter) {
        count += taken(alice, 10, start + quarter * seconds(1100));
    }
    BOOST_TEST(count == 10);
    BOOST_TEST(taken(alice, 1, start + seconds(86400 + 10801)) == 1);
}

BOOST_AUTO_TEST_CASE(who_has_a_session_in_a_network_is_counted_apart_there) {
    BOOST_TEST(taken(alice, 10, start) == 3); // a stranger, who would keep the owner out
    BOOST_TEST(taken(alice, 10, start, v4(1)) == 3);
    BOOST_TEST(taken(alice, 10, start, v4(2)) == 3);
    BOOST_TEST(taken(alice, 10, start, v6(1, 1)) == 3);
    BOOST_TEST(taken(alice, 10, start, v6(1, 2)) == 0); // the same network
}

BOOST_AUTO_TEST_CASE(a_network_asks_twenty_times_an_hour_and_is_told_how_long_to_wait) {
    for (std::uint8_t i = 0; i < 20; ++i) {
        BOOST_TEST(!limits.take_of_network(v6(1, i), start));
    }
    const auto wait = limits.take_of_network(v6(1, 99), start);
    BOOST_REQUIRE(wait);
    BOOST_TEST(wait->count() >= 3600);
    BOOST_TEST(wait->count() <= 3600 + 451);
    BOOST_TEST(!limits.take_of_network(v6(2, 1), start));
    BOOST_TEST(!limits.take_of_network(v6(1, 99), start + *wait));
}

BOOST_AUTO_TEST_CASE(a_request_without_an_address_is_of_no_network) {
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(!limits.take_of_network(peer_address{}, start));
    }
}

BOOST_AUTO_TEST_SUITE_END()
