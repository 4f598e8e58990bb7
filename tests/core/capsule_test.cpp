#include "core/capsule/capsule.hpp"
#include "core/hkdf_sha256.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/vectors.hpp"

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace pawl;
using test::from_hex;

namespace {

using octets = std::vector<std::uint8_t>;

octets counted(std::uint8_t first, std::size_t count) {
    octets out(count);
    std::iota(out.begin(), out.end(), first);
    return out;
}

octets of(std::string_view text) {
    return {text.begin(), text.end()};
}

// A key for each id; the last one seals.
capsule_ring ring_of(std::initializer_list<std::uint8_t> ids) {
    std::vector<capsule_key> keys;
    for (const std::uint8_t id : ids) {
        keys.push_back({id, secret_bytes(capsule_key_size, static_cast<std::uint8_t>(0x3C + id))});
    }
    return capsule_ring(std::move(keys));
}

struct counting_random final : random_source { // 0, 1, 2 ...
    void fill(std::span<std::uint8_t> out) override { std::ranges::copy(counted(0, out.size()), out.begin()); }
};

std::string seal(const capsule_ring& ring, std::string_view body, std::string_view bound = "a store",
                 capsule_kind kind = capsule_kind::client_secret) {
    test::seeded_random random(5);
    return std::string(ring.seal(kind, of(body), of(bound), random).reveal());
}

bool opens(const capsule_ring& ring, std::string_view text, std::string_view bound = "a store",
           capsule_kind kind = capsule_kind::client_secret) {
    return ring.open(kind, text, of(bound)).has_value();
}

octets bytes_of(std::string_view text) {
    return base64url_decode(text.substr(4)).value();
}

std::string text_of(const octets& sealed) {
    return "pcs_" + base64url_encode(sealed);
}

} // namespace

BOOST_AUTO_TEST_SUITE(capsules)

// RFC 5869, appendix A.1 to A.3.
BOOST_AUTO_TEST_CASE(hkdf_gives_what_its_specification_says) {
    const struct {
        octets key, salt, info;
        std::string_view out;
    } rows[] = {
        {octets(22, 0x0B), counted(0, 13), counted(0xF0, 10),
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {counted(0, 80), counted(0x60, 80), counted(0xB0, 80),
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f0"
         "9b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {octets(22, 0x0B),
         {},
         {},
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };
    for (const auto& row : rows) {
        const octets expected = from_hex(row.out);
        octets out(expected.size());
        hkdf_sha256(row.key, row.salt, row.info, out);
        BOOST_TEST(out == expected);
    }
    BOOST_TEST(derive_key(octets(32, 1), "one") != derive_key(octets(32, 1), "two"), boost::test_tools::per_element());
    BOOST_TEST(derive_key(octets(32, 1), "one").size() == 32U);
}

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
BOOST_AUTO_TEST_CASE(the_cipher_gives_what_its_specification_says) {
    const octets plain = of("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                            "future, sunscreen would be it."),
                 also = from_hex("50515253c0c1c2c3c4c5c6c7"), key = counted(0x80, 32), nonce = counted(0x40, 24);
    const octets expected =
        from_hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c"
                 "6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97"
                 "637da9768812f615c68b13b52e"
                 "c0875924c1c7987947deafd8780acf49");
    octets sealed(plain.size() + 16);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.data(), plain.size(), also.data(),
                                               also.size(), nullptr, nonce.data(), key.data());
    BOOST_TEST(sealed == expected);
}

// What another program, which shares no code with this one, made of the same key, nonce, body and bound.
BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_specification) {
    std::vector<capsule_key> keys;
    keys.push_back({7, secret_bytes(capsule_key_size, 0x3C)});
    const capsule_ring ring(std::move(keys));
    const struct {
        capsule_kind kind;
        std::string_view text;
    } rows[] = {
        {capsule_kind::client_secret, "pcs_AQcAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcF0tHLnsmDNH-akxShqwU_za2jdoTx"},
        {capsule_kind::access_token, "pat_AQcAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcqirXpXl9ajHBPnSeP1B57637ZF0Y2"},
    };
    for (const auto& row : rows) {
        counting_random random;
        BOOST_TEST(ring.seal(row.kind, of("a body"), of("a store"), random).reveal() == row.text);
        const auto opened = ring.open(row.kind, row.text, of("a store"));
        BOOST_TEST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->key_id == 7);
        BOOST_TEST(octets(opened->body.begin(), opened->body.end()) == of("a body"));
    }
    const auto digest = ring.digest(7, "client secret", "a secret");
    BOOST_TEST_REQUIRE(digest.has_value());
    BOOST_TEST(octets(digest->begin(), digest->end()) ==
               from_hex("0dd21bb82088f3bc1e62020fda5be182faf1a56350dab91b6a4ae50061f4ea6e"));
}

