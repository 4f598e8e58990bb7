// Access tokens of clients: what is minted, and what is refused. Headers are those of users' tokens
// (access_token_test.cpp): one function reads both.
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/machine_token.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

using namespace pawl;

namespace pawl {
inline std::ostream& boost_test_print_type(std::ostream& out, access_token_check c) {
    return out << to_text(c);
}
} // namespace pawl

namespace {

constexpr timestamp issued{seconds(1'790'000'000)};
constexpr std::string_view issuer = "http://127.0.0.1:8080";
constexpr std::string_view good_payload =
    R"({"iss":"http://127.0.0.1:8080","sub":"client:billing","aud":"api","exp":1790000600,"iat":1790000000,)"
    R"("jti":"AAECAwQFBgcICQoLDA0ODw","client_id":"billing","scope":"orders:read free",)"
    R"("client_epoch":"0123456789abcdef"})";

key_ring_ptr ring_of(jws_algorithm algorithm) {
    test::seeded_random random(11);
    static const secret_string secret("0123456789abcdef0123456789abcdef");
    const std::string text = make_key_file(algorithm, random, issued);
    const parsed_key_file parsed = parse_key_file(text, {algorithm, &secret});
    BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
    return parsed.ring;
}

const key_ring& ring() {
    static const key_ring_ptr made = ring_of(jws_algorithm::es256);
    return *made;
}

machine_claims some_claims() {
    machine_claims claims;
    claims.issuer = issuer;
    claims.client_id = "billing";
    claims.audiences = {"api"};
    claims.scope = "orders:read free";
    claims.issued_at = claims.not_before = issued;
    claims.expires_at = issued + seconds(600);
    for (std::size_t i = 0; i < claims.jwt_id.size(); ++i) {
        claims.jwt_id[i] = static_cast<std::uint8_t>(i);
    }
    claims.stamp = 0x0123456789abcdefU;
    return claims;
}

machine_token_expectations expectations(timestamp now = issued + seconds(1)) {
    return {issuer, now, seconds(600), seconds(0)};
}

access_token_check check(std::string_view token, timestamp now = issued + seconds(1)) {
    machine_claims claims;
    return check_machine_token(ring(), token, expectations(now), claims);
}

std::string mint(std::string_view payload) {
    return mint_machine_token(*ring().signing_key, payload);
}

std::string with(std::string_view from, std::string_view to) {
    std::string payload(good_payload);
    const std::size_t at = payload.find(from);
    BOOST_REQUIRE(at != std::string::npos);
    return payload.replace(at, from.size(), to);
}

} // namespace

BOOST_AUTO_TEST_SUITE(machine_token)

BOOST_AUTO_TEST_CASE(what_is_minted_is_good_and_says_the_same) {
    for (const std::vector<std::string>& audiences :
         {std::vector<std::string>{"api"}, std::vector<std::string>{"api", "https://b.example"}}) {
        machine_claims claims = some_claims(), read;
        claims.audiences = audiences;
        const std::string token = mint(machine_claims_json(claims));
        BOOST_TEST(check_machine_token(ring(), token, expectations(), read) == access_token_check::good);
        BOOST_TEST((read == claims));
        BOOST_TEST(check(token, issued + seconds(600)) == access_token_check::expired);
        BOOST_TEST(!names_session(token));
    }
}

BOOST_AUTO_TEST_CASE(the_claims_are_those_of_rfc_9068_and_the_epoch) {
    BOOST_TEST(machine_claims_json(some_claims()) == good_payload);
    machine_claims claims = some_claims();
    claims.scope.clear();
    BOOST_TEST(machine_claims_json(claims).find("scope") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(claims_that_are_wrong_are_refused) {
    const struct {
        std::string_view from, to;
        access_token_check as;
    } cases[] = {
        {R"("iss":"http://127.0.0.1:8080")", R"("iss":"http://127.0.0.1:8081")", access_token_check::wrong_issuer},
        {R"("iss":"http://127.0.0.1:8080")", R"("iss":7)", access_token_check::bad_claims},
        {R"("sub":"client:billing")", R"("sub":"billing")", access_token_check::bad_claims},
        {R"("sub":"client:billing")", R"("sub":"client:other")", access_token_check::bad_claims},
        {R"("sub":"client:billing")", R"("sub":"42")", access_token_check::bad_claims},
        {R"("client_id":"billing")", R"("client_id":"")", access_token_check::bad_claims},
        {R"("client_id":"billing",)", "", access_token_check::bad_claims},
        {R"("aud":"api",)", "", access_token_check::bad_claims},
        {R"("aud":"api")", R"("aud":"")", access_token_check::bad_claims},
        {R"("aud":"api")", R"("aud":[])", access_token_check::bad_claims},
        {R"("aud":"api")", R"("aud":["api",7])", access_token_check::bad_claims},
        {R"("aud":"api")", R"("aud":["api","api"])", access_token_check::bad_claims},
        {R"("aud":"api")", R"("aud":{"api":1})", access_token_check::bad_claims},
        {R"("exp":1790000600)", R"("exp":"1790000600")", access_token_check::bad_claims},
        {R"("exp":1790000600)", R"("exp":1790000601)", access_token_check::bad_claims}, // longer than any
        {R"("exp":1790000600)", R"("exp":1790000000)", access_token_check::bad_claims},
        {R"("exp":1790000600,)", "", access_token_check::bad_claims},
        {R"("iat":1790000000,)", "", access_token_check::bad_claims},
        {R"("iat":1790000000)", R"("iat":1790000002)", access_token_check::issued_in_future},
        {R"("jti":"AAECAwQFBgcICQoLDA0ODw")", R"("jti":"AAECAwQFBgcICQoLDA0ODx")", access_token_check::bad_claims},
        {R"("jti":"AAECAwQFBgcICQoLDA0ODw")", R"("jti":"x")", access_token_check::bad_claims},
        {R"("scope":"orders:read free")", R"("scope":["orders:read"])", access_token_check::bad_claims},
        {R"("client_epoch":"0123456789abcdef")", R"("client_epoch":"0123456789ABCDEF")",
         access_token_check::bad_claims},
        {R"("client_epoch":"0123456789abcdef")", R"("client_epoch":"0123456789abcde")", access_token_check::bad_claims},
        {R"(,"client_epoch":"0123456789abcdef")", "", access_token_check::bad_claims},
        {R"("iat")", R"("nbf":"x","iat")", access_token_check::bad_claims},
        {R"("iat")", R"("nbf":1790000002,"iat")", access_token_check::issued_in_future},
        {R"("iat")", R"("iss":"http://127.0.0.1:8080","iat")", access_token_check::malformed}, // twice
    };
    BOOST_TEST(check(mint(good_payload)) == access_token_check::good);
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.to << " instead of " << one.from) {
            BOOST_TEST(check(mint(with(one.from, one.to))) == one.as);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_with_a_session_is_no_token_of_a_client) {
    const std::string with_sid =
        mint(with(R"("scope")", R"("sid":"ab000000000000000000000000000000","gen":7,"scope")"));
    BOOST_TEST(names_session(with_sid));
    BOOST_TEST(check(with_sid) == access_token_check::bad_claims);
    BOOST_TEST(check(mint(with(R"("scope")", R"("gen":7,"scope")"))) == access_token_check::bad_claims);
}

BOOST_AUTO_TEST_CASE(a_token_without_a_session_is_no_token_of_a_user) {
    access_claims claims;
    const access_token_expectations expected{issuer, "api", issued + seconds(1), seconds(600), seconds(0)};
    BOOST_TEST(check_access_token(ring(), mint(good_payload), expected, claims) == access_token_check::bad_claims);
}

BOOST_AUTO_TEST_CASE(a_plain_jwt_is_no_access_token_of_a_client) {
    const std::string header =
        base64url_encode(R"({"alg":"ES256","typ":"JWT","kid":")" + ring().signing_key->kid() + R"("})");
    std::string token = header + "." + base64url_encode(good_payload);
    token += "." + base64url_encode(ring().signing_key->sign(token));
    BOOST_TEST(check(token) == access_token_check::wrong_type);
}

BOOST_AUTO_TEST_CASE(no_signature_and_a_signature_with_the_public_key_are_refused) {
    const std::string kid = ring().signing_key->kid();
    const std::string none = base64url_encode(R"({"alg":"none","typ":"at+jwt","kid":")" + kid + R"("})") + "." +
                             base64url_encode(good_payload) + ".";
    BOOST_TEST(check(none) == access_token_check::wrong_algorithm);
    // RFC 8725: HS256 with the text of the public key as the secret.
    const std::string public_key = ring().signing_key->public_jwk();
    const auto forger =
        make_hs256_key(kid, {reinterpret_cast<const std::uint8_t*>(public_key.data()), public_key.size()});
    BOOST_REQUIRE(forger.key != nullptr);
    BOOST_TEST(check(mint_machine_token(*forger.key, good_payload)) == access_token_check::wrong_algorithm);
    BOOST_TEST(check(mint_machine_token(*ring_of(jws_algorithm::eddsa)->signing_key, good_payload)) ==
               access_token_check::unknown_key);
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_noticed) {
    const std::string token = mint(good_payload);
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        machine_claims claims;
        BOOST_TEST(check_machine_token(ring(), changed, expectations(), claims) != access_token_check::good);
        BOOST_TEST((claims == machine_claims{}));
    }
}

BOOST_AUTO_TEST_CASE(a_proven_signature_is_not_checked_again_and_all_else_is) {
    std::string token = mint(good_payload);
    const std::size_t signature = token.rfind('.') + 1;
    token[signature] = token[signature] == 'A' ? 'B' : 'A'; // as if it had been proven
    machine_claims claims;
    const auto check_proven = [&](std::string_view text, timestamp now) {
        return check_machine_token(ring(), text, expectations(now), claims, signature_state::proven);
    };
    BOOST_TEST(check_proven(token, issued + seconds(1)) == access_token_check::good);
    BOOST_TEST(check_proven(token, issued + seconds(600)) == access_token_check::expired);
    BOOST_TEST(check_proven(mint(with(R"("api")", R"("")")), issued) == access_token_check::bad_claims);
}

BOOST_AUTO_TEST_SUITE_END()
