// The reader of a client's jwks: what it takes, what it leaves out, and what it says of what it does not take.
#include "core/jwt/client_keys.hpp"

#include "tests/support/client_proofs.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace pawl;
using namespace pawl::test;

namespace {

std::string set_of(std::initializer_list<std::string> jwks) {
    std::string text;
    for (const std::string& jwk : jwks) {
        text += (text.empty() ? "" : ",") + jwk;
    }
    return R"({"keys":[)" + text + "]}";
}

std::multiset<std::string> algorithms_in(const client_keys& read) {
    std::multiset<std::string> names;
    for (const auto& key : read.keys) {
        names.emplace(to_text(key->algorithm()));
    }
    return names;
}

const client_key_pair& ec() {
    return client_key_of(jws_algorithm::es256);
}
const client_key_pair& rsa() {
    return client_key_of(jws_algorithm::rs256);
}
const client_key_pair& ed() {
    return client_key_of(jws_algorithm::eddsa);
}

std::string nine_keys() {
    std::string text;
    for (unsigned i = 0; i < client_keys_max + 1; ++i) {
        text += (text.empty() ? "" : ",") + client_key_of(jws_algorithm::eddsa, i).public_jwk;
    }
    return R"({"keys":[)" + text + "]}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_key_sets)

BOOST_AUTO_TEST_CASE(a_key_is_for_the_one_algorithm_that_it_names_or_that_its_type_has) {
    const struct {
        std::string jwks;
        std::multiset<std::string> algorithms;
    } rows[] = {
        {ec().jwks(), {"ES256"}},
        {set_of({ec().without("alg")}), {"ES256"}},
        {ed().jwks(), {"EdDSA"}},
        {set_of({ed().with("alg", R"("Ed25519")")}), {"EdDSA"}},
        {rsa().jwks(), {"RS256"}},
        {set_of({rsa().with("alg", R"("PS256")")}), {"PS256"}},
        {set_of({rsa().without("alg")}), {"RS256", "PS256"}},
        {set_of({ec().public_jwk, rsa().public_jwk, ed().public_jwk}), {"ES256", "EdDSA", "RS256"}},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.jwks) {
            const client_keys read = read_client_keys(row.jwks);
            BOOST_TEST(read.problem == "");
            BOOST_TEST((algorithms_in(read) == row.algorithms));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_normal_form_holds_what_verifies_and_reads_back_as_itself) {
    const std::string with_more = set_of({ec().with("x5c", R"(["MIIB"])"), rsa().without("alg")});
    const client_keys read = read_client_keys(with_more);
    BOOST_TEST(read.problem == "");
    BOOST_TEST(read.normalised.find("x5c") == std::string::npos);
    const client_keys again = read_client_keys(read.normalised);
    BOOST_TEST(again.normalised == read.normalised);
    BOOST_TEST(again.keys.size() == 3U);
    BOOST_TEST(!jwks_problem(read.normalised).has_value());
}

BOOST_AUTO_TEST_CASE(keys_for_encryption_are_left_out) {
    const client_keys read = read_client_keys(set_of({rsa().with("use", R"("enc")"), ec().public_jwk}));
    BOOST_TEST(read.problem == "");
    BOOST_TEST((algorithms_in(read) == std::multiset<std::string>{"ES256"}));
    BOOST_TEST(read.normalised.find("enc") == std::string::npos);
    BOOST_TEST(jwks_problem(set_of({rsa().with("use", R"("enc")")})).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_taken_is_refused_with_a_sentence_that_says_why) {
    const struct {
        const char* said; // a part of the sentence
        std::string jwks;
    } rows[] = {
        {"strict JSON", ""},
        {"strict JSON", "{"},
        {"strict JSON", R"({"keys":[]} x)"},
        {"strict JSON", R"({"keys":[],"keys":[]})"},
        {"JWK set", "[]"},
        {"JWK set", "null"},
        {"JWK set", ec().public_jwk},
        {"JWK set", R"({"keys":{}})"},
        {"verifies signatures", R"({"keys":[]})"},
        {"key 1 is no object", R"({"keys":[1]})"},
        {"at most 8 keys", nine_keys()},
        {"symmetric", R"({"keys":[{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]})"},
        {"private member d", set_of({ec().private_jwk})},
        {"private member d", set_of({ed().private_jwk})},
        {"private member d", set_of({rsa().private_jwk})},
        {"key 2 has the private member k", set_of({ed().public_jwk, ec().with("k", R"("AA")")})},
        {"x5u", set_of({ec().with("x5u", R"("https://elsewhere.example/")")})},
        {"jku", set_of({ec().with("jku", R"("https://elsewhere.example/")")})},
        {"type that is not taken", R"({"keys":[{}]})"},
        {"type that is not taken", set_of({ec().with("kty", R"("ec")")})},
        {"crv is not P-256", set_of({ec().with("crv", R"("P-384")")})},
        {"crv is not Ed25519", set_of({ed().with("crv", R"("X25519")")})},
        {"alg is not ES256", set_of({ec().with("alg", R"("ES384")")})},
        {"alg is not ES256", set_of({ec().with("alg", R"("HS256")")})},
        {"alg is not RS256", set_of({rsa().with("alg", R"("none")")})},
        {"alg is not RS256", set_of({rsa().with("alg", "7")})},
        {"use is not sig", set_of({ec().with("use", R"("tls")")})},
        {"key_ops", set_of({ec().with("key_ops", R"(["sign"])")})},
        {"kid is", set_of({ec().with("kid", R"("")")})},
        {"kid is", set_of({ec().with("kid", "1")})},
        {"kid is", set_of({ec().with("kid", R"("a \" b")")})},
        {"kid of another", set_of({ec().with("kid", R"("a")"), ed().with("kid", R"("a")")})},
        {"kid of another", set_of({ec().public_jwk, ec().public_jwk})},
        {"65537", set_of({rsa().with("e", R"("Aw")")})},
        {"65537", set_of({rsa().with("e", R"("AQAA")")})},
        {"2048", set_of({rsa().with("n", R"("3Q")")})},
        {"base64url", set_of({ec().with("x", R"("A=")")})},
        {"not taken", set_of({ec().with("x", R"("AAAA")")})},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.said << ": " << row.jwks) {
            const client_keys read = read_client_keys(row.jwks);
            BOOST_TEST(read.problem.find(row.said) != std::string::npos, read.problem);
            BOOST_TEST(read.keys.empty());
            BOOST_TEST(read.normalised.empty());
            BOOST_TEST((jwks_problem(row.jwks) == read.problem));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_set_has_a_bound_in_bytes) {
    const std::string most(jwks_size_max - ec().jwks().size(), ' ');
    BOOST_TEST(!jwks_problem(ec().jwks() + most).has_value());
    BOOST_TEST(jwks_problem(ec().jwks() + most + " ").has_value());
}

BOOST_AUTO_TEST_CASE(no_private_part_is_in_any_sentence) {
    const std::string d(boost::json::parse(ec().private_jwk).at("d").as_string());
    BOOST_TEST(read_client_keys(set_of({ec().private_jwk})).problem.find(d) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