BOOST_AUTO_TEST_CASE(what_was_sealed_is_opened_whatever_its_size) {
    const capsule_ring ring = ring_of({1});
    test::seeded_random random(9);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{20},
                                   std::size_t{256}, capsule_body_size_max}) {
        const octets body = counted(3, size);
        for (const capsule_kind kind : {capsule_kind::client_secret, capsule_kind::access_token}) {
            const secret_string text = ring.seal(kind, body, {}, random);
            BOOST_TEST(text.size() == capsule_text_size(kind, size));
            BOOST_TEST(text.reveal().starts_with(prefix_of(kind)));
            const auto opened = ring.open(kind, text.reveal(), {});
            BOOST_TEST_REQUIRE(opened.has_value());
            BOOST_TEST(octets(opened->body.begin(), opened->body.end()) == body);
        }
    }
    BOOST_CHECK_THROW(ring.seal(capsule_kind::client_secret, octets(capsule_body_size_max + 1), {}, random),
                      std::length_error);
}

BOOST_AUTO_TEST_CASE(two_capsules_of_the_same_body_look_different) {
    const capsule_ring ring = ring_of({1});
    test::seeded_random random(9);
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        seen.emplace(ring.seal(capsule_kind::access_token, of("body"), {}, random).reveal());
    }
    BOOST_TEST(seen.size() == 100U);
}

BOOST_AUTO_TEST_CASE(a_capsule_with_any_single_bit_changed_is_refused) {
    const capsule_ring ring = ring_of({0, 1, 2, 3});
    for (const std::string_view body : {"", "b", "body of some bytes"}) {
        const std::string text = seal(ring, body);
        BOOST_TEST(opens(ring, text));
        octets sealed = bytes_of(text);
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            BOOST_TEST(!opens(ring, text_of(sealed)), bit);
            sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        }
        for (std::size_t bit = 0; bit < text.size() * 8; ++bit) { // prefix, spare bits and alphabet
            std::string other = text;
            other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
            BOOST_TEST(!opens(ring, other), bit);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_capsule_opens_as_its_own_kind_alone) {
    const capsule_ring ring = ring_of({1});
    const std::string secret = seal(ring, "body"), token = seal(ring, "body", "a store", capsule_kind::access_token);
    BOOST_TEST(opens(ring, token, "a store", capsule_kind::access_token));
    BOOST_TEST(!opens(ring, secret, "a store", capsule_kind::access_token));
    BOOST_TEST(!opens(ring, token));
    BOOST_TEST(
        !opens(ring, "pat_" + secret.substr(4), "a store", capsule_kind::access_token)); // the key, too, is another
    BOOST_TEST(!opens(ring, "pcs_" + token.substr(4)));
}

BOOST_AUTO_TEST_CASE(a_capsule_opens_with_what_it_is_bound_to_alone) {
    const capsule_ring ring = ring_of({1});
    const std::string text = seal(ring, "body", "a store");
    for (const std::string_view other : {"", "a stor", "a store ", "A store", "b store"}) {
        BOOST_TEST(!opens(ring, text, other), other);
    }
    BOOST_TEST(!opens(ring, seal(ring, "body", ""), "a store"));
    const std::string much(1000, 'x');
    BOOST_TEST(opens(ring, seal(ring, "body", much), much));
}

BOOST_AUTO_TEST_CASE(a_capsule_opens_under_the_key_that_it_names_alone) {
    const capsule_ring one = ring_of({1}), both = ring_of({1, 2}), other = ring_of({2});
    const std::string text = seal(one, "body");
    BOOST_TEST(opens(both, text)); // an older key opens
    BOOST_TEST(!opens(other, text));
    octets renamed = bytes_of(text);
    renamed[1] = 2;
    BOOST_TEST(!opens(both, text_of(renamed)));
    std::vector<capsule_key> keys;
    keys.push_back({1, secret_bytes(capsule_key_size, 0x77)}); // the same id, another key
    BOOST_TEST(!opens(capsule_ring(std::move(keys)), text));
    BOOST_TEST(both.sealing_id() == 2);
    BOOST_TEST(both.open(capsule_kind::client_secret, seal(both, "body"), of("a store"))->key_id == 2);
    BOOST_TEST((both.has(1) && both.has(2) && !both.has(0)));
}

BOOST_AUTO_TEST_CASE(what_is_cut_or_longer_is_refused) {
    const capsule_ring ring = ring_of({1});
    const std::string text = seal(ring, "body");
    for (std::size_t size = 0; size < text.size(); ++size) {
        BOOST_TEST(!opens(ring, text.substr(0, size)), size);
        BOOST_TEST(!opens(ring, text.substr(text.size() - size)), size);
    }
    octets sealed = bytes_of(text);
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        BOOST_TEST(!opens(ring, text_of({sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size)})), size);
    }
    for (const std::string& more : {std::string("A"), std::string("AA"), std::string("AAAA"), std::string("="),
                                    std::string("=="), std::string(" "), std::string("\n"), std::string(1, '\0')}) {
        BOOST_TEST(!opens(ring, text + more), more);
        BOOST_TEST(!opens(ring, more + text), more);
    }
    sealed.push_back(0);
    BOOST_TEST(!opens(ring, text_of(sealed)));
    for (const std::size_t size : {capsule_body_size_max + 1, std::size_t{1} << 20U}) {
        BOOST_TEST(!opens(ring, "pcs_" + std::string(base64url_size(size + 42), 'A')), size);
    }
}

