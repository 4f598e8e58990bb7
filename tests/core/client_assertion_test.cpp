// Client assertions: every header and claim, every date, every key, and what a restart does.
#include "core/jwt/client_assertion.hpp"

#include "core/jwt/client_keys.hpp"
#include "tests/support/client_proofs.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace pawl;
using namespace pawl::test;

namespace {

using check = assertion_check;
using change = std::function<void(assertion_maker&)>;

constexpr std::int64_t now = 1000;

timestamp at(std::int64_t seconds_of_it) {
    return timestamp(seconds(seconds_of_it));
}

struct asked {
    std::string jwks = client_key_of(jws_algorithm::es256).jwks();
    std::int64_t time = now;
    std::optional<std::int64_t> serving_since_ms{};
    std::string token_endpoint = "https://issuer.example/token";
};

check checked(const std::string& token, const asked& how, assertion_claims& claims) {
    const client_keys known = read_client_keys(how.jwks);
    BOOST_TEST_REQUIRE(known.problem == "");
    assertion_expectations expected{"shop", "https://issuer.example", how.token_endpoint, at(how.time), {}};
    if (how.serving_since_ms) {
        expected.serving_since = timestamp_ms(milliseconds(*how.serving_since_ms));
    }
    return check_client_assertion(known.keys, token, expected, claims);
}

check checked(const std::string& token, const asked& how = {}) {
    assertion_claims claims;
    return checked(token, how, claims);
}

struct row {
    const char* what;
    change made;
    check found = check::good;
};

void run(std::initializer_list<row> rows, const asked& how = {}) {
    for (const row& r : rows) {
        assertion_maker maker;
        r.made(maker);
        assertion_claims claims;
        const check found = checked(maker.make(), how, claims);
        BOOST_TEST_CONTEXT(r.what << ": " << to_text(found) << ", expected " << to_text(r.found)) {
            BOOST_TEST((found == r.found));
            BOOST_TEST((claims.id.empty() == (r.found != check::good)));
        }
    }
}

std::string replaced(std::string text, std::size_t position, char with) {
    text.at(position) = with;
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_assertions)

BOOST_AUTO_TEST_CASE(each_algorithm_is_taken_from_a_key_of_its_own) {
    for (const jws_algorithm algorithm :
         {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256, jws_algorithm::ps256}) {
        const client_key_pair& pair = client_key_of(algorithm);
        assertion_maker maker{.pair = &pair};
        asked how;
        how.jwks = pair.jwks();
        BOOST_TEST_CONTEXT(to_text(algorithm)) {
            BOOST_TEST((checked(maker.make(), how) == check::good));
            how.jwks = R"({"keys":[)" + pair.without("alg") + "]}";
            BOOST_TEST((checked(maker.make(), how) == check::good));
            how.jwks = client_key_of(algorithm, 1).jwks();
            BOOST_TEST((checked(maker.make(), how) == check::bad_signature));
        }
    }
    assertion_maker maker{.pair = &client_key_of(jws_algorithm::eddsa), .alg = "Ed25519"}; // RFC 9864
    asked how;
    how.jwks = maker.pair->jwks();
    BOOST_TEST((checked(maker.make(), how) == check::good));
}

BOOST_AUTO_TEST_CASE(the_header_never_chooses_what_a_key_is_not_for) {
    const client_key_pair& rsa = client_key_of(jws_algorithm::rs256);
    const client_key_pair pss{rsa.private_jwk, {}, jws_key_from_jwk(rsa.private_jwk, jws_algorithm::ps256).key};
    asked how;
    how.jwks = rsa.jwks(); // says RS256
    assertion_maker maker{.pair = &pss};
    BOOST_TEST((checked(maker.make(), how) == check::unknown_key));
    maker.alg = "RS256"; // and the signature is none of that
    BOOST_TEST((checked(maker.make(), how) == check::bad_signature));
    // The public key as a secret (alg confusion), and no signature at all.
    const std::string public_text = rsa.public_jwk;
    const std::vector<std::uint8_t> secret(public_text.begin(), public_text.end());
    const client_key_pair symmetric{{}, {}, make_hs256_key("k", secret).key};
    maker.pair = &symmetric;
    for (const char* alg : {"HS256", "none", "None", "", "rs256", "RS384", "ES256"}) {
        BOOST_TEST_CONTEXT(alg) {
            maker.alg = *alg == 0 ? "\\u0000" : alg;
            BOOST_TEST((checked(maker.make(), how) == check::unknown_key));
        }
    }
    const std::string unsigned_token =
        base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(maker.payload()) + ".";
    BOOST_TEST((checked(unsigned_token, how) == check::unknown_key));
}

BOOST_AUTO_TEST_CASE(with_a_kid_the_key_has_to_have_it_and_without_every_key_is_tried) {
    const client_key_pair &first = client_key_of(jws_algorithm::es256),
                          &second = client_key_of(jws_algorithm::es256, 1);
    asked how;
    how.jwks = R"({"keys":[)" + first.with("kid", R"("a")") + "," + second.with("kid", R"("b")") + "]}";
    const struct {
        const client_key_pair* pair;
        const char* kid;
        check found;
    } rows[] = {
        {&first, "", check::good},
        {&second, "", check::good},
        {&first, R"("a")", check::good},
        {&second, R"("b")", check::good},
        {&second, R"("a")", check::bad_signature},
        {&first, R"("A")", check::unknown_key},
        {&first, R"("")", check::unknown_key},
        {&first, "1", check::unknown_key},
        {&first, "null", check::unknown_key},
    };
    for (const auto& r : rows) {
        assertion_maker maker{.pair = r.pair, .kid = r.kid};
        BOOST_TEST_CONTEXT(r.kid) {
            BOOST_TEST((checked(maker.make(), how) == r.found));
        }
    }
}

BOOST_AUTO_TEST_CASE(headers) {
    run({
        {"none more", [](auto&) {}},
        {"typ JWT", [](auto& m) { m.typ = R"("JWT")"; }},
        {"typ in small letters", [](auto& m) { m.typ = R"("jwt")"; }},
        {"the whole media type", [](auto& m) { m.typ = R"("application/jwt")"; }},
        {"its own type", [](auto& m) { m.typ = R"("client-authentication+jwt")"; }},
        {"an access token", [](auto& m) { m.typ = R"("at+jwt")"; }, check::wrong_type},
        {"a DPoP proof", [](auto& m) { m.typ = R"("dpop+jwt")"; }, check::wrong_type},
        {"typ that is no text", [](auto& m) { m.typ = "1"; }, check::wrong_type},
        {"typ empty", [](auto& m) { m.typ = R"("")"; }, check::wrong_type},
        {"a member that is not known", [](auto& m) { m.more_header = R"(,"x":1)"; }},
        {"crit", [](auto& m) { m.more_header = R"(,"crit":["exp"])"; }, check::forbidden_header},
        {"b64", [](auto& m) { m.more_header = R"(,"b64":false)"; }, check::forbidden_header},
        {"a key of its own", [](auto& m) { m.more_header = R"(,"jwk":{})"; }, check::forbidden_header},
        {"a key elsewhere", [](auto& m) { m.more_header = R"(,"jku":"https://x.example")"; }, check::forbidden_header},
        {"a certificate elsewhere", [](auto& m) { m.more_header = R"(,"x5u":"https://x.example")"; },
         check::forbidden_header},
        {"alg twice", [](auto& m) { m.more_header = R"(,"alg":"ES256")"; }, check::malformed},
    });
}

BOOST_AUTO_TEST_CASE(claims) {
    run({
        {"iss of another", [](auto& m) { m.iss = R"("other")"; }, check::wrong_client},
        {"sub of another", [](auto& m) { m.sub = R"("other")"; }, check::wrong_client},
        {"iss in other letters", [](auto& m) { m.iss = R"("Shop")"; }, check::wrong_client},
        {"no iss", [](auto& m) { m.iss = ""; }, check::bad_claims},
        {"no sub", [](auto& m) { m.sub = ""; }, check::bad_claims},
        {"sub a number", [](auto& m) { m.sub = "1"; }, check::bad_claims},
        {"no jti", [](auto& m) { m.jti = ""; }, check::bad_claims},
        {"jti empty", [](auto& m) { m.jti = R"("")"; }, check::bad_claims},
        {"jti a number", [](auto& m) { m.jti = "1"; }, check::bad_claims},
        {"jti of 255 bytes", [](auto& m) { m.jti = '"' + std::string(255, 'x') + '"'; }},
        {"jti of 256 bytes", [](auto& m) { m.jti = '"' + std::string(256, 'x') + '"'; }, check::bad_claims},
        {"a claim twice", [](auto& m) { m.more_claims = R"(,"sub":"shop")"; }, check::malformed},
        {"claims that are not known", [](auto& m) { m.more_claims = R"(,"x":{"y":[1]})"; }},
    });
}

BOOST_AUTO_TEST_CASE(the_audience_is_this_server_and_no_other) {
    run({
        {"the issuer", [](auto&) {}},
        {"the token endpoint", [](auto& m) { m.aud = R"("https://issuer.example/token")"; }},
        {"a list of the issuer alone", [](auto& m) { m.aud = R"(["https://issuer.example"])"; }},
        {"none", [](auto& m) { m.aud = ""; }, check::wrong_audience},
        {"empty", [](auto& m) { m.aud = R"("")"; }, check::wrong_audience},
        {"another", [](auto& m) { m.aud = R"("https://other.example")"; }, check::wrong_audience},
        {"with a slash more", [](auto& m) { m.aud = R"("https://issuer.example/")"; }, check::wrong_audience},
        {"an empty list", [](auto& m) { m.aud = "[]"; }, check::wrong_audience},
        {"us and another", [](auto& m) { m.aud = R"(["https://issuer.example","https://other.example"])"; },
         check::wrong_audience},
        {"both names of us", [](auto& m) { m.aud = R"(["https://issuer.example","https://issuer.example/token"])"; },
         check::wrong_audience},
        {"a list in a list", [](auto& m) { m.aud = R"([["https://issuer.example"]])"; }, check::wrong_audience},
        {"an object", [](auto& m) { m.aud = R"({"a":"https://issuer.example"})"; }, check::wrong_audience},
        {"null", [](auto& m) { m.aud = "null"; }, check::wrong_audience},
    });
    asked strict;
    strict.token_endpoint = ""; // a profile that wants the issuer
    run({{"the issuer", [](auto&) {}},
         {"the token endpoint", [](auto& m) { m.aud = R"("https://issuer.example/token")"; }, check::wrong_audience},
         {"empty", [](auto& m) { m.aud = R"("")"; }, check::wrong_audience}},
        strict);
}

BOOST_AUTO_TEST_CASE(dates) {
    run({
        {"no exp", [](auto& m) { m.exp = ""; }, check::bad_claims},
        {"exp a text", [](auto& m) { m.exp = R"("1060")"; }, check::bad_claims},
        {"exp with a fraction", [](auto& m) { m.exp = "1060.5"; }, check::bad_claims},
        {"exp below zero", [](auto& m) { m.exp = "-1"; }, check::bad_claims},
        {"exp beyond 2^53", [](auto& m) { m.exp = "9007199254740992"; }, check::bad_claims},
        {"exp in a second", [](auto& m) { m.exp = "1001"; }},
        {"exp now", [](auto& m) { m.exp = "1000"; }, check::expired},
        {"exp in ten minutes", [](auto& m) { m.exp = "1600"; }},
        {"exp in an hour, as some libraries have it", [](auto& m) { m.exp = "4600"; }},
        {"exp in more than an hour and the skew", [](auto& m) { m.exp = "4631"; }, check::ends_too_late},
        {"made ten minutes ago", [](auto& m) { m.iat = "400"; }, check::expired},
        {"made a second later than that", [](auto& m) { m.iat = "401"; }},
        {"iat ahead by the skew", [](auto& m) { m.iat = "1030"; }},
        {"iat ahead by more", [](auto& m) { m.iat = "1031"; }, check::not_yet},
        {"nbf ahead by more", [](auto& m) { m.nbf = "1031"; }, check::not_yet},
        {"nbf ahead by the skew", [](auto& m) { m.nbf = "1030"; }},
        {"iat a text", [](auto& m) { m.iat = R"("1000")"; }, check::bad_claims},
        {"nbf null", [](auto& m) { m.nbf = "null"; }, check::bad_claims},
        {"nbf instead of iat", [](auto& m) { m.iat = "", m.nbf = "990"; }},
        {"nbf of ten minutes ago instead of iat", [](auto& m) { m.iat = "", m.nbf = "400"; }, check::expired},
        {"neither, for a minute", [](auto& m) { m.iat = ""; }},
        {"neither, for longer", [](auto& m) { m.iat = "", m.exp = "1061"; }, check::ends_too_late},
    });
}

BOOST_AUTO_TEST_CASE(what_is_taken_ends_within_the_windows_of_the_table) {
    const struct {
        const char *iat, *exp, *nbf;
        std::int64_t ends_at;
    } rows[] = {{"1000", "1060", "", 1060},
                {"1000", "4600", "", 1600},
                {"1030", "4600", "", 1630},
                {"", "1060", "", 1060},
                {"", "4600", "990", 1590}};
    for (const auto& r : rows) {
        assertion_maker maker;
        maker.iat = r.iat;
        maker.exp = r.exp;
        maker.nbf = r.nbf;
        assertion_claims claims;
        BOOST_TEST((checked(maker.make(), {}, claims) == check::good));
        BOOST_TEST((claims.ends_at == at(r.ends_at)));
        BOOST_TEST((claims.ends_at <= at(now) + assertion_life_max + assertion_skew));
        BOOST_TEST(claims.id == "one");
    }
}

// Whatever was good at some moment before a start is refused at every moment after it, or has ended.
BOOST_AUTO_TEST_CASE(after_a_restart_nothing_is_taken_that_may_have_been_taken_before) {
    const struct {
        const char *iat, *nbf, *exp;
    } made[] = {{"1000", "", "1060"}, {"1000", "", "4600"}, {"1030", "", "1600"},   {"", "1000", "1600"},
                {"", "", "1030"},     {"", "", "1060"},     {"990", "1010", "1500"}};
    for (const auto& r : made) {
        assertion_maker maker;
        maker.iat = r.iat;
        maker.nbf = r.nbf;
        maker.exp = r.exp;
        const std::string token = maker.make();
        for (std::int64_t start_ms : {1'000'001, 1'000'500, 1'000'999, 1'001'000, 1'020'300}) {
            asked after;
            after.serving_since_ms = start_ms;
            bool was_good = false; // before the start, as an exact clock dates it
            for (std::int64_t t = 985; t * 1000 < start_ms; ++t) {
                asked before;
                before.time = t;
                // A client whose clock is ahead dates it later than it is; that much is not covered.
                const bool is_ahead = *r.iat != 0 && std::stoll(r.iat) > t;
                was_good = was_good || (checked(token, before) == check::good && !is_ahead);
            }
            for (after.time = start_ms / 1000; after.time < start_ms / 1000 + 700; ++after.time) {
                const bool is_good = checked(token, after) == check::good;
                BOOST_TEST_CONTEXT(maker.payload() << " started at " << start_ms << ", shown at " << after.time) {
                    BOOST_TEST(!(was_good && is_good));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(after_a_restart_one_made_since_is_taken) {
    assertion_maker maker;
    asked after;
    after.serving_since_ms = 1'000'000;
    BOOST_TEST((checked(maker.make(), after) == check::good));
    after.serving_since_ms = 1'000'001;
    BOOST_TEST((checked(maker.make(), after) == check::before_start));
    maker.iat = "1001";
    BOOST_TEST((checked(maker.make(), after) == check::good));
    maker.iat = "";
    maker.exp = "1060"; // neither claim: not in the first minute
    BOOST_TEST((checked(maker.make(), after) == check::before_start));
    maker.exp = "1120";
    after.time = 1061;
    BOOST_TEST((checked(maker.make(), after) == check::good));
}

BOOST_AUTO_TEST_CASE(what_is_no_jws_is_malformed_and_names_no_subject) {
    const std::string good = assertion_maker().make();
    for (const std::string& token :
         {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), good + ".", good + ".x",
          good.substr(0, good.find('.')), replaced(good, 0, '!'), std::string(7000, 'a')}) {
        BOOST_TEST((checked(token) == check::malformed));
    }
    BOOST_TEST((claimed_subject(good) == std::optional<std::string>("shop")));
    for (const std::string& token : {std::string(), std::string("a.b"), std::string("..."), std::string(7000, 'a')}) {
        BOOST_TEST(!claimed_subject(token).has_value());
    }
    assertion_maker maker;
    maker.sub = "7";
    BOOST_TEST(!claimed_subject(maker.make()).has_value());
    BOOST_TEST((checked(good + "A") != check::good));
    BOOST_TEST((checked(good.substr(0, good.size() - 1)) != check::good));
}

BOOST_AUTO_TEST_SUITE_END()
