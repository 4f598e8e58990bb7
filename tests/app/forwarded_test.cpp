#include "app/http/forwarded.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace pawl::app {
namespace {

// Lines separated by '|'.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t bar = std::min(text.find('|'), text.size());
        out.push_back(text.substr(0, bar));
        text.remove_prefix(std::min(bar + 1, text.size()));
    }
    return out;
}

std::string client(std::string_view direct, std::string_view forwarded, std::string_view x_forwarded_for,
                   std::initializer_list<const char*> trusted_texts) {
    proxy_trust trusted;
    for (const std::string_view t : trusted_texts) {
        if (t == trusted_unix) {
            trusted.unix_sockets = true;
        } else {
            trusted.blocks.push_back(address_block_from_text(t).value());
        }
    }
    const auto f = lines_of(forwarded);
    const auto x = lines_of(x_forwarded_for);
    return to_text(client_address(peer_address_from_text(direct).value(), f, x, trusted));
}

BOOST_AUTO_TEST_SUITE(forwarded)

BOOST_AUTO_TEST_CASE(client_is_the_right_most_hop_that_is_not_trusted) {
    const struct {
        std::string_view direct, forwarded, x_forwarded_for, client;
    } rows[] = {
        // There is no one to believe.
        {"203.0.113.9", "", "", "203.0.113.9"},
        {"203.0.113.9", "", "1.2.3.4", "203.0.113.9"},
        {"203.0.113.9", "for=1.2.3.4", "", "203.0.113.9"},
        // One proxy.
        {"10.0.0.1", "", "", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "for=1.2.3.4", "", "1.2.3.4"},
        {"10.0.0.1", "FOR=1.2.3.4;proto=https;by=10.0.0.1", "", "1.2.3.4"},
        {"10.0.0.1", "proto=https; for=1.2.3.4", "", "1.2.3.4"},
        {"10.0.0.1", "for=\"[2001:db8::1]:4711\"", "", "2001:db8::1"},
        {"10.0.0.1", "for=\"1.2.3.4:80\"", "", "1.2.3.4"},
        {"10.0.0.1", "", "2001:db8::1", "2001:db8::1"},
        {"10.0.0.1", "", "[2001:db8::1]:80", "2001:db8::1"},
        {"10.0.0.1", "", "1.2.3.4:55", "1.2.3.4"},
        {"2001:db8:1::7", "", "1.2.3.4", "1.2.3.4"},
        // What a client made up stands to the left.
        {"10.0.0.1", "", "9.9.9.9, 1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "", "10.0.0.2, 1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "", "9.9.9.9|1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "for=9.9.9.9, for=1.2.3.4", "", "1.2.3.4"},
        {"10.0.0.1", "for=9.9.9.9|for=1.2.3.4", "", "1.2.3.4"},
        {"10.0.0.1", "for=9.9.9.9;x=\", for=1.2.3.4", "", "1.2.3.4"},
        {"10.0.0.1", "for=9.9.9.9;x=\", for=\"[2001:db8::1]\"", "", "2001:db8::1"},
        {"10.0.0.1", "for=\"9.9.9.9, for=\"[2001:db8::1]\"", "", "2001:db8::1"},
        // Two proxies.
        {"10.0.0.1", "", "9.9.9.9, 1.2.3.4, 10.0.0.2", "1.2.3.4"},
        {"10.0.0.1", "", "9.9.9.9, 1.2.3.4|10.0.0.2", "1.2.3.4"},
        {"10.0.0.1", "for=1.2.3.4, for=10.0.0.2", "", "1.2.3.4"},
        {"10.0.0.1", "", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
        // Unknown, obfuscated, garbled: the last good hop.
        {"10.0.0.1", "for=unknown", "", "10.0.0.1"},
        {"10.0.0.1", "for=_hidden, for=10.0.0.2", "", "10.0.0.2"},
        {"10.0.0.1", "", "unknown", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4, garbage", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4,", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4, ,10.0.0.2", "10.0.0.2"},
        {"10.0.0.1", "", "1.2.3.4.5", "10.0.0.1"},
        {"10.0.0.1", "", "01.2.3.4", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4:x", "10.0.0.1"},
        {"10.0.0.1", "", "1.2.3.4:", "10.0.0.1"},
        {"10.0.0.1", "", "[1.2.3.4]", "10.0.0.1"},
        {"10.0.0.1", "", "[2001:db8::1", "10.0.0.1"},
        {"10.0.0.1", "by=1.2.3.4", "", "10.0.0.1"},
        {"10.0.0.1", "for=1.2.3.4;for=5.6.7.8", "", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4", "", "10.0.0.1"},
        // Both headers.
        {"10.0.0.1", "for=1.2.3.4", "1.2.3.4", "1.2.3.4"},
        {"10.0.0.1", "for=9.9.9.9", "1.2.3.4", "10.0.0.1"},
        {"10.0.0.1", "for=1.2.3.4", "9.9.9.9", "10.0.0.1"},
    };
    for (const auto& r : rows) {
        BOOST_TEST(client(r.direct, r.forwarded, r.x_forwarded_for, {"10.0.0.0/8", "2001:db8:1::/48"}) == r.client,
                   r.direct << " | " << r.forwarded << " | " << r.x_forwarded_for);
    }
}

BOOST_AUTO_TEST_CASE(peer_on_a_unix_socket_is_believed_only_where_it_is_trusted_by_name) {
    BOOST_TEST(client("", "", "1.2.3.4", {"unix"}) == "1.2.3.4");
    BOOST_TEST(client("", "for=1.2.3.4", "", {"unix"}) == "1.2.3.4");
    BOOST_TEST(client("", "", "1.2.3.4, 10.0.0.1", {"unix", "10.0.0.0/8"}) == "1.2.3.4");
    BOOST_TEST(client("", "", "1.2.3.4, 10.0.0.1", {"unix"}) == "10.0.0.1");
    BOOST_TEST(client("", "", "1.2.3.4", {"10.0.0.0/8"}) == "");
    BOOST_TEST(client("", "", "", {"unix"}) == "");
    BOOST_TEST(client("10.0.0.1", "", "1.2.3.4", {"unix"}) == "10.0.0.1"); // and only there
}

BOOST_AUTO_TEST_CASE(no_hop_takes_the_address_away) {
    BOOST_TEST(client("10.0.0.1", "", "::", {"10.0.0.0/8"}) == "10.0.0.1");
    BOOST_TEST(client("10.0.0.1", "for=\"[::]\"", "", {"10.0.0.0/8"}) == "10.0.0.1");
    BOOST_TEST(client("", "", "1.2.3.4, ::", {"unix"}) == "");
}

BOOST_AUTO_TEST_CASE(without_trusted_proxies_headers_say_nothing) {
    BOOST_TEST(client("127.0.0.1", "for=1.2.3.4", "1.2.3.4", {}) == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(chains_longer_than_the_bound_end_at_it) {
    std::string chain = "1.2.3.4";
    for (int i = 0; i < 100; ++i) {
        chain += ", 10.0.0.2";
    }
    BOOST_TEST(client("10.0.0.1", "", chain, {"10.0.0.0/8"}) == "10.0.0.2");
}

BOOST_AUTO_TEST_CASE(blocks_are_read_strictly) {
    for (const char* good : {"10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1", "10.1.2.3/32"}) {
        BOOST_TEST(address_block_from_text(good).has_value(), good);
    }
    for (const char* bad : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "/8", "10.0/8",
                            "2001:db8::1/32", "::/129", "localhost", "10.0.0.0/8/8", " 10.0.0.0/8"}) {
        BOOST_TEST(!address_block_from_text(bad).has_value(), bad);
    }
}

BOOST_AUTO_TEST_CASE(blocks_contain_what_they_should) {
    const auto contains = [](const char* block, const char* address) {
        return address_block_from_text(block).value().contains(peer_address_from_text(address).value());
    };
    BOOST_TEST(contains("10.0.0.0/8", "10.255.0.1"));
    BOOST_TEST(!contains("10.0.0.0/8", "11.0.0.1"));
    BOOST_TEST(contains("10.0.0.128/25", "10.0.0.129"));
    BOOST_TEST(!contains("10.0.0.128/25", "10.0.0.127"));
    BOOST_TEST(contains("0.0.0.0/0", "1.2.3.4"));
    BOOST_TEST(!contains("0.0.0.0/0", "2001:db8::1"));
    BOOST_TEST(contains("::/0", "2001:db8::1"));
    BOOST_TEST(contains("2001:db8::/33", "2001:db8:7fff::1"));
    BOOST_TEST(!contains("2001:db8::/33", "2001:db8:8000::1"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
