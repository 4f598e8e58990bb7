#include "core/family/word.hpp"
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace pawl;

namespace {

key_ring ring_with(std::initializer_list<std::uint8_t> ids) {
    key_ring ring;
    for (const std::uint8_t id : ids) {
        secret_bytes key(refresh_key_size, static_cast<std::uint8_t>(id + 1));
        ring.refresh_keys.push_back({id, key, {}, hmac_sha256(key)});
    }
    return ring;
}

refresh_token_place some_place(std::uint32_t generation = 5) {
    refresh_token_place place;
    for (std::size_t i = 0; i < place.family.bytes.size(); ++i) {
        place.family.bytes[i] = static_cast<std::uint8_t>(i + 1);
    }
    place.generation = generation;
    return place;
}

std::string text_of(const key_ring& ring, const refresh_token_place& place) {
    return std::string(mint_refresh_token(ring, place).reveal());
}

// The token's 54 bytes with a MAC that fits whatever they say, under the ring's first key.
std::string signed_text(const key_ring& ring, std::vector<std::uint8_t> bytes) {
    const sha256_digest mac = ring.refresh_keys.front().mac.compute(std::span(bytes).first(22));
    bytes.resize(22);
    bytes.insert(bytes.end(), mac.begin(), mac.end());
    return "prt_" + base64url_encode(bytes);
}

} // namespace

BOOST_AUTO_TEST_SUITE(refresh_tokens)

BOOST_AUTO_TEST_CASE(place_survives_the_way_there_and_back) {
    const key_ring ring = ring_with({1});
    for (const std::uint32_t generation : {0U, 1U, 255U, 256U, 65536U, family_word::generation_max}) {
        const std::string token = text_of(ring, some_place(generation));
        BOOST_TEST(token.size() == refresh_token_text_size);
        BOOST_TEST(token.size() < 128U);
        BOOST_TEST((check_refresh_token(ring, token) == some_place(generation)));
    }
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_specification) {
    const key_ring ring = ring_with({9});
    const std::string token = text_of(ring, some_place(0x01020304 & family_word::generation_max));
    const auto bytes = base64url_decode(std::string_view(token).substr(4));
    BOOST_TEST_REQUIRE(bytes.has_value());
    BOOST_TEST_REQUIRE(bytes->size() == 54U);
    BOOST_TEST((*bytes)[0] == 1); // version
    BOOST_TEST((*bytes)[1] == 9); // key id
    BOOST_TEST((*bytes)[2] == 1); // family
    BOOST_TEST((*bytes)[17] == 16);
    BOOST_TEST((*bytes)[18] == 1); // generation, big-endian
    BOOST_TEST((*bytes)[21] == 4);
    const sha256_digest mac = hmac_sha256(ring.refresh_keys[0].key).compute(std::span(*bytes).first(22));
    BOOST_TEST(std::equal(mac.begin(), mac.end(), bytes->begin() + 22));
}

BOOST_AUTO_TEST_CASE(same_place_same_token_other_place_other_token) {
    const key_ring ring = ring_with({1});
    BOOST_TEST(text_of(ring, some_place(5)) == text_of(ring, some_place(5)));
    BOOST_TEST(text_of(ring, some_place(5)) != text_of(ring, some_place(6)));
}

BOOST_AUTO_TEST_CASE(every_changed_character_makes_it_forged) {
    const key_ring ring = ring_with({0, 1, 2, 3});
    const std::string token = text_of(ring, some_place());
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char c :
             std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n.")) {
            std::string changed = token;
            changed[i] = c;
            if (changed != token) {
                BOOST_TEST_REQUIRE(!check_refresh_token(ring, changed).has_value());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(garbled_tokens_are_refused) {
    const key_ring ring = ring_with({1});
    const std::string token = text_of(ring, some_place());
    for (const std::string& text :
         {std::string(), std::string("prt_"), token.substr(4), token + "=", token + "A", " " + token, token + "\n",
          token.substr(0, token.size() - 1), "PRT_" + token.substr(4), "prt-" + token.substr(4),
          std::string(1 << 20, 'A'), std::string("prt_") + std::string(72, '\0'), std::string(76, '\xFF'),
          std::string("eyJhbGciOiJIUzI1NiJ9.e30.AA")}) {
        BOOST_TEST(!check_refresh_token(ring, text).has_value());
    }
    for (std::size_t size = 0; size < token.size(); ++size) {
        BOOST_TEST(!check_refresh_token(ring, std::string_view(token).substr(0, size)).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_right_mac_does_not_excuse_another_version_or_generation) {
    const key_ring ring = ring_with({1});
    auto bytes = *base64url_decode(std::string_view(text_of(ring, some_place())).substr(4));
    BOOST_TEST(check_refresh_token(ring, signed_text(ring, bytes)).has_value());
    auto other_version = bytes;
    other_version[0] = 2;
    BOOST_TEST(!check_refresh_token(ring, signed_text(ring, other_version)).has_value());
    auto beyond = bytes;
    beyond[18] = 4; // 2^26
    beyond[19] = beyond[20] = beyond[21] = 0;
    BOOST_TEST(!check_refresh_token(ring, signed_text(ring, beyond)).has_value());
    auto last = bytes;
    last[18] = 3;
    last[19] = last[20] = last[21] = 0xFF;
    BOOST_TEST(check_refresh_token(ring, signed_text(ring, last)).has_value());
    auto other_key = bytes; // signed by key 1, claims to be of key 2
    other_key[1] = 2;
    BOOST_TEST(!check_refresh_token(ring, signed_text(ring, other_key)).has_value());
}

BOOST_AUTO_TEST_CASE(the_last_key_mints_and_all_check) {
    const key_ring before = ring_with({1}), both = ring_with({1, 2}), after = ring_with({2});
    const std::string old_token = text_of(before, some_place()), new_token = text_of(both, some_place());
    BOOST_TEST(old_token != new_token);
    BOOST_TEST(check_refresh_token(both, old_token).has_value());
    BOOST_TEST(check_refresh_token(both, new_token).has_value());
    BOOST_TEST(!check_refresh_token(before, new_token).has_value());
    BOOST_TEST(!check_refresh_token(after, old_token).has_value());
    BOOST_TEST(check_refresh_token(after, new_token).has_value());
}

BOOST_AUTO_TEST_CASE(a_key_that_was_not_absorbed_gives_the_same_tokens) {
    key_ring plain = ring_with({1});
    plain.refresh_keys[0].mac = {};
    const std::string token = text_of(plain, some_place());
    BOOST_TEST(token == text_of(ring_with({1}), some_place()));
    BOOST_TEST(check_refresh_token(plain, token).has_value());
}

BOOST_AUTO_TEST_CASE(random_texts_of_the_right_size_are_refused) {
    const key_ring ring = ring_with({0, 1, 255});
    test::seeded_random random(17);
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::uint8_t> bytes(54);
        random.fill(bytes);
        bytes[0] = 1;
        bytes[1] = static_cast<std::uint8_t>(i % 3 == 0 ? 255 : i % 3 - 1);
        BOOST_TEST_REQUIRE(!check_refresh_token(ring, "prt_" + base64url_encode(bytes)).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
