#include "core/jwt/jws_keys.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/token/refresh_token.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>

using namespace pawl;

namespace {

constexpr timestamp now{seconds(1'790'000'000)};

std::string key_file(jws_algorithm algorithm, std::uint64_t seed = 1) {
    test::seeded_random random(seed);
    return make_key_file(algorithm, random, now);
}

parsed_key_file parse(std::string_view text, jws_algorithm algorithm = jws_algorithm::eddsa) {
    return parse_key_file(text, {algorithm, nullptr});
}

std::string with(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    BOOST_TEST_REQUIRE(at != std::string::npos, what);
    return text.replace(at, what.size(), by);
}

// The text between the quotes that follow `"name":"`.
std::string member(const std::string& text, const std::string& name) {
    const std::size_t start = text.find('"' + name + "\":\"") + name.size() + 4;
    return text.substr(start, text.find('"', start) - start);
}

std::string refresh_entry(int id, char fill) {
    return R"({"id":)" + std::to_string(id) + R"(,"key":")" + std::string(42, fill) + R"(A","created_at":0})";
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_rings)

BOOST_AUTO_TEST_CASE(algorithms_have_their_registered_names) {
    for (const char* name : {"ES256", "EdDSA", "RS256", "HS256"}) {
        BOOST_TEST(to_text(*jws_algorithm_from_text(name)) == name);
    }
    for (const char* name : {"", "none", "es256", "ES384", "EDDSA", "HS256 "}) {
        BOOST_TEST(!jws_algorithm_from_text(name).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_fresh_file_parses_and_its_key_signs) {
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        BOOST_TEST_CONTEXT(to_text(algorithm)) {
            const std::string text = key_file(algorithm);
            BOOST_TEST(text.size() < key_file_size_max);
            const parsed_key_file parsed = parse(text, algorithm);
            BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
            const key_ring& ring = *parsed.ring;
            BOOST_TEST((ring.signing_key->algorithm() == algorithm));
            BOOST_TEST(ring.verifying_keys.size() == 1U);
            BOOST_TEST(ring.find_verifying(ring.signing_key->kid()) == ring.signing_key.get());
            BOOST_TEST(ring.find_verifying("") == nullptr);
            BOOST_TEST(ring.find_verifying(ring.signing_key->kid() + "x") == nullptr);
            BOOST_TEST(ring.refresh_keys.size() == 1U);
            BOOST_TEST(ring.refresh_keys[0].key.size() == refresh_key_size);
            BOOST_TEST(ring.refresh_keys[0].mac.keyed());
            BOOST_TEST((ring.refresh_keys[0].created_at == now));
            BOOST_TEST(ring.log_key.size() == 32U);
            BOOST_TEST(ring.signing_key->verify("m", ring.signing_key->sign("m")));
            BOOST_TEST(ring.jwks() == R"({"keys":[)" + ring.signing_key->public_jwk() + "]}");
            for (const std::string& secret : {member(text, "d"), member(text, "key")}) {
                BOOST_TEST(secret.size() >= 43U);
                BOOST_TEST(ring.jwks().find(secret) == std::string::npos);
            }
            BOOST_TEST(
                (ensure_signing_key(text, algorithm, *std::make_unique<test::seeded_random>(2), now) == std::nullopt));
        }
    }
}

BOOST_AUTO_TEST_CASE(files_of_two_starts_share_no_secret) {
    test::seeded_random random(1);
    const std::string one = make_key_file(jws_algorithm::eddsa, random, now),
                      two = make_key_file(jws_algorithm::eddsa, random, now);
    for (const char* name : {"kid", "d", "key"}) {
        BOOST_TEST(member(one, name) != member(two, name));
    }
}

BOOST_AUTO_TEST_CASE(rings_of_a_process_have_different_generations) {
    const std::string text = key_file(jws_algorithm::eddsa);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10; ++i) {
        seen.insert(parse(text).ring->generation);
    }
    BOOST_TEST(seen.size() == 10U);
}

BOOST_AUTO_TEST_CASE(hs256_signs_with_the_secret_under_a_fixed_kid) {
    const secret_string secret("correct horse battery staple, and more of it");
    const key_ring_options options{jws_algorithm::hs256, &secret};
    const std::string text = key_file(jws_algorithm::hs256);
    const parsed_key_file one = parse_key_file(text, options),
                          two = parse_key_file(key_file(jws_algorithm::es256, 2), options);
    BOOST_TEST_REQUIRE((one.ring != nullptr), one.error);
    BOOST_TEST_REQUIRE((two.ring != nullptr), two.error);
    BOOST_TEST(one.ring->signing_key->kid() == "SECRET_KEY");
    BOOST_TEST(two.ring->signing_key->kid() == "SECRET_KEY");
    BOOST_TEST(two.ring->signing_key->verify("m", one.ring->signing_key->sign("m")));
    BOOST_TEST(one.ring->jwks() == R"({"keys":[]})");
    BOOST_TEST(two.ring->jwks() == R"({"keys":[]})"); // the file's ES256 key rests
    BOOST_TEST(two.ring->verifying_keys.size() == 1U);
    BOOST_TEST((parse_key_file(text, {jws_algorithm::hs256, nullptr}).ring == nullptr));
    const secret_string empty;
    BOOST_TEST((parse_key_file(text, {jws_algorithm::hs256, &empty}).ring == nullptr));
    test::seeded_random random(3);
    BOOST_TEST((ensure_signing_key(text, jws_algorithm::hs256, random, now) == std::nullopt));
}

BOOST_AUTO_TEST_CASE(a_changed_algorithm_adds_a_key_and_keeps_the_rest) {
    test::seeded_random random(4);
    const std::string before = key_file(jws_algorithm::es256);
    BOOST_TEST((parse(before, jws_algorithm::eddsa).ring == nullptr));
    const auto after = ensure_signing_key(before, jws_algorithm::eddsa, random, now + seconds(9));
    BOOST_TEST_REQUIRE(after.has_value());
    const parsed_key_file old_ring = parse(before, jws_algorithm::es256),
                          new_ring = parse(*after, jws_algorithm::eddsa);
    BOOST_TEST_REQUIRE((new_ring.ring != nullptr), new_ring.error);
    BOOST_TEST((new_ring.ring->signing_key->algorithm() == jws_algorithm::eddsa));
    BOOST_TEST(new_ring.ring->verifying_keys.size() == 2U);
    const jws_key* kept = new_ring.ring->find_verifying(old_ring.ring->signing_key->kid());
    BOOST_TEST_REQUIRE(kept != nullptr);
    BOOST_TEST(kept->verify("m", old_ring.ring->signing_key->sign("m")));
    BOOST_TEST((new_ring.ring->log_key == old_ring.ring->log_key));
    const refresh_token_place place{};
    BOOST_TEST(mint_refresh_token(*new_ring.ring, place).reveal() ==
               mint_refresh_token(*old_ring.ring, place).reveal());
    BOOST_TEST((ensure_signing_key(*after, jws_algorithm::eddsa, random, now) == std::nullopt));
}

BOOST_AUTO_TEST_CASE(algorithms_that_change_for_ever_do_not_fill_the_file) {
    test::seeded_random random(5);
    std::string text = key_file(jws_algorithm::es256);
    for (int i = 0; i < 40; ++i) {
        const jws_algorithm algorithm = i % 2 == 0 ? jws_algorithm::eddsa : jws_algorithm::es256;
        const auto changed = ensure_signing_key(text, algorithm, random, now + seconds(i));
        BOOST_TEST_REQUIRE(changed.has_value());
        text = *changed;
        const parsed_key_file parsed = parse(text, algorithm);
        BOOST_TEST_REQUIRE((parsed.ring != nullptr), parsed.error);
        BOOST_TEST(parsed.ring->verifying_keys.size() ==
                   std::min<std::size_t>(static_cast<std::size_t>(i) + 2, signing_keys_max));
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_hs256_gets_its_first_signing_key) {
    test::seeded_random random(6);
    const auto changed = ensure_signing_key(key_file(jws_algorithm::hs256), jws_algorithm::es256, random, now);
    BOOST_TEST_REQUIRE(changed.has_value());
    BOOST_TEST((parse(*changed, jws_algorithm::es256).ring != nullptr));
}

BOOST_AUTO_TEST_CASE(files_that_are_wrong_are_refused_with_a_sentence_without_secrets) {
    const std::string good = key_file(jws_algorithm::eddsa);
    const std::string kid = member(good, "kid"), x = member(good, "x"), d = member(good, "d");
    const std::string refresh =
        good.substr(good.find("{\"id\":"), good.find('}', good.find("{\"id\":")) - good.find("{\"id\":") + 1);
    const std::string other = member(key_file(jws_algorithm::eddsa, 2), "d");
    const std::string log = member(good.substr(good.find("\"log\"")), "key");
    struct row {
        std::string what, by, says;
    };
    const std::vector<row> rows = {
        {"\"version\": 1", "\"version\": 0", "of version 0; this program knows versions 1 and 2"},
        {"\"version\": 1", "\"version\": 3", "of version 3; this program knows versions 1 and 2"},
        {"\"version\": 1", "\"version\": 2", "members are kid, alg, status, created_at, from and jwk"},
        {"\"created_at\":1790000000,\"jwk\"", "\"created_at\":1790000000,\"from\":1790000000,\"jwk\"",
         "members are kid, alg, status, created_at and jwk"},
        {"\"version\": 1", "\"version\": \"1\"", "no version"},
        {"\"version\": 1,", "", "no version"},
        {"\"version\": 1", "\"version\": 1, \"version\": 1", "twice"},
        {"\"version\": 1", "\"version\": 1, \"extra\": 1", "members of the key file"},
        {"\"log\"", "\"lag\"", "members of the key file"},
        {"\"signing\": [", "\"signing\": [7,", "signing[0]"},
        {"\"alg\":\"EdDSA\"", "\"alg\":\"ES256\"", "signing[0]"},
        {"\"alg\":\"EdDSA\"", "\"alg\":\"HS256\"", "alg is"},
        {"\"alg\":\"EdDSA\"", "\"alg\":\"none\"", "alg is"},
        {"\"alg\":\"EdDSA\"", "\"alg\":null", "alg is"},
        {"\"status\":\"signing\"", "\"status\":\"off\"", "status is"},
        {"\"status\":\"signing\"", "\"status\":\"verifying\"", "no key of the status signing"},
        {"\"status\":\"signing\",", "", "members are"},
        {"\"status\":\"signing\",", "\"status\":\"signing\",\"status\":\"signing\",", "twice"},
        {"\"created_at\":1790000000,\"jwk\"", "\"created_at\":-1,\"jwk\"", "created_at"},
        {"\"created_at\":1790000000,\"jwk\"", "\"created_at\":1.5,\"jwk\"", "created_at"},
        {"\"created_at\":1790000000,\"jwk\"", "\"created_at\":9007199254740992,\"jwk\"", "created_at"},
        {kid, std::string(43, 'A'), "thumbprint"},
        {kid, "", "thumbprint"},
        {d, other, "d does not belong"},
        {d, d.substr(1), "32 bytes"},
        {d, d + "==", "base64url"},
        {d, d + "A", "32 bytes"},
        {",\"d\":\"" + d + "\"", "", "private members"},
        {"\"jwk\":{", "\"jwk\":{\"alg\":\"EdDSA\",", "exactly the members"},
        {"\"jwk\":{", "\"jwk\":{\"kty\":\"OKP\",", "twice"},
        {refresh, refresh + "," + refresh, "there already"},
        {refresh, refresh + "," + with(refresh, "\"id\":1", "\"id\":2"), "there already"},
        {refresh, refresh + "," + refresh_entry(1, 'B'), "there already"},
        {refresh, "", "refresh holds no key"},
        {refresh, refresh_entry(-1, 'B'), "id is 0 to 255"},
        {refresh, refresh_entry(256, 'B'), "id is 0 to 255"},
        {refresh, with(refresh_entry(1, 'B'), "BBA\"", "BB\""), "32 bytes"},
        {refresh, with(refresh_entry(1, 'B'), "BBA\"", "BBB\""), "32 bytes"}, // spare bits
        {refresh, with(refresh_entry(1, 'B'), "\"id\":1", "\"id\":1.0"), "id is 0 to 255"},
        {refresh, with(refresh_entry(1, 'B'), "}", ",\"note\":\"\"}"), "members are"},
        {refresh, with(refresh, member(refresh, "key"), log), "log key is also"},
        {log, log.substr(2), "log has"},
        {"\"log\": {", "\"log\": {\"old\":\"\",", "log has"},
        {"\"log\": {\"key\":\"" + log + "\"}", "\"log\": null", "log has"},
        {"\n}\n", "\n} x", "strict JSON"},
        {"\n}\n", "", "strict JSON"},
        {"{\n", "\xEF\xBB\xBF{\n", "strict JSON"},
        {"{\n", "// keys\n{\n", "strict JSON"},
    };
    for (const row& r : rows) {
        BOOST_TEST_CONTEXT(r.what.substr(0, 50) << " -> " << r.by.substr(0, 80)) {
            const parsed_key_file parsed = parse(with(good, r.what, r.by));
            BOOST_TEST((parsed.ring == nullptr));
            BOOST_TEST(parsed.error.find(r.says) != std::string::npos, parsed.error);
            for (const std::string& secret : {d, member(refresh, "key"), log, x}) {
                BOOST_TEST(parsed.error.find(secret) == std::string::npos);
            }
        }
    }
    BOOST_TEST((parse(good).ring != nullptr));
    BOOST_TEST((parse("").ring == nullptr));
    BOOST_TEST((parse(std::string(key_file_size_max + 1, ' ')).error.find("256 KiB") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(times_of_version_2_that_are_wrong_are_refused) {
    const std::string good =
        with(with(key_file(jws_algorithm::eddsa), "\"version\": 1", "\"version\": 2"),
             "\"created_at\":1790000000,\"jwk\"", "\"created_at\":1790000000,\"from\":1790000600,\"jwk\"");
    BOOST_TEST_REQUIRE((parse(good).ring != nullptr), parse(good).error);
    BOOST_TEST((parse(good).ring->signing_from == std::vector{now + seconds(600)}));
    BOOST_TEST((parse(good).ring->signer_at(now) != nullptr)); // the only one there is
    for (const char* from : {"-1", "1.5", "9007199254740992", "\"1790000600\"", "null", "true"}) {
        const std::string text = with(good, "\"from\":1790000600", "\"from\":" + std::string(from));
        BOOST_TEST(parse(text).error.find("from is seconds since 1970") != std::string::npos, from);
    }
    BOOST_TEST(parse(with(good, "\"signing\",", "\"verifying\",")).error.find("no key of the status signing") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(capsule_keys_that_are_wrong_are_refused_with_a_sentence_without_secrets) {
    test::seeded_random random(2); // not the one of the file
    const std::string first = key_file(jws_algorithm::eddsa);
    const std::string good = rotate_capsule_key(first, random, now).text;
    const std::string log = member(good.substr(good.find("\"log\"")), "key"),
                      refresh = member(good.substr(good.find("\"refresh\"")), "key");
    const std::size_t at = good.find("{\"id\":", good.find("\"capsule\""));
    const std::string capsule = good.substr(at, good.find('}', at) + 1 - at), key = member(capsule, "key");
    BOOST_TEST_REQUIRE((parse(good).ring != nullptr), parse(good).error);
    std::string many = capsule;
    for (int id = 2; id <= 17; ++id) {
        many += "," + refresh_entry(id, static_cast<char>('A' + id));
    }
    const struct {
        std::string what, by, says;
    } rows[] = {
        {capsule, "", "capsule holds no key"},
        {capsule, "7", "capsule[0]: members are"},
        {capsule, capsule + "," + capsule, "capsule[1]: this id or key is there already"},
        {capsule, capsule + "," + with(capsule, "\"id\":1", "\"id\":2"), "there already"},
        {capsule, capsule + "," + refresh_entry(1, 'B'), "there already"},
        {capsule, refresh_entry(0, 'B'), "id is 1 to 255"}, // that of the derived one
        {capsule, refresh_entry(-1, 'B'), "id is 1 to 255"},
        {capsule, refresh_entry(256, 'B'), "id is 1 to 255"},
        {capsule, with(refresh_entry(1, 'B'), "BBA\"", "BB\""), "32 bytes"},
        {capsule, with(refresh_entry(1, 'B'), "}", ",\"note\":\"\"}"), "members are"},
        {capsule, with(capsule, key, log), "a capsule key is also another key"},
        {capsule, with(capsule, key, refresh), "a capsule key is also another key"},
        {capsule, many, "capsule has more than 16 keys"},
        {"\"capsule\": [", "\"capsule\": [[],", "capsule[0]"},
        {"\"capsule\": [", "\"capsules\": [", "in version 2 also capsule"},
        {"\"capsule\": [", "\"capsule\": 7, \"x\": [", "in version 2 also capsule"},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.by.substr(0, 60)) {
            const parsed_key_file parsed = parse(with(good, row.what, row.by));
            BOOST_TEST((parsed.ring == nullptr));
            BOOST_TEST(parsed.error.find(row.says) != std::string::npos, parsed.error);
            for (const std::string& secret : {key, log, refresh}) {
                BOOST_TEST(parsed.error.find(secret) == std::string::npos);
            }
        }
    }
    // Version 1 knows no such member.
    BOOST_TEST(parse(with(first, "],\n  \"log\"", "],\n  \"capsule\": [" + capsule + "],\n  \"log\""))
                   .error.find("members of the key file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_keys_one_signs_all_verify) {
    const std::string one = key_file(jws_algorithm::eddsa, 1), two = key_file(jws_algorithm::eddsa, 2);
    const auto entry = [](const std::string& text) {
        const std::size_t start = text.find("{\"kid\""), end = text.find("}}", start) + 2;
        return text.substr(start, end - start);
    };
    BOOST_TEST(parse(with(one, entry(one), entry(one) + "," + entry(two))).error.find("more than one") !=
               std::string::npos);
    BOOST_TEST(parse(with(one, entry(one), entry(one) + "," + with(entry(one), "signing\"", "verifying\"")))
                   .error.find("twice") != std::string::npos);
    const std::string public_half = with(entry(two), ",\"d\":\"" + member(two, "d") + "\"", "");
    for (const std::string& second : {entry(two), public_half}) {
        const parsed_key_file both =
            parse(with(one, entry(one), with(second, "signing\"", "verifying\"") + "," + entry(one)));
        BOOST_TEST_REQUIRE((both.ring != nullptr), both.error);
        BOOST_TEST(both.ring->verifying_keys.size() == 2U);
        BOOST_TEST(both.ring->signing_key->kid() == member(one, "kid"));
        BOOST_TEST(both.ring->find_verifying(member(two, "kid"))->verify("m", parse(two).ring->signing_key->sign("m")));
    }
    std::string many = one;
    for (int i = 0; i < 16; ++i) {
        many = with(many, "\"signing\": [",
                    "\"signing\": [" +
                        with(entry(key_file(jws_algorithm::eddsa, static_cast<unsigned>(100 + i))), "signing\"",
                             "verifying\"") +
                        ",");
    }
    BOOST_TEST(parse(many).error.find("more than 16") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_byte_changed_or_lost_goes_unnoticed_or_does_harm) {
    const std::string good = key_file(jws_algorithm::eddsa);
    const parsed_key_file whole = parse(good);
    for (std::size_t size = 0; size + 1 < good.size(); ++size) { // the last byte is a line's end
        BOOST_TEST_REQUIRE((parse(good.substr(0, size)).ring == nullptr));
    }
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char c : {'\0', '"', '0', 'A', '}', '\xFF'}) {
            std::string changed = good;
            changed[i] = c;
            const parsed_key_file parsed = parse(changed); // a changed symmetric key or date can't be noticed
            if (parsed.ring != nullptr) {
                BOOST_TEST_REQUIRE(parsed.ring->signing_key->kid() == whole.ring->signing_key->kid());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
