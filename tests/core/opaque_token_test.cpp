#include "core/provider/opaque_token.hpp"

#include "core/provider/client_stamp.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace pawl;

namespace {

capsule_ring some_ring(std::uint8_t fill = 0x3C) {
    std::vector<capsule_key> keys;
    keys.push_back({0, secret_bytes(capsule_key_size, fill)});
    return capsule_ring(std::move(keys));
}

opaque_token some_token() {
    opaque_token token;
    for (std::size_t i = 0; i < token.id.bytes.size(); ++i) {
        token.id.bytes[i] = static_cast<std::uint8_t>(i + 1);
    }
    token.client = {0xFEDCBA98};
    token.stamp = 0x0123456789ABCDEF;
    token.apis = {{1}, {0}, {65535}};
    token.scope = "orders:read orders:write";
    token.issued_at = timestamp(seconds(1'790'000'000));
    token.expires_at = timestamp(seconds(1'790'000'600));
    return token;
}

// The body of some_token(), as it is sealed.
std::vector<std::uint8_t> some_body() {
    test::seeded_random random(1);
    const secret_string text = make_opaque_token(some_ring(), some_token(), random).value();
    const auto opened = some_ring().open(capsule_kind::access_token, text.reveal(), {}).value();
    return {opened.body.begin(), opened.body.end()};
}

std::optional<opaque_token> open_body(const std::vector<std::uint8_t>& body) {
    test::seeded_random random(2);
    return open_opaque_token(some_ring(), some_ring().seal(capsule_kind::access_token, body, {}, random).reveal());
}

} // namespace

BOOST_AUTO_TEST_SUITE(opaque_tokens)

BOOST_AUTO_TEST_CASE(what_a_token_says_is_read_from_it) {
    test::seeded_random random(1);
    opaque_token least;
    opaque_token most = some_token();
    most.apis.assign(opaque_apis_max, {7});
    most.scope.assign(opaque_scope_size_max, 's');
    for (const opaque_token& token : {some_token(), least, most}) {
        const std::optional<secret_string> text = make_opaque_token(some_ring(), token, random);
        BOOST_TEST_REQUIRE(text.has_value());
        BOOST_TEST(text->reveal().starts_with("pat_"));
        BOOST_TEST(text->size() < 5700U);
        BOOST_TEST((open_opaque_token(some_ring(), text->reveal()) == token));
        BOOST_TEST(!open_opaque_token(some_ring(0x3D), text->reveal()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_is_too_much_for_a_token_is_not_made) {
    test::seeded_random random(1);
    const auto made = [&](auto change) {
        opaque_token token = some_token();
        change(token);
        return make_opaque_token(some_ring(), token, random).has_value();
    };
    BOOST_TEST(made([](opaque_token&) {}));
    BOOST_TEST(!made([](opaque_token& t) { t.apis.assign(opaque_apis_max + 1, {7}); }));
    BOOST_TEST(!made([](opaque_token& t) { t.scope.assign(opaque_scope_size_max + 1, 's'); }));
    BOOST_TEST(!made([](opaque_token& t) { t.issued_at = timestamp(seconds(-1)); }));
    BOOST_TEST(!made([](opaque_token& t) { t.expires_at = timestamp(seconds(-1)); }));
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_specification) {
    const std::vector<std::uint8_t> body = some_body();
    std::vector<std::uint8_t> expected = {1,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,
                                          13,   14,   15,   16,   0xFE, 0xDC, 0xBA, 0x98, 0x01, 0x23, 0x45, 0x67, 0x89,
                                          0xAB, 0xCD, 0xEF, 0,    0,    0,    0,    0x6A, 0xB1, 0x3B, 0x80, 0,    0,
                                          0,    0,    0x6A, 0xB1, 0x3D, 0xD8, 3,    0,    1,    0,    0,    255,  255};
    const std::string scope = some_token().scope;
    expected.insert(expected.end(), scope.begin(), scope.end());
    BOOST_TEST(body == expected);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_token_is_refused_though_its_seal_is_good) {
    const std::vector<std::uint8_t> body = some_body();
    BOOST_TEST((open_body(body) == some_token()));
    for (std::size_t size = 0; size < 46 + 6; ++size) { // the head and three APIs
        BOOST_TEST(!open_body({body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)}).has_value(), size);
    }
    const auto with = [&](std::size_t at, std::uint8_t value) {
        std::vector<std::uint8_t> other = body;
        other[at] = value;
        return open_body(other).has_value();
    };
    BOOST_TEST(!with(0, 0));
    BOOST_TEST(!with(0, 2));
    BOOST_TEST(!with(29, 0x80)); // issued_at
    BOOST_TEST(!with(30, 0x20));
    BOOST_TEST(!with(37, 0x80)); // expires_at
    BOOST_TEST(!with(45, opaque_apis_max + 1));
    BOOST_TEST(!with(45, 255));
    std::vector<std::uint8_t> many = body;
    many.resize(46 + 2 * (opaque_apis_max + 1)); // as many APIs as it says, and that is one too many
    many[45] = opaque_apis_max + 1;
    BOOST_TEST(!open_body(many).has_value());
    many[45] = opaque_apis_max;
    BOOST_TEST(open_body(many).has_value());
    std::vector<std::uint8_t> longer = body;
    longer.resize(46 + 6 + opaque_scope_size_max + 1, 's');
    BOOST_TEST(!open_body(longer).has_value());
    longer.pop_back();
    BOOST_TEST(open_body(longer).has_value());
}

BOOST_AUTO_TEST_CASE(a_stamp_changes_with_history_client_and_epoch) {
    // Made by another implementation of BLAKE2b.
    BOOST_TEST(client_stamp_text(client_stamp(0x0123456789ABCDEF, {16}, 3)) == "dee5364133b52372");
    BOOST_TEST(client_stamp_text(0) == "0000000000000000");
    BOOST_TEST(client_stamp_text(0xAB) == "00000000000000ab");
    std::set<std::uint64_t> seen;
    for (const std::uint64_t mark : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63U}) {
        for (const std::uint32_t number : {16U, 17U, 0x80000000U}) {
            for (const std::uint32_t epoch : {0U, 1U, 16U, 0x80000000U}) {
                seen.insert(client_stamp(mark, {number}, epoch));
            }
        }
    }
    BOOST_TEST(seen.size() == 36U);
}

BOOST_AUTO_TEST_CASE(one_of_a_session_is_another_thing) {
    const capsule_ring ring = some_ring();
    test::seeded_random random(7);
    opaque_session_token token;
    token.id.bytes.fill(1);
    token.session.bytes.fill(2);
    token.generation = 7;
    token.issued_at = timestamp(seconds(1000));
    token.expires_at = timestamp(seconds(1600));
    for (const bool for_us : {false, true}) {
        for (const bool for_userinfo : {false, true}) {
            for (std::size_t apis = 0; apis <= opaque_apis_max; ++apis) {
                token.for_us = for_us;
                token.for_userinfo = for_userinfo;
                token.apis.assign(apis, api_number{9});
                token.scope.assign(apis * 256, 'x');
                const auto text = make_opaque_session_token(ring, token, random);
                BOOST_TEST_REQUIRE(text.has_value());
                BOOST_TEST(text->reveal().starts_with("pat_"));
                const auto read = open_opaque_session_token(ring, text->reveal());
                BOOST_TEST((read && *read == token));
                BOOST_TEST(!open_opaque_token(ring, text->reveal()).has_value());
            }
        }
    }
    token.scope += 'x';
    BOOST_TEST(!make_opaque_session_token(ring, token, random).has_value());
    opaque_token of_client;
    of_client.client = {17};
    const auto text = make_opaque_token(ring, of_client, random);
    BOOST_TEST_REQUIRE(text.has_value());
    BOOST_TEST(!open_opaque_session_token(ring, text->reveal()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
