#include "core/family/family.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;

BOOST_AUTO_TEST_SUITE(family)

BOOST_AUTO_TEST_CASE(addresses_are_written_as_people_write_them) {
    for (const std::string_view text : {"127.0.0.1", "0.0.0.0", "255.255.255.255", "10.20.30.40", "2001:db8::1", "::1",
                                        "fe80::1:0:0:2", "ff02::", "1:2:3:4:5:6:7:8"}) {
        const auto address = peer_address_from_text(text);
        BOOST_REQUIRE(address.has_value());
        BOOST_TEST(to_text(*address) == text);
    }
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_is_kept_as_mapped) {
    const auto plain = peer_address_from_text("192.0.2.7");
    const auto mapped = peer_address_from_text("::ffff:192.0.2.7");
    BOOST_REQUIRE(plain.has_value());
    BOOST_REQUIRE(mapped.has_value());
    BOOST_TEST((*plain == *mapped));
    BOOST_TEST(plain->bytes[10] == 0xFF);
    BOOST_TEST(plain->bytes[15] == 7);
    BOOST_TEST(to_text(*mapped) == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(other_spellings_of_an_address_are_the_same_address) {
    BOOST_TEST((peer_address_from_text("2001:DB8:0:0::0001") == peer_address_from_text("2001:db8::1")));
}

BOOST_AUTO_TEST_CASE(no_address_is_empty_text_both_ways) {
    BOOST_TEST(to_text(peer_address{}).empty());
    BOOST_TEST((peer_address_from_text("") == peer_address{}));
    BOOST_TEST(!peer_address_from_text("::").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_address_gives_nothing) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {" 127.0.0.1"sv, "127.0.0.1 "sv, "127.0.0.01"sv, "127.0.0"sv, "127.0.0.256"sv, "127.1"sv, "localhost"sv,
          "1::2::3"sv, "fe80::1%eth0"sv, "[::1]"sv, "::1\0"sv, "127.0.0.1\0"sv, "127.0.0.1:80"sv, "0x7f.0.0.1"sv,
          "1:2:3:4:5:6:7:8:9"sv, "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"sv}) {
        BOOST_TEST(!peer_address_from_text(text).has_value(), std::string(text));
    }
}

BOOST_AUTO_TEST_CASE(a_family_expires_at_the_earlier_of_idle_and_absolute) {
    const timestamp created{seconds(1'000'000)};
    family_facts facts;
    facts.created_at = created;
    facts.idle_ttl = seconds(100);
    facts.absolute_ttl = seconds(250);
    const family_word fresh;
    BOOST_TEST(!facts.expired(fresh, created + seconds(99)));
    BOOST_TEST(facts.expired(fresh, created + seconds(100)));
    const family_word used = fresh.with_rotated_at(200);
    BOOST_TEST(!facts.expired(used, created + seconds(249)));
    BOOST_TEST(facts.expired(used, created + seconds(250)));
}

BOOST_AUTO_TEST_SUITE_END()
