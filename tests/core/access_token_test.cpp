#include "core/jwt/access_token.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

using namespace pawl;

namespace pawl {
inline std::ostream& boost_test_print_type(std::ostream& out, access_token_check c) {
    return out << to_text(c);
}
} // namespace pawl

namespace {

constexpr timestamp issued{seconds(1'790'000'000)};
constexpr std::string_view issuer = "http://127.0.0.1:8080", audience = "api";

key_ring_ptr ring_of(jws_algorithm algorithm) {
    test::seeded_random random(11);
    static const secret_string secret("0123456789abcdef0123456789abcdef");
    const std::string text = make_key_file(algorithm, random, issued);
    const parsed_key_file parsed = parse_key_file(text, {algorithm, &secret});
    BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
    return parsed.ring;
}

const key_ring& ring() {
    static const key_ring_ptr made = ring_of(jws_algorithm::hs256);
    return *made;
}

access_claims some_claims() {
    access_claims claims;
    claims.issuer = issuer;
    claims.audience = audience;
    claims.subject = {42};
    claims.issued_at = issued;
    claims.expires_at = issued + seconds(600);
    claims.jwt_id = "AAECAwQFBgcICQoLDA0ODw";
    claims.client_id = first_party_client_id;
    claims.session.bytes[0] = 0xAB;
    claims.generation = 7;
    return claims;
}

access_token_expectations expectations(timestamp now = issued + seconds(1)) {
    return {issuer, audience, now, seconds(600), seconds(0)};
}

access_token_check check(const key_ring& keys, std::string_view token, timestamp now = issued + seconds(1)) {
    access_claims claims;
    return check_access_token(keys, token, expectations(now), claims);
}

// A token of any header and payload, rightly signed.
std::string forged(const jws_key& key, std::string_view header, std::string_view payload) {
    std::string token = base64url_encode(header) + "." + base64url_encode(payload);
    const auto signature = key.sign(token);
    return token + "." + base64url_encode(signature);
}

constexpr std::string_view good_header = R"({"alg":"HS256","typ":"at+jwt","kid":"SECRET_KEY"})";
constexpr std::string_view good_payload =
    R"({"iss":"http://127.0.0.1:8080","sub":"42","aud":"api","exp":1790000600,"iat":1790000000,)"
    R"("jti":"AAECAwQFBgcICQoLDA0ODw","client_id":"pawl","sid":"ab000000000000000000000000000000","gen":7})";

// good_payload or good_header with one piece replaced.
std::string with(std::string_view text, std::string_view what, std::string_view by) {
    std::string changed(text);
    const std::size_t at = changed.find(what);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    return changed.replace(at, what.size(), by);
}

struct row {
    std::string_view what, by;
    access_token_check expected;
};

void check_rows(std::span<const row> rows, bool of_header) {
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(r.what << " -> " << r.by.substr(0, 80)) {
            const std::string header = of_header ? with(good_header, r.what, r.by) : std::string(good_header);
            const std::string payload = of_header ? std::string(good_payload) : with(good_payload, r.what, r.by);
            BOOST_TEST(check(ring(), forged(*ring().signing_key, header, payload)) == r.expected);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(access_tokens)

BOOST_AUTO_TEST_CASE(what_is_minted_is_good_and_says_the_same) {
    for (const jws_algorithm algorithm :
         {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256, jws_algorithm::hs256}) {
        BOOST_TEST_CONTEXT(to_text(algorithm)) {
            const key_ring_ptr keys = ring_of(algorithm);
            const access_claims claims = some_claims();
            const std::string token = mint_access_token(*keys->signing_key, claims);
            access_claims read;
            BOOST_TEST(check_access_token(*keys, token, expectations(), read) == access_token_check::good);
            BOOST_TEST(read.issuer == claims.issuer);
            BOOST_TEST(read.audience == claims.audience);
            BOOST_TEST(read.subject.value == 42U);
            BOOST_TEST((read.issued_at == claims.issued_at));
            BOOST_TEST((read.expires_at == claims.expires_at));
            BOOST_TEST(read.jwt_id == claims.jwt_id);
            BOOST_TEST(read.client_id == claims.client_id);
            BOOST_TEST((read.session == claims.session));
            BOOST_TEST(read.generation == 7U);
            BOOST_TEST(token.size() < 1024U);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_bytes_of_a_minted_token_are_fixed) {
    const std::string token = mint_access_token(*ring().signing_key, some_claims());
    BOOST_TEST(token == forged(*ring().signing_key, good_header, good_payload));
}

BOOST_AUTO_TEST_CASE(strings_of_claims_are_escaped) {
    access_claims claims = some_claims();
    claims.issuer = "http://h/\"\\\n\x01\xC3\xA4";
    const std::string token = mint_access_token(*ring().signing_key, claims);
    access_claims read;
    access_token_expectations expected = expectations();
    expected.issuer = claims.issuer;
    BOOST_TEST(check_access_token(ring(), token, expected, read) == access_token_check::good);
    BOOST_TEST(read.issuer == claims.issuer);
}

BOOST_AUTO_TEST_CASE(times_are_kept_to_the_second) {
    const std::string token = mint_access_token(*ring().signing_key, some_claims());
    BOOST_TEST(check(ring(), token, issued) == access_token_check::good);
    BOOST_TEST(check(ring(), token, issued + seconds(599)) == access_token_check::good);
    BOOST_TEST(check(ring(), token, issued + seconds(600)) == access_token_check::expired);
    BOOST_TEST(check(ring(), token, issued - seconds(1)) == access_token_check::issued_in_future);
    access_claims claims;
    access_token_expectations lenient = expectations(issued - seconds(1));
    lenient.leeway = seconds(1);
    BOOST_TEST(check_access_token(ring(), token, lenient, claims) == access_token_check::good);
    access_token_expectations late = expectations(issued + seconds(600));
    late.leeway = seconds(100); // for iat only
    BOOST_TEST(check_access_token(ring(), token, late, claims) == access_token_check::expired);
    BOOST_TEST(claims.subject.value == 42U);
}

BOOST_AUTO_TEST_CASE(claims_stay_untouched_where_the_token_is_not_genuine) {
    access_claims claims;
    claims.jwt_id = "before";
    const std::string token =
        forged(*ring().signing_key, good_header, with(good_payload, R"("aud":"api")", R"("aud":"b")"));
    BOOST_TEST(check_access_token(ring(), token, expectations(), claims) == access_token_check::wrong_audience);
    BOOST_TEST(claims.jwt_id == "before");
    BOOST_TEST(claims.subject.value == 0U);
}

BOOST_AUTO_TEST_CASE(headers_that_attack_are_refused) {
    using enum access_token_check;
    const std::string long_kid = R"("kid":")" + std::string(65536, 'k') + '"';
    const std::string kid_of_2k = R"("kid":")" + std::string(2000, 'k') + '"';
    const std::array rows = {
        row{R"("HS256")", R"("none")", wrong_algorithm},
        row{R"("HS256")", R"("None")", wrong_algorithm},
        row{R"("HS256")", R"("nOnE")", wrong_algorithm},
        row{R"("HS256")", R"("hs256")", wrong_algorithm},
        row{R"("HS256")", R"("ES256")", wrong_algorithm},
        row{R"("HS256")", R"("RS256")", wrong_algorithm},
        row{R"("HS256")", R"("HS256 ")", wrong_algorithm},
        row{R"("HS256")", R"("HS256\u0000")", wrong_algorithm},
        row{R"("HS256")", R"(["HS256"])", wrong_algorithm},
        row{R"("HS256")", "null", wrong_algorithm},
        row{R"("alg":"HS256",)", "", wrong_algorithm},
        row{R"("kid":"SECRET_KEY")", R"("kid":"../../../../dev/null")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":"' OR 1=1 --")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":"http://evil/jwks")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":"SECRET_KEY\u0000x")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":"secret_key")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":"")", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":1)", unknown_key},
        row{R"("kid":"SECRET_KEY")", R"("kid":null)", unknown_key},
        row{R"(,"kid":"SECRET_KEY")", "", unknown_key},
        row{R"("kid":"SECRET_KEY")", kid_of_2k, unknown_key},
        row{R"("kid":"SECRET_KEY")", long_kid, malformed},
        row{R"("at+jwt")", R"("AT+JWT")", good},
        row{R"("at+jwt")", R"("application/at+jwt")", good},
        row{R"("at+jwt")", R"("Application/At+Jwt")", good},
        row{R"("at+jwt")", R"("JWT")", wrong_type},
        row{R"("at+jwt")", R"("at+jwt;x=1")", wrong_type},
        row{R"("at+jwt")", R"("jwt+at")", wrong_type},
        row{R"("at+jwt")", R"("")", wrong_type},
        row{R"("typ":"at+jwt",)", "", wrong_type},
        row{R"("at+jwt")", "7", wrong_type},
        row{"{", R"({"crit":["exp"],)", forbidden_header},
        row{"{", R"({"crit":[],)", forbidden_header},
        row{"{", R"({"crit":null,)", forbidden_header},
        row{"{", R"({"b64":false,)", forbidden_header},
        row{"{", R"({"b64":true,)", forbidden_header},
        row{"{", R"({"b64":false,"crit":["b64"],)", forbidden_header},
        row{"{", R"({"jku":"https://evil/jwks",)", forbidden_header},
        row{"{", R"({"jwk":{"kty":"oct","k":"AAAA"},)", forbidden_header},
        row{"{", R"({"x5u":"https://evil",)", forbidden_header},
        row{"{", R"({"x5c":["MIIB"],)", forbidden_header},
        row{"{", R"({"x5t":"AAAA",)", forbidden_header},
        row{"{", R"({"x5t#S256":"AAAA",)", forbidden_header},
        row{"{", R"({"zip":"DEF",)", forbidden_header},
        row{"{", R"({"enc":"A256GCM",)", forbidden_header},
        row{"{", R"({"cty":"JWT",)", forbidden_header},
        row{"{", R"({"j\u006bu":"https://evil/jwks",)", forbidden_header},
        row{"{", R"({"unknown":1,)", good},
        row{"{", R"({"alg":"none",)", malformed},
        row{"{", R"({"kid":"SECRET_KEY",)", malformed},
        row{"{", R"({"\u006bid":"x",)", malformed},
        row{"{", R"({"x":{"a":1,"a":2},)", malformed},
        row{"{", R"({"x":[[[[[1]]]]],)", malformed},
        row{"}", "} ", good}, // white space is JSON
        row{"}", "}x", malformed},
        row{"}", "}{}", malformed},
        row{"}", "", malformed},
        row{"{", "[{", malformed},
        row{R"("HS256")", "\"HS256\xFF\"", malformed},
        row{R"("HS256")", R"("HS256\ud800")", malformed},
    };
    check_rows(rows, true);
}

BOOST_AUTO_TEST_CASE(claims_that_are_wrong_are_refused) {
    using enum access_token_check;
    const std::array rows = {
        row{R"("exp":1790000600)", R"("exp":1e400)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":1.7900006e9)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":1790000600.5)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":1790000600.0)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":-1)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":"1790000600")", bad_claims},
        row{R"("exp":1790000600)", R"("exp":9223372036854775808)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":18446744073709551616)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":9223372036854775807)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":9007199254740992)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":null)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":true)", bad_claims},
        row{R"("exp":1790000600)", R"("exp":[1790000600])", bad_claims},
        row{R"("exp":1790000600)", R"("exp":NaN)", malformed},
        row{R"("exp":1790000600)", R"("exp":Infinity)", malformed},
        row{R"("exp":1790000600)", R"("exp":01790000600)", malformed},
        row{R"("exp":1790000600,)", "", bad_claims},
        row{R"("exp":1790000600)", R"("exp":1790000601)", bad_claims}, // lives longer than allowed
        row{R"("exp":1790000600)", R"("exp":1790000000)", bad_claims}, // lives not at all
        row{R"("exp":1790000600)", R"("exp":1789999999)", bad_claims},
        row{R"("iat":1790000000)", R"("iat":1790000001)", good},
        row{R"("iat":1790000000)", R"("iat":1790000002)", issued_in_future},
        row{R"("iat":1790000000)", R"("iat":0)", bad_claims},
        row{R"("iat":1790000000)", R"("iat":"1790000000")", bad_claims},
        row{R"("iat":1790000000,)", "", bad_claims},
        row{R"("iat":1790000000)", R"("iat":1790000000,"nbf":1790000001)", good},
        row{R"("iat":1790000000)", R"("iat":1790000000,"nbf":1790000002)", issued_in_future},
        row{R"("iat":1790000000)", R"("iat":1790000000,"nbf":"x")", bad_claims},
        row{R"("aud":"api")", R"("aud":["api"])", bad_claims},
        row{R"("aud":"api")", R"("aud":"")", wrong_audience},
        row{R"("aud":"api")", R"("aud":"API")", wrong_audience},
        row{R"("aud":"api",)", "", bad_claims},
        row{R"("iss":"http://127.0.0.1:8080")", R"("iss":"http://127.0.0.1:8080/")", wrong_issuer},
        row{R"("iss":"http://127.0.0.1:8080")", R"("iss":"")", wrong_issuer},
        row{R"("iss":"http://127.0.0.1:8080")", R"("iss":["http://127.0.0.1:8080"])", bad_claims},
        row{R"("iss":"http://127.0.0.1:8080",)", "", bad_claims},
        row{R"("sub":"42")", R"("sub":42)", bad_claims},
        row{R"("sub":"42")", R"("sub":"042")", bad_claims},
        row{R"("sub":"42")", R"("sub":"0")", bad_claims},
        row{R"("sub":"42")", R"("sub":"-42")", bad_claims},
        row{R"("sub":"42")", R"("sub":"+42")", bad_claims},
        row{R"("sub":"42")", R"("sub":" 42")", bad_claims},
        row{R"("sub":"42")", R"("sub":"42x")", bad_claims},
        row{R"("sub":"42")", R"("sub":"")", bad_claims},
        row{R"("sub":"42")", R"("sub":"18446744073709551616")", bad_claims},
        row{R"("sub":"42",)", "", bad_claims},
        row{R"("sub":"42")", R"("sub":"42","sub":"1")", malformed},
        row{R"("sub":"42")", R"("sub":"42","s\u0075b":"1")", malformed},
        row{R"("sub":"42")", R"("sub":"42","act":{"sub":"1"})", good},
        row{R"("sub":"42")", R"("sub":"42","act":{"sub":"1","sub":"2"})", malformed},
        row{R"("jti":"AAECAwQFBgcICQoLDA0ODw",)", "", bad_claims},
        row{R"("jti":"AAECAwQFBgcICQoLDA0ODw")", R"("jti":"")", bad_claims},
        row{R"("client_id":"pawl",)", "", bad_claims},
        row{R"("client_id":"pawl")", R"("client_id":1)", bad_claims},
        row{R"("sid":"ab)", R"("sid":"AB)", bad_claims},
        row{R"("sid":"ab)", R"("sid":"a)", bad_claims},
        row{R"("gen":7)", R"("gen":67108863)", good},
        row{R"("gen":7)", R"("gen":67108864)", bad_claims},
        row{R"("gen":7)", R"("gen":-1)", bad_claims},
        row{R"("gen":7)", R"("gen":"7")", bad_claims},
        row{R"(,"gen":7)", "", bad_claims},
        row{"{", "[{", malformed},
        row{"{", R"({"x":"\ud800",)", malformed},
    };
    check_rows(rows, false);
}

BOOST_AUTO_TEST_CASE(payloads_that_are_no_objects_are_refused) {
    for (const char* payload :
         {"", "null", "[]", "42", "\"sub\"", "{", "{}x", "\xEF\xBB\xBF{}", "{'a':1}", "{\"a\":1,}", "//x\n{}"}) {
        BOOST_TEST_CONTEXT(payload) {
            BOOST_TEST(check(ring(), forged(*ring().signing_key, good_header, payload)) ==
                       access_token_check::malformed);
        }
    }
    BOOST_TEST(check(ring(), forged(*ring().signing_key, good_header, "{}")) == access_token_check::bad_claims);
}

BOOST_AUTO_TEST_CASE(deep_and_wide_payloads_end_without_harm) {
    const std::string deep = R"({"a":)" + std::string(1400, '[') + std::string(1400, ']') + "}";
    BOOST_TEST(check(ring(), forged(*ring().signing_key, good_header, deep)) == access_token_check::malformed);
    std::string wide = "{\"a\":[0";
    for (int i = 0; i < 1000; ++i) {
        wide += ",0";
    }
    wide += "]}";
    BOOST_TEST(check(ring(), forged(*ring().signing_key, good_header, wide)) == access_token_check::malformed);
}

BOOST_AUTO_TEST_CASE(anything_but_three_strict_parts_is_malformed) {
    const std::string token = mint_access_token(*ring().signing_key, some_claims());
    const std::size_t one = token.find('.'), two = token.rfind('.');
    const std::string header = token.substr(0, one), payload = token.substr(one + 1, two - one - 1),
                      signature = token.substr(two + 1);
    using enum access_token_check;
    struct shape {
        std::string text;
        access_token_check expected;
    };
    for (const shape& s :
         {shape{"", malformed},
          shape{".", malformed},
          shape{"..", malformed},
          shape{"...", malformed},
          shape{header, malformed},
          shape{header + "." + payload, malformed},
          shape{token + ".", malformed},
          shape{"." + token, malformed},
          shape{token + "." + signature, malformed},
          shape{header + "." + payload + ".." + signature, malformed},
          shape{" " + token, malformed},
          shape{token + " ", bad_signature},
          shape{token + "\n", bad_signature},
          shape{token + "=", bad_signature},
          shape{header + "=." + payload + "." + signature, malformed},
          shape{header + "." + payload + ".", bad_signature},
          shape{header + "." + payload + "=." + signature, bad_signature},
          shape{header + ".." + signature, bad_signature},
          shape{"." + payload + "." + signature, malformed},
          shape{std::string(6401, 'A'), malformed},
          shape{header + "." + payload + "." + std::string(6400, 'A'), malformed},
          shape{R"({"payload":")" + payload + R"(","protected":")" + header + R"(","signature":")" + signature + "\"}",
                malformed}}) {
        BOOST_TEST_CONTEXT(s.text.substr(0, 60)) {
            BOOST_TEST(check(ring(), s.text) == s.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_noticed) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::hs256}) {
        const key_ring_ptr keys = ring_of(algorithm);
        const std::string token = mint_access_token(*keys->signing_key, some_claims());
        for (std::size_t i = 0; i < token.size(); ++i) {
            for (const char c : {'A', 'B', '.', '=', '_'}) {
                std::string changed = token;
                changed[i] = c;
                if (changed != token) {
                    BOOST_TEST_REQUIRE(check(*keys, changed) != access_token_check::good);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(spare_bits_of_the_signature_are_not_free) {
    const key_ring_ptr keys = ring_of(jws_algorithm::es256); // 64 bytes: four spare bits in the last character
    const std::string token = mint_access_token(*keys->signing_key, some_claims());
    unsigned good = 0;
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
        std::string changed = token;
        changed.back() = c;
        good += check(*keys, changed) == access_token_check::good ? 1U : 0U;
    }
    BOOST_TEST(good == 1U);
}

BOOST_AUTO_TEST_CASE(a_public_key_is_no_secret_for_hs256) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        const key_ring_ptr keys = ring_of(algorithm);
        const std::string jwk = keys->signing_key->public_jwk();
        const made_key confused =
            make_hs256_key(keys->signing_key->kid(), {reinterpret_cast<const std::uint8_t*>(jwk.data()), jwk.size()});
        const std::string header =
            with(with(good_header, "SECRET_KEY", keys->signing_key->kid()), "HS256", to_text(algorithm));
        BOOST_TEST(check(*keys, mint_access_token(*confused.key, some_claims())) ==
                   access_token_check::wrong_algorithm);
        BOOST_TEST(check(*keys, forged(*confused.key, header, good_payload)) == access_token_check::bad_signature);
    }
}

BOOST_AUTO_TEST_CASE(another_rings_token_is_refused) {
    test::seeded_random random(99);
    const std::string text = make_key_file(jws_algorithm::es256, random, issued);
    const parsed_key_file other = parse_key_file(text, {jws_algorithm::es256, nullptr});
    const key_ring_ptr keys = ring_of(jws_algorithm::es256);
    BOOST_TEST(check(*keys, mint_access_token(*other.ring->signing_key, some_claims())) ==
               access_token_check::unknown_key);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_is_no_access_token) {
    BOOST_TEST(check(ring(), "prt_" + std::string(72, 'A')) == access_token_check::malformed);
}

BOOST_AUTO_TEST_SUITE_END()
