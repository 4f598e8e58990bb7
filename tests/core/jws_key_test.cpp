#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

using namespace pawl;

namespace {

constexpr std::array all_but_hs256 = {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::shared_ptr<const jws_key> key_from(std::string_view jwk, jws_algorithm algorithm) {
    made_key made = jws_key_from_jwk(jwk, algorithm);
    BOOST_TEST_REQUIRE((made.key != nullptr), made.error);
    return made.key;
}

std::shared_ptr<const jws_key> some_key(jws_algorithm algorithm) {
    static test::seeded_random random(7);
    if (algorithm == jws_algorithm::hs256) {
        constexpr std::array<std::uint8_t, 32> secret = {1, 2, 3};
        return make_hs256_key("k", secret).key;
    }
    return key_from(generate_private_jwk(algorithm, random), algorithm);
}

bool verifies(const jws_key& key, std::string_view token) {
    const std::size_t dot = token.rfind('.');
    const auto signature = base64url_decode(token.substr(dot + 1));
    return signature && key.verify(token.substr(0, dot), *signature);
}

constexpr std::string_view rfc7515_a3_key =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";
constexpr std::string_view rfc8037_a1_key =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view rfc7638_key =
    R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJEC)"
    R"(PebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8)"
    R"(KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0)"
    R"(Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})";

} // namespace

BOOST_AUTO_TEST_SUITE(jws_keys)

BOOST_AUTO_TEST_CASE(every_algorithm_verifies_what_it_signed_and_nothing_else) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256,
                                          jws_algorithm::hs256, jws_algorithm::ps256}) {
        BOOST_TEST_CONTEXT(to_text(algorithm)) {
            const auto key = some_key(algorithm);
            const auto signature = key->sign("header.payload");
            BOOST_TEST(key->verify("header.payload", signature));
            BOOST_TEST(!key->verify("header.payloae", signature));
            BOOST_TEST(!key->verify("", signature));
            for (std::size_t bit = 0; bit < signature.size() * 8; bit += (algorithm == jws_algorithm::hs256 ? 1 : 13)) {
                auto flipped = signature;
                flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ 1U << bit % 8);
                BOOST_TEST(!key->verify("header.payload", flipped));
            }
            for (std::size_t size = 0; size < signature.size(); ++size) {
                BOOST_TEST(!key->verify("header.payload", std::span(signature).first(size)));
            }
            auto longer = signature;
            longer.push_back(0);
            BOOST_TEST(!key->verify("header.payload", longer));
        }
    }
}

BOOST_AUTO_TEST_CASE(examples_of_the_rfcs_verify) {
    constexpr std::string_view rfc7515_a3 =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    BOOST_TEST(verifies(*key_from(rfc7515_a3_key, jws_algorithm::es256), rfc7515_a3));
    constexpr std::string_view rfc8037_a4 =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4"
        "ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    const auto ed = key_from(rfc8037_a1_key, jws_algorithm::eddsa);
    BOOST_TEST(verifies(*ed, rfc8037_a4));
    BOOST_TEST(base64url_encode(ed->sign("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")) ==
               rfc8037_a4.substr(rfc8037_a4.rfind('.') + 1));
    constexpr std::string_view rfc7515_a1 =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const auto secret =
        base64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    BOOST_TEST(verifies(*make_hs256_key("k", *secret).key, rfc7515_a1));
}