BOOST_AUTO_TEST_CASE(a_version_that_is_to_come_is_refused_whatever_its_tag) {
    // Sealed rightly, with another version under the tag.
    const secret_bytes key = derive_key(octets(capsule_key_size, 0x3D), "pawl capsule client secret");
    for (const std::uint8_t version : {std::uint8_t{1}, std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{255}}) {
        octets sealed(26 + 1 + 16);
        sealed[0] = version;
        sealed[1] = 1;
        const octets body = of("b"), also = {version, 1};
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + 26, nullptr, body.data(), body.size(), also.data(),
                                                   also.size(), nullptr, sealed.data() + 2, key.data());
        BOOST_TEST(opens(ring_of({1}), text_of(sealed), "") == (version == 1), int{version});
    }
}

BOOST_AUTO_TEST_CASE(a_digest_depends_on_key_label_and_text_and_on_where_one_ends) {
    const capsule_ring ring = ring_of({1, 2});
    std::set<std::array<std::uint8_t, 32>> seen;
    for (const std::uint8_t id : {std::uint8_t{1}, std::uint8_t{2}}) {
        seen.insert(ring.digest(id, "label", "text").value());
        seen.insert(ring.digest(id, "labe", "ltext").value());
        seen.insert(ring.digest(id, "label", "texT").value());
        seen.insert(ring.digest(id, "", "").value());
        BOOST_TEST((ring.digest(id, "label", "text") == ring.digest(id, "label", "text")));
    }
    BOOST_TEST(seen.size() == 8U);
    BOOST_TEST(!ring.digest(3, "label", "text").has_value());
}

BOOST_AUTO_TEST_CASE(a_ring_has_keys_of_one_size_and_no_id_twice) {
    const auto made = [](std::initializer_list<capsule_key> keys) {
        return capsule_ring(std::vector<capsule_key>(keys));
    };
    const secret_bytes key(capsule_key_size, 1);
    BOOST_CHECK_THROW(made({}), std::invalid_argument);
    BOOST_CHECK_THROW(made({{1, key}, {1, key}}), std::invalid_argument);
    BOOST_CHECK_THROW(made({{1, secret_bytes(31, 1)}}), std::invalid_argument);
    BOOST_CHECK_NO_THROW(made({{1, key}, {0, key}}));
}

BOOST_AUTO_TEST_SUITE_END()
