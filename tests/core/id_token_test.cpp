// ID tokens: what they say, and which are taken back as hints.
#include "core/family/family.hpp"
#include "core/jwt/access_token.hpp"
#include "core/jwt/id_token.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/key_rotation.hpp"
#include "core/jwt/machine_token.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <sodium.h>
#include <string>
#include <string_view>
#include <vector>

using namespace pawl;

namespace {

constexpr timestamp start{seconds(1'790'000'000)};
constexpr std::string_view issuer = "https://issuer.example";

std::string key_file(jws_algorithm algorithm) {
    test::seeded_random random(5);
    return make_key_file(algorithm, random, start);
}

key_ring_ptr parse(std::string_view text, jws_algorithm algorithm = jws_algorithm::eddsa) {
    static const secret_string secret("0123456789abcdef0123456789abcdef");
    const parsed_key_file parsed = parse_key_file(text, {algorithm, &secret});
    BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
    return parsed.ring;
}

const key_ring& ring() {
    static const key_ring_ptr made = parse(key_file(jws_algorithm::eddsa));
    return *made;
}

std::string with_signature(const jws_key& key, std::string input) {
    const signature_bytes signature = key.sign(input);
    return input.append(".").append(base64url_encode(signature));
}

id_token_claims some_claims() {
    id_token_claims c;
    c.issuer = issuer;
    c.client_id = "shop";
    c.subject = user_id{42};
    c.issued_at = start;
    c.expires_at = start + seconds(600);
    c.auth_time = start - seconds(60);
    c.nonce = "n-1";
    c.acr = "urn:pawl:acr:1";
    c.amr = amr_password;
    c.session = "a-name";
    c.access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    c.members = R"(,"email":"a@example.org")";
    return c;
}

std::string token_of(const jws_key& key, const id_token_claims& claims) {
    return with_signature(key, id_token_signing_input(key, claims));
}

boost::json::object part_of(std::string_view token, int part) {
    for (; part > 0; --part) {
        token.remove_prefix(token.find('.') + 1);
    }
    const auto bytes = base64url_decode(token.substr(0, token.find('.')));
    return boost::json::parse(std::string(bytes->begin(), bytes->end())).as_object();
}

// A token of the ring's key with this header and payload.
std::string made_token(std::string_view header, std::string_view payload) {
    return with_signature(*ring().signing_key, base64url_encode(header) + "." + base64url_encode(payload));
}

std::string header_with(std::string_view type, std::string_view more = {}) {
    std::string header = R"({"alg":"EdDSA",)" + std::string(type) + R"("kid":")" + ring().signing_key->kid() + "\"";
    return header.append(more).append("}");
}

bool is_hint(const key_ring& keys, std::string_view token) {
    return read_id_token_hint(keys, token, issuer).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(id_tokens)

BOOST_AUTO_TEST_CASE(an_id_token_says_who_signed_in_for_whom_and_when) {
    const std::string token = token_of(*ring().signing_key, some_claims());
    const auto header = part_of(token, 0), told = part_of(token, 1);
    BOOST_TEST(boost::json::serialize(header) ==
               R"({"alg":"EdDSA","typ":"JWT","kid":")" + ring().signing_key->kid() + "\"}");
    BOOST_TEST(told.at("iss").as_string() == issuer);
    BOOST_TEST(told.at("sub").as_string() == "42");
    BOOST_TEST(told.at("aud").as_string() == "shop");
    BOOST_TEST(told.at("azp").as_string() == "shop");
    BOOST_TEST(told.at("iat").as_int64() == 1'790'000'000);
    BOOST_TEST(told.at("exp").as_int64() == 1'790'000'600);
    BOOST_TEST(told.at("auth_time").as_int64() == 1'789'999'940);
    BOOST_TEST(told.at("nonce").as_string() == "n-1");
    BOOST_TEST(told.at("acr").as_string() == "urn:pawl:acr:1");
    BOOST_TEST(boost::json::serialize(told.at("amr")) == R"(["pwd"])");
    BOOST_TEST(told.at("sid").as_string() == "a-name");
    BOOST_TEST(told.at("email").as_string() == "a@example.org");
    BOOST_TEST(!told.contains("gen")); // an access token has it, and is refused without
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_not_told) {
    id_token_claims bare = some_claims();
    bare.auth_time = timestamp{};
    bare.nonce = bare.acr = bare.session = bare.access_token = bare.members = {};
    bare.amr = 0;
    const auto told = part_of(token_of(*ring().signing_key, bare), 1);
    std::vector<std::string> names;
    for (const auto& member : told) {
        names.emplace_back(member.key());
    }
    BOOST_TEST((names == std::vector<std::string>{"iss", "sub", "aud", "azp", "exp", "iat"}));
}

BOOST_AUTO_TEST_CASE(texts_of_clients_are_escaped) {
    id_token_claims claims = some_claims();
    claims.nonce = "a\"b\\c\n\xC3\xBC";
    claims.client_id = "s\"hop";
    const auto told = part_of(token_of(*ring().signing_key, claims), 1);
    BOOST_TEST(told.at("nonce").as_string() == claims.nonce);
    BOOST_TEST(told.at("aud").as_string() == claims.client_id);
}

// The half of the hash that the algorithm of the header uses.
BOOST_AUTO_TEST_CASE(at_hash_is_of_the_algorithm_that_signs) {
    const id_token_claims claims = some_claims();
    const auto* const bytes = reinterpret_cast<const unsigned char*>(claims.access_token.data());
    std::vector<std::uint8_t> sha256(32), sha512(64);
    crypto_hash_sha256(sha256.data(), bytes, claims.access_token.size());
    crypto_hash_sha512(sha512.data(), bytes, claims.access_token.size());
    const struct {
        jws_algorithm algorithm;
        std::string half;
    } rows[] = {
        {jws_algorithm::rs256, base64url_encode(std::span(sha256).first(16))},
        {jws_algorithm::es256, base64url_encode(std::span(sha256).first(16))},
        {jws_algorithm::eddsa, base64url_encode(std::span(sha512).first(32))},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(to_text(row.algorithm)) {
            const key_ring_ptr keys = parse(key_file(row.algorithm), row.algorithm);
            const std::string token = token_of(*keys->signing_key, claims);
            BOOST_TEST(part_of(token, 0).at("alg").as_string() == to_text(row.algorithm));
            BOOST_TEST(part_of(token, 1).at("at_hash").as_string() == row.half);
            BOOST_TEST(is_hint(*keys, token));
        }
    }
    // A value that others publish: OIDC Core A.3 has this access token and its at_hash under RS256.
    BOOST_TEST(rows[0].half == "77QmUPtjPfzWtF2AnpK9RQ");
}

BOOST_AUTO_TEST_CASE(a_session_has_one_name_a_client_which_no_other_key_gives) {
    family_id one, two;
    two.bytes[15] = 1;
    const std::string name = session_name(ring(), one, client_number{16});
    BOOST_TEST(name.size() == 22U); // 128 bits
    BOOST_TEST(session_name(ring(), one, client_number{16}) == name);
    BOOST_TEST(session_name(ring(), two, client_number{16}) != name);
    BOOST_TEST(session_name(ring(), one, client_number{17}) != name);
    test::seeded_random other(6);
    BOOST_TEST(session_name(*parse(make_key_file(jws_algorithm::eddsa, other, start)), one, client_number{16}) != name);
    // A rotated capsule key changes no name.
    const std::string rotated = rotate_capsule_key(key_file(jws_algorithm::eddsa), other, start).text;
    BOOST_TEST(session_name(*parse(rotated), one, client_number{16}) == name);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(id_token_hints)

BOOST_AUTO_TEST_CASE(a_hint_says_whose_it_is_however_old) {
    id_token_claims claims = some_claims();
    claims.expires_at = claims.issued_at = timestamp(seconds(1)); // long ago
    const auto hint = read_id_token_hint(ring(), token_of(*ring().signing_key, claims), issuer);
    BOOST_REQUIRE(hint);
    BOOST_TEST((hint->subject == user_id{42}));
    BOOST_TEST(hint->client_id == "shop"); // whether that one asks is for the caller to say
    BOOST_TEST(hint->session == "a-name");
    claims.session = {};
    BOOST_TEST(read_id_token_hint(ring(), token_of(*ring().signing_key, claims), issuer)->session.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_no_longer_signs_is_fine_until_it_is_retired) {
    test::seeded_random random(9);
    const std::string before = key_file(jws_algorithm::eddsa);
    const std::string token = token_of(*ring().signing_key, some_claims());
    const std::string after =
        rotate_signing_key(before, jws_algorithm::eddsa, random, start + seconds(1), key_start::at_once).text;
    BOOST_TEST(parse(after)->signing_key->kid() != ring().signing_key->kid());
    BOOST_TEST(is_hint(*parse(after), token));
    const std::string without = retire_signing_key(after, ring().signing_key->kid(), start + seconds(1)).text;
    BOOST_TEST(!is_hint(*parse(without), token));
}

BOOST_AUTO_TEST_CASE(a_key_of_id_tokens_alone_is_as_good_as_that_of_access_tokens) {
    test::seeded_random random(9);
    const std::string both =
        add_signing_algorithm(key_file(jws_algorithm::eddsa), jws_algorithm::es256, random, start).text;
    const key_ring_ptr keys = parse(both);
    BOOST_TEST(is_hint(*keys, token_of(*keys->signer_of(jws_algorithm::es256, start), some_claims())));
    BOOST_TEST(!is_hint(ring(), token_of(*keys->signer_of(jws_algorithm::es256, start), some_claims())));
}

BOOST_AUTO_TEST_CASE(under_hs256_there_are_no_hints) {
    const key_ring_ptr keys = parse(key_file(jws_algorithm::hs256), jws_algorithm::hs256);
    BOOST_TEST(!is_hint(*keys, token_of(*keys->signing_key, some_claims()))); // any service with SECRET_KEY makes one
    BOOST_TEST(!is_hint(*keys, token_of(*ring().signing_key, some_claims())));
}

BOOST_AUTO_TEST_CASE(what_is_not_exactly_an_id_token_of_ours_is_no_hint) {
    constexpr std::string_view payload = R"({"iss":"https://issuer.example","sub":"42","aud":"shop"})";
    const std::string header = header_with(R"("typ":"JWT",)");
    const std::string good = made_token(header, payload);
    BOOST_TEST_REQUIRE(is_hint(ring(), good));
    BOOST_TEST(is_hint(ring(), made_token(header_with(""), payload))); // without typ
    std::string bent = good;
    bent[bent.size() - 5] = bent[bent.size() - 5] == 'A' ? 'B' : 'A';
    const struct {
        const char* what;
        std::string token;
    } rows[] = {
        {"nothing", ""},
        {"no token", "a.b.c"},
        {"a part too few", good.substr(0, good.rfind('.'))},
        {"a part too many", good + ".x"},
        {"no signature", good.substr(0, good.rfind('.') + 1)},
        {"another signature", bent},
        {"typ of an access token", made_token(header_with(R"("typ":"at+jwt",)"), payload)},
        {"typ of a logout token", made_token(header_with(R"("typ":"logout+jwt",)"), payload)},
        {"crit", made_token(header_with(R"("typ":"JWT",)", R"(,"crit":["b64"])"), payload)},
        {"jwk", made_token(header_with(R"("typ":"JWT",)", R"(,"jwk":{})"), payload)},
        {"no kid", made_token(R"({"alg":"EdDSA","typ":"JWT"})", payload)},
        {"an unknown kid", made_token(R"({"alg":"EdDSA","typ":"JWT","kid":"x"})", payload)},
        {"alg of another key",
         made_token(R"({"alg":"RS256","typ":"JWT","kid":")" + ring().signing_key->kid() + "\"}", payload)},
        {"alg none", made_token(R"({"alg":"none","typ":"JWT","kid":")" + ring().signing_key->kid() + "\"}", payload)},
        {"another issuer", made_token(header, R"({"iss":"https://other.example","sub":"42","aud":"shop"})")},
        {"an issuer that begins as ours",
         made_token(header, R"({"iss":"https://issuer.example/t/a","sub":"42","aud":"shop"})")},
        {"no issuer", made_token(header, R"({"sub":"42","aud":"shop"})")},
        {"no audience", made_token(header, R"({"iss":"https://issuer.example","sub":"42"})")},
        {"a list of audiences", made_token(header, R"({"iss":"https://issuer.example","sub":"42","aud":["shop"]})")},
        {"no subject", made_token(header, R"({"iss":"https://issuer.example","aud":"shop"})")},
        {"subject 0", made_token(header, R"({"iss":"https://issuer.example","sub":"0","aud":"shop"})")},
        {"a name", made_token(header, R"({"iss":"https://issuer.example","sub":"ada","aud":"shop"})")},
        {"a number and more", made_token(header, R"({"iss":"https://issuer.example","sub":"42 ","aud":"shop"})")},
        {"a negative number", made_token(header, R"({"iss":"https://issuer.example","sub":"-42","aud":"shop"})")},
        {"a number that is none", made_token(header, R"({"iss":"https://issuer.example","sub":42,"aud":"shop"})")},
        {"too large a number",
         made_token(header, R"({"iss":"https://issuer.example","sub":"18446744073709551616","aud":"shop"})")},
        {"a generation, as access tokens have",
         made_token(header, R"({"iss":"https://issuer.example","sub":"42","aud":"shop","gen":1})")},
        {"a client, as access tokens have",
         made_token(header, R"({"iss":"https://issuer.example","sub":"42","aud":"shop","client_id":"shop"})")},
        {"no JSON", made_token(header, "{")},
        {"a list", made_token(header, "[]")},
        {"a member twice",
         made_token(header, R"({"iss":"https://issuer.example","sub":"42","sub":"43","aud":"shop"})")},
    };
    for (const auto& row : rows) {
        BOOST_TEST(!is_hint(ring(), row.token), row.what);
    }
    BOOST_TEST(!read_id_token_hint(ring(), good, "https://issuer.example/").has_value());
    BOOST_TEST(!read_id_token_hint(ring(), good, "").has_value());
}

BOOST_AUTO_TEST_CASE(an_access_token_of_the_plain_type_is_no_hint_and_a_hint_is_no_access_token) {
    access_claims claims;
    claims.issuer = issuer;
    claims.audience = "api";
    claims.subject = user_id{42};
    claims.issued_at = start;
    claims.expires_at = start + seconds(600);
    claims.jwt_id = "abc";
    claims.client_id = "pawl";
    claims.session.bytes[0] = 1;
    access_claims_view view{issuer, "api", claims.subject, start, claims.expires_at, "abc", "pawl", claims.session, 1};
    view.type = token_type::jwt;
    BOOST_TEST(!is_hint(ring(), mint_access_token(*ring().signing_key, view)));
    id_token_claims told = some_claims();
    told.client_id = "api";
    access_token_expectations expected{issuer, "api", start, seconds(600)};
    expected.takes_plain_type = true;
    access_claims read;
    const std::string id_token = token_of(*ring().signing_key, told);
    BOOST_TEST((check_access_token(ring(), id_token, expected, read) != access_token_check::good));
    machine_claims machine;
    BOOST_TEST(
        (check_machine_token(ring(), id_token, {issuer, start, seconds(600)}, machine) != access_token_check::good));
}

BOOST_AUTO_TEST_SUITE_END()