BOOST_AUTO_TEST_CASE(kid_of_a_key_without_one_is_its_thumbprint) {
    BOOST_TEST(key_from(rfc8037_a1_key, jws_algorithm::eddsa)->kid() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    const std::string without_kid = replaced(std::string(rfc7638_key), R"(,"kid":"2011-04-29")", "");
    BOOST_TEST(key_from(without_kid, jws_algorithm::rs256)->kid() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    BOOST_TEST(key_from(rfc7638_key, jws_algorithm::rs256)->kid() == "2011-04-29");
}

BOOST_AUTO_TEST_CASE(es256_scalars_outside_their_range_are_refused) {
    const auto key = key_from(rfc7515_a3_key, jws_algorithm::es256);
    const auto good = key->sign("m");
    const std::string n = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    const auto word = [](const std::string& hex) {
        std::vector<std::uint8_t> bytes;
        for (std::size_t i = 0; i < hex.size(); i += 2) {
            bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
        }
        return bytes;
    };
    const std::vector<std::uint8_t> zero(32, 0), order = word(n), all_ones(32, 0xFF);
    for (const auto& bad : {zero, order, all_ones}) {
        for (const std::size_t at : {0U, 32U}) {
            auto signature = good;
            std::copy(bad.begin(), bad.end(), signature.begin() + static_cast<std::ptrdiff_t>(at));
            BOOST_TEST(!key->verify("m", signature));
        }
    }
    BOOST_TEST(!key->verify("m", std::vector<std::uint8_t>(64, 0)));
}

BOOST_AUTO_TEST_CASE(es256_in_der_is_refused) {
    const auto key = key_from(rfc7515_a3_key, jws_algorithm::es256);
    const auto raw = key->sign("m");
    std::vector<std::uint8_t> der = {0x30, 0x44, 0x02, 0x20};
    der.insert(der.end(), raw.begin(), raw.begin() + 32);
    der.insert(der.end(), {0x02, 0x20});
    der.insert(der.end(), raw.begin() + 32, raw.end());
    BOOST_TEST(!key->verify("m", der));
}

BOOST_AUTO_TEST_CASE(many_es256_signatures_have_64_bytes_and_verify) {
    // One in 128 has an r or s that is shorter than 32 bytes.
    const auto key = some_key(jws_algorithm::es256);
    for (int i = 0; i < 600; ++i) {
        const std::string message = std::to_string(i);
        const auto signature = key->sign(message);
        BOOST_TEST_REQUIRE(signature.size() == 64U);
        BOOST_TEST_REQUIRE(key->verify(message, signature));
    }
}

BOOST_AUTO_TEST_CASE(generated_keys_differ_and_are_what_they_say) {
    test::seeded_random random(3);
    for (const jws_algorithm algorithm : all_but_hs256) {
        const std::string one = generate_private_jwk(algorithm, random), two = generate_private_jwk(algorithm, random);
        BOOST_TEST(one != two);
        const auto key = key_from(one, algorithm);
        BOOST_TEST((key->algorithm() == algorithm));
        const std::string jwk = key->public_jwk();
        BOOST_TEST(jwk.find(R"("use":"sig")") != std::string::npos);
        BOOST_TEST(jwk.find(R"("kid":")" + key->kid()) != std::string::npos);
        for (const char* secret : {R"("d":)", R"("p":)", R"("q":)", R"("dp":)", R"("dq":)", R"("qi":)"}) {
            BOOST_TEST(jwk.find(secret) == std::string::npos);
        }
        // What the JWK set shows is enough to verify, and not enough to sign.
        const auto half = key_from(jwk, algorithm);
        BOOST_TEST(half->kid() == key->kid());
        BOOST_TEST(half->verify("m", key->sign("m")));
        BOOST_CHECK_THROW(half->sign("m"), std::logic_error);
    }
}

BOOST_AUTO_TEST_CASE(keys_that_are_not_for_this_are_refused) {
    struct row {
        std::string_view what, with;
    };
    for (const row& r :
         {row{R"("kty":"EC")", R"("kty":"RSA")"}, row{R"("crv":"P-256")", R"("crv":"P-384")"},
          row{R"("kty":"EC")", R"("kty":"EC","alg":"ES384")"}, row{R"("kty":"EC")", R"("kty":"EC","alg":7)"},
          row{R"("kty":"EC")", R"("kty":"EC","use":"enc")"}, row{R"("kty":"EC")", R"("kty":"EC","key_ops":["sign"])"},
          row{R"("kty":"EC")", R"("kty":"EC","key_ops":"verify")"}, row{R"("kty":"EC")", R"("kty":"EC","kid":"")"},
          row{R"("kty":"EC")", R"("kty":"EC","kid":"a\"b")"}, row{R"("kty":"EC")", R"("kty":"EC","kty":"EC")"},
          row{"f83OJ", "f83OK"},      // no point of the curve
          row{"f83OJ3D2", "f83OJ3D"}, // 31 bytes
          row{"x_FEzRu", "x_FEzR="}}) {
        BOOST_TEST_CONTEXT(r.with) {
            const made_key made =
                jws_key_from_jwk(replaced(std::string(rfc7515_a3_key), r.what, r.with), jws_algorithm::es256);
            BOOST_TEST((made.key == nullptr));
            BOOST_TEST(!made.error.empty());
        }
    }
    BOOST_TEST((jws_key_from_jwk(rfc7515_a3_key, jws_algorithm::hs256).key == nullptr));
    BOOST_TEST((jws_key_from_jwk("[]", jws_algorithm::es256).key == nullptr));
    BOOST_TEST((jws_key_from_jwk("", jws_algorithm::es256).key == nullptr));
    BOOST_TEST((make_hs256_key("k", {}).key == nullptr));
}

BOOST_AUTO_TEST_CASE(a_private_part_of_another_key_is_refused) {
    test::seeded_random random(5);
    for (const jws_algorithm algorithm : all_but_hs256) {
        BOOST_TEST_CONTEXT(to_text(algorithm)) {
            const std::string one = generate_private_jwk(algorithm, random),
                              two = generate_private_jwk(algorithm, random);
            const auto public_end = [](const std::string& jwk) { return jwk.find(R"(,"d":)"); };
            const std::string mixed = one.substr(0, public_end(one)) + two.substr(public_end(two));
            const made_key made = jws_key_from_jwk(mixed, algorithm);
            BOOST_TEST((made.key == nullptr));
            BOOST_TEST(made.error.find("does not") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_key_signs_and_verifies_on_many_threads) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::rs256, jws_algorithm::hs256}) {
        const auto key = some_key(algorithm);
        std::atomic<int> good{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 20; ++t) { // more than a key keeps contexts for
            threads.emplace_back([&, t] {
                for (int i = 0; i < 10; ++i) {
                    const std::string message = std::to_string(t * 100 + i);
                    const auto signature = key->sign(message);
                    good += key->verify(message, signature) && !key->verify(message + "x", signature) ? 1 : 0;
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        BOOST_TEST(good == 200);
    }
}

BOOST_AUTO_TEST_SUITE_END()
