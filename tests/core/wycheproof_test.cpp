// Other people's vectors (C2SP/wycheproof): every invalid one is refused, every valid one of what is supported is
// taken.
#include "core/hmac_sha256.hpp"
#include "core/jwt/access_token.hpp"
#include "core/jwt/client_assertion.hpp"
#include "core/jwt/client_keys.hpp"
#include "core/jwt/compact_jws.hpp"
#include "core/jwt/id_token.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/machine_token.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <set>

using namespace pawl;
using namespace pawl::test;
namespace json = boost::json;

namespace {

struct tally {
    unsigned valid = 0, invalid = 0, unsupported = 0, stricter = 0, contradictory = 0;

    void print(const char* name) const {
        std::cout << "RAN " << valid + invalid + unsupported + stricter + contradictory << " vectors of " << name
                  << ": " << valid << " valid taken, " << invalid << " invalid refused, " << unsupported
                  << " valid of what is not supported refused, " << stricter << " valid refused on purpose, "
                  << contradictory << " invalid taken, being the bytes of a valid one\n";
    }
};

constexpr std::array all_algorithms{jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256,
                                    jws_algorithm::hs256, jws_algorithm::ps256};

using key_set = std::vector<std::shared_ptr<const jws_key>>;

// The public half where there is one. As the ring does: every key of an algorithm it knows and has a use for, or none
// at all where they don't go together or one is unfit.
key_set keys_of(const json::value& group) {
    const json::value* chosen = group.as_object().if_contains("public");
    if (chosen == nullptr || chosen->is_null()) {
        chosen = &group.at("private");
    }
    json::array jwks;
    if (const json::value* list = chosen->as_object().if_contains("keys")) {
        jwks = list->as_array();
    } else {
        jwks.push_back(*chosen);
    }
    key_set keys;
    for (const json::value& jwk : jwks) {
        const std::size_t before = keys.size();
        for (const jws_algorithm candidate : all_algorithms) {
            // A key that does not say its algorithm is tried as each that a key of the server may be for.
            const bool is_unsaid = text(jwk, "alg").empty() && candidate != jws_algorithm::ps256;
            if (is_unsaid || text(jwk, "alg") == to_text(candidate)) {
                if (made_key made = jws_key_from_jwk(json::serialize(jwk), candidate); made.key != nullptr) {
                    keys.push_back(std::move(made.key));
                }
            }
        }
        if (keys.size() == before) {
            return {};
        }
    }
    return key_set_problem(keys).empty() ? keys : key_set();
}

bool is_supported(std::string_view token) {
    const auto header = base64url_decode(token.substr(0, token.find('.')));
    if (!header) {
        return true;
    }
    const std::string header_text(header->begin(), header->end());
    const json::value parsed = json::parse(header_text);
    return std::ranges::any_of(all_algorithms,
                               [&](jws_algorithm known) { return to_text(known) == text(parsed, "alg"); });
}

// Whether the file also calls the same bytes valid (367 and 370 of the signatures have lost their padding).
bool is_also_valid(const json::value& group, std::string_view token) {
    const json::array& tests = group.at("tests").as_array();
    return std::any_of(tests.begin(), tests.end(), [token](const json::value& other) {
        return !token.empty() && text(other, "result") == "valid" && text(other, "jws") == token;
    });
}

// `stricter`: valid ones that are refused here, each for a reason the caller states.
tally run_jws(const json::value& file, const std::set<std::int64_t>& stricter) {
    tally counts;
    for (const json::value& group : file.at("testGroups").as_array()) {
        const key_set keys = keys_of(group);
        for (const json::value& vector : group.at("tests").as_array()) {
            const std::int64_t id = vector.at("tcId").as_int64();
            const bool is_jwe = vector.as_object().contains("jwe");
            const std::string_view token = text(vector, is_jwe ? "jwe" : "jws");
            const bool taken = verify_compact_jws(keys, token);
            BOOST_TEST_CONTEXT("tcId " << id << " " << text(vector, "comment")) {
                if (text(vector, "result") != "valid" && is_also_valid(group, token)) {
                    BOOST_TEST(taken);
                    ++counts.contradictory;
                } else if (text(vector, "result") != "valid") {
                    BOOST_TEST(!taken);
                    ++counts.invalid;
                } else if (is_jwe || !is_supported(token)) {
                    BOOST_TEST(!taken);
                    ++counts.unsupported;
                } else if (stricter.contains(id)) {
                    BOOST_TEST(!taken);
                    ++counts.stricter;
                } else {
                    BOOST_TEST(taken);
                    ++counts.valid;
                }
            }
        }
    }
    return counts;
}

// Every token of a file, whatever it is, is no access token of a user or a client, and no hint of an ID token.
void run_as_access_tokens(const json::value& file) {
    for (const json::value& group : file.at("testGroups").as_array()) {
        key_ring ring;
        ring.verifying_keys = keys_of(group);
        for (const json::value& vector : group.at("tests").as_array()) {
            access_claims claims;
            const std::string_view token = text(vector, vector.as_object().contains("jwe") ? "jwe" : "jws");
            BOOST_TEST(
                (check_access_token(ring, token, {"", "", {}, seconds(600)}, claims) != access_token_check::good));
            machine_claims machine;
            BOOST_TEST((check_machine_token(ring, token, {}, machine) != access_token_check::good));
            BOOST_TEST(!read_id_token_hint(ring, token, ""));
        }
    }
}

// The same keys as a client would register them. None where the set is refused: private and symmetric keys are.
key_set registered_keys_of(const json::value& group) {
    const json::value* chosen = group.as_object().if_contains("public");
    if (chosen == nullptr || !chosen->is_object()) {
        return {};
    }
    if (chosen->as_object().contains("keys")) {
        return read_client_keys(json::serialize(*chosen)).keys;
    }
    return read_client_keys(json::serialize(json::object{{"keys", json::array{*chosen}}})).keys;
}

// Whether an assertion's signature was taken, by how far it came: payload and claims are looked at last, and none of
// these is ours.
bool is_taken_for_an_assertion(const key_set& keys, std::string_view token) {
    assertion_claims claims;
    const assertion_check found = check_client_assertion(
        keys, token, {"shop", "https://issuer.example", "https://issuer.example/token", timestamp{}, {}}, claims);
    BOOST_TEST((found != assertion_check::good));
    const std::optional<compact_parts> parts = split_compact(token);
    json_part header;
    return parts && header.read(parts->header) && found != assertion_check::forbidden_header &&
           found != assertion_check::wrong_type && found != assertion_check::unknown_key &&
           found != assertion_check::bad_signature;
}

// What clients sign is held to the same vectors, with the keys as they are registered. How many were taken.
unsigned run_as_assertions(const json::value& file, const char* name) {
    unsigned taken = 0, refused = 0, unregistered = 0;
    for (const json::value& group : file.at("testGroups").as_array()) {
        const key_set keys = registered_keys_of(group);
        for (const json::value& vector : group.at("tests").as_array()) {
            const std::string_view token = text(vector, vector.as_object().contains("jwe") ? "jwe" : "jws");
            const bool is_taken = is_taken_for_an_assertion(keys, token);
            const bool is_valid = text(vector, "result") == "valid" || is_also_valid(group, token);
            BOOST_TEST_CONTEXT("tcId " << vector.at("tcId") << " " << text(vector, "comment")) {
                BOOST_TEST((!is_taken || (is_valid && !keys.empty())));
            }
            ++(is_taken ? taken : keys.empty() ? unregistered : refused);
        }
    }
    std::cout << "RAN " << taken + refused + unregistered << " vectors of " << name
              << " as assertions of clients: " << taken << " signatures taken, " << refused << " refused, "
              << unregistered << " of keys that no client may have\n";
    return taken;
}

} // namespace

BOOST_AUTO_TEST_SUITE(wycheproof_vectors)

BOOST_AUTO_TEST_CASE(json_web_signatures) {
    if (const auto file = wycheproof("json_web_signature_test", 401)) {
        // 372 and 373 hold a '?' within the base64url of a right token: RFC 7515 2 knows no such character.
        const tally counts = run_jws(*file, {372, 373});
        counts.print("json_web_signature_test");
        BOOST_TEST(counts.valid == 24U);
        BOOST_TEST(counts.contradictory == 2U);
        run_as_access_tokens(*file);
        BOOST_TEST(run_as_assertions(*file, "json_web_signature_test") == 16U); // HS256 is for no client
    }
}

BOOST_AUTO_TEST_CASE(json_web_keys) {
    if (const auto file = wycheproof("json_web_key_test", 26)) {
        run_jws(*file, {}).print("json_web_key_test");
        run_as_assertions(*file, "json_web_key_test");
    }
}

BOOST_AUTO_TEST_CASE(json_web_crypto) {
    if (const auto file = wycheproof("json_web_crypto_test", 83)) {
        run_jws(*file, {}).print("json_web_crypto_test");
        run_as_access_tokens(*file);
        run_as_assertions(*file, "json_web_crypto_test");
    }
}

BOOST_AUTO_TEST_CASE(json_web_encryption_is_refused) {
    if (const auto file = wycheproof("json_web_encryption_test", 139)) {
        run_jws(*file, {}).print("json_web_encryption_test");
        run_as_access_tokens(*file);
    }
}

BOOST_AUTO_TEST_CASE(ecdsa_p256_sha256_p1363) {
    const auto file = wycheproof("ecdsa_secp256r1_sha256_p1363_test", 262);
    if (!file) {
        return;
    }
    tally counts;
    for (const json::value& group : file->at("testGroups").as_array()) {
        const std::vector<std::uint8_t> point = from_hex(text(group.at("publicKey"), "uncompressed"));
        BOOST_TEST_REQUIRE(point.size() == 65U);
        const made_key made = make_es256_key("k", std::span(point).subspan(1, 32), std::span(point).subspan(33), {});
        BOOST_TEST_REQUIRE((made.key != nullptr), made.error);
        for (const json::value& vector : group.at("tests").as_array()) {
            const auto message = from_hex(text(vector, "msg")), signature = from_hex(text(vector, "sig"));
            const bool valid = text(vector, "result") == "valid";
            BOOST_TEST_CONTEXT("tcId " << vector.at("tcId") << " " << text(vector, "comment")) {
                BOOST_TEST(made.key->verify({reinterpret_cast<const char*>(message.data()), message.size()},
                                            signature) == valid);
            }
            ++(valid ? counts.valid : counts.invalid);
        }
    }
    counts.print("ecdsa_secp256r1_sha256_p1363_test");
}

BOOST_AUTO_TEST_CASE(ed25519) {
    const auto file = wycheproof("ed25519_test", 151);
    if (!file) {
        return;
    }
    tally counts;
    for (const json::value& group : file->at("testGroups").as_array()) {
        const made_key made = make_eddsa_key("k", from_hex(text(group.at("publicKey"), "pk")), {});
        for (const json::value& vector : group.at("tests").as_array()) {
            const auto message = from_hex(text(vector, "msg")), signature = from_hex(text(vector, "sig"));
            const bool valid = text(vector, "result") == "valid";
            BOOST_TEST_CONTEXT("tcId " << vector.at("tcId") << " " << text(vector, "comment")) {
                BOOST_TEST_REQUIRE((made.key != nullptr), made.error);
                BOOST_TEST(made.key->verify({reinterpret_cast<const char*>(message.data()), message.size()},
                                            signature) == valid);
            }
            ++(valid ? counts.valid : counts.invalid);
        }
    }
    counts.print("ed25519_test");
}

BOOST_AUTO_TEST_CASE(hmac_with_sha256) {
    const auto file = wycheproof("hmac_sha256_test", 174);
    if (!file) {
        return;
    }
    tally counts;
    for (const json::value& group : file->at("testGroups").as_array()) {
        const std::size_t tag_size = static_cast<std::size_t>(group.at("tagSize").as_int64() / 8);
        for (const json::value& vector : group.at("tests").as_array()) {
            const auto key = from_hex(text(vector, "key")), message = from_hex(text(vector, "msg")),
                       tag = from_hex(text(vector, "tag"));
            const bool valid = text(vector, "result") == "valid";
            const hmac_sha256 mac(key);
            const sha256_digest whole = mac.compute(message);
            BOOST_TEST_CONTEXT("tcId " << vector.at("tcId") << " " << text(vector, "comment")) {
                BOOST_TEST(std::equal(tag.begin(), tag.end(), whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(tag_size)) == valid);
                BOOST_TEST(mac.verify(message, tag) == (valid && tag_size == sha256_size)); // never a truncated one
            }
            ++(valid ? counts.valid : counts.invalid);
        }
    }
    counts.print("hmac_sha256_test");
}

BOOST_AUTO_TEST_SUITE_END()
