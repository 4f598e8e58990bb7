#include "core/password/stored_hash.hpp"
#include "tests/core/password_vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace std::string_literals;

namespace {

const std::string salt = "MDEyMzQ1Njc4OWFiY2RlZg";                      // 16 bytes
const std::string hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; // 32 bytes
const std::string bcrypt = "$2b$05$NNNNNNNNNNNNNNNNNNNNNuBi0LoI4h5n8AL11r2r5gBbrbvufNkje";

std::string argon2(const std::string& cost, const std::string& s = salt, const std::string& h = hash) {
    return "$argon2id$v=19$" + cost + "$" + s + "$" + h;
}

// What PHC's text is for a hash that Django wrote its own word in front of.
std::string without_django(const std::string& text) {
    const std::string word = "argon2";
    return text.starts_with(word + "$argon2") ? text.substr(word.size()) : text;
}

bool known(const std::string& text) {
    return scheme_of(text) != hash_scheme::unknown;
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_stored_hash)

BOOST_AUTO_TEST_CASE(every_scheme_is_told_by_its_text) {
    BOOST_TEST((scheme_of(argon2("m=64,t=1,p=1")) == hash_scheme::argon2id));
    BOOST_TEST((scheme_of("$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + hash) == hash_scheme::argon2i));
    BOOST_TEST((scheme_of("$argon2d$m=64,t=1,p=1$" + salt + "$" + hash) == hash_scheme::argon2d));
    BOOST_TEST((scheme_of(bcrypt) == hash_scheme::bcrypt));
    for (const test::password_vector& v : test::password_vectors) {
        BOOST_TEST(known(std::string(v.stored)), std::string(v.stored));
    }
}

BOOST_AUTO_TEST_CASE(argon2_text_goes_there_and_back) {
    for (const test::password_vector& v : test::password_vectors) {
        const auto parsed = parse_stored_hash(v.stored);
        BOOST_REQUIRE(parsed.has_value());
        if (const auto* h = std::get_if<argon2_hash>(&*parsed)) {
            BOOST_TEST(to_text(*h) == without_django(std::string(v.stored)));
        }
    }
}

BOOST_AUTO_TEST_CASE(costs_above_the_caps_are_refused_before_any_work) {
    BOOST_TEST(known(argon2("m=1048576,t=64,p=16")));
    BOOST_TEST(!known(argon2("m=1048577,t=1,p=1")));
    BOOST_TEST(!known(argon2("m=4194304,t=1,p=1"))); // 4 GiB
    BOOST_TEST(!known(argon2("m=4294967296,t=1,p=1")));
    BOOST_TEST(!known(argon2("m=64,t=65,p=1")));
    BOOST_TEST(!known(argon2("m=64,t=1000000000,p=1")));
    BOOST_TEST(!known(argon2("m=1024,t=1,p=17")));
    BOOST_TEST(!known(argon2("m=99999999999999999999999,t=1,p=1")));
    BOOST_TEST(known("$2b$16$" + bcrypt.substr(7)));
    BOOST_TEST(!known("$2b$17$" + bcrypt.substr(7)));
    BOOST_TEST(!known("$2b$31$" + bcrypt.substr(7)));
    BOOST_TEST(known("$pbkdf2-sha256$10000000$" + salt + "$" + hash));
    BOOST_TEST(!known("$pbkdf2-sha256$10000001$" + salt + "$" + hash));
    BOOST_TEST(known("pbkdf2_sha256$10000000$salt$" + hash + "="));
    BOOST_TEST(!known("pbkdf2_sha256$10000001$salt$" + hash + "="));
}

BOOST_AUTO_TEST_CASE(costs_below_what_the_function_takes_are_refused) {
    for (const char* cost : {"m=7,t=1,p=1", "m=15,t=1,p=2", "m=64,t=0,p=1", "m=64,t=1,p=0"}) {
        BOOST_TEST(!known(argon2(cost)), cost);
    }
    BOOST_TEST(known(argon2("m=8,t=1,p=1")));
    BOOST_TEST(!known("$2b$03$" + bcrypt.substr(7)));
    BOOST_TEST(!known("$pbkdf2-sha256$0$" + salt + "$" + hash));
}

BOOST_AUTO_TEST_CASE(there_is_one_text_for_a_value) {
    for (const char* cost :
         {"m=064,t=1,p=1", "m=64,t=01,p=1", "m=+64,t=1,p=1", "m= 64,t=1,p=1", "m=64, t=1,p=1", "t=1,m=64,p=1",
          "m=64,t=1", "m=64,t=1,p=1,", "m=64,t=1,p=1,keyid=Zm9v", "m=,t=1,p=1", "m=6a4,t=1,p=1"}) {
        BOOST_TEST(!known(argon2(cost)), cost);
    }
    BOOST_TEST(!known("$argon2id$v=18$m=64,t=1,p=1$" + salt + "$" + hash));
    BOOST_TEST(!known("$argon2id$v=019$m=64,t=1,p=1$" + salt + "$" + hash));
    BOOST_TEST(!known("$argon2id$$m=64,t=1,p=1$" + salt + "$" + hash));
    BOOST_TEST(!known("$Argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + hash));
    BOOST_TEST(!known("argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + hash));
    BOOST_TEST(!known("$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + hash + "$"));
    BOOST_TEST(!known("$argon2id$v=19$m=64,t=1,p=1$" + salt + "$"));
    BOOST_TEST(!known("$argon2id$v=19$m=64,t=1,p=1$" + salt));
    BOOST_TEST(!known(""));
    BOOST_TEST(!known("$"));
    BOOST_TEST(!known("$argon2id$"));
}

BOOST_AUTO_TEST_CASE(base64_is_canonical) {
    const std::string cost = "m=64,t=1,p=1";
    BOOST_TEST(!known(argon2(cost, salt + "==")));              // padded
    BOOST_TEST(!known(argon2(cost, salt, hash + "=")));         //
    BOOST_TEST(!known(argon2(cost, "MDEyMzQ1Njc4OWFiY2RlZh"))); // spare bits set
    BOOST_TEST(!known(argon2(cost, "MDEyMzQ1Njc4OWFiY2RlZ")));  // 4n+1 characters
    BOOST_TEST(!known(argon2(cost, "MDEyMzQ1Njc4OWFiY2Rl_g"))); // another alphabet
    BOOST_TEST(!known(argon2(cost, "MDEyMzQ1Njc4 WFiY2RlZg"))); // white space
    BOOST_TEST(!known(argon2(cost, salt + "\n")));              //
    BOOST_TEST(!known("$pbkdf2-sha256$1$+/77$" + hash));        // passlib writes '.'
    BOOST_TEST(known("$pbkdf2-sha256$1$./77$" + hash));         //
    BOOST_TEST(!known("pbkdf2_sha256$1$salt$" + hash));         // Django pads
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded) {
    const std::string cost = "m=64,t=1,p=1";
    BOOST_TEST(known(argon2(cost, "AAAAAAAAAAA")));                              // 8 bytes
    BOOST_TEST(!known(argon2(cost, "AAAAAAAAAA")));                              // 7 bytes
    BOOST_TEST(!known(argon2(cost, std::string(4 * 43, 'A'))));                  // 129 bytes
    BOOST_TEST(known(argon2(cost, salt, std::string(16, 'A'))));                 // 12 bytes
    BOOST_TEST(!known(argon2(cost, salt, std::string(15, 'A'))));                // 11 bytes: too easily hit
    BOOST_TEST(!known(argon2(cost, salt, std::string(88, 'A'))));                // 66 bytes
    BOOST_TEST(!known("$pbkdf2-sha256$1$" + salt + "$" + std::string(40, 'A'))); // 30 bytes
    BOOST_TEST(!known("pbkdf2_sha256$1$" + std::string(129, 's') + "$" + hash + "="));
    BOOST_TEST(!known("pbkdf2_sha256$1$sa lt$" + hash + "="));
    BOOST_TEST(!known("pbkdf2_sha256$1$sa\0lt$"s + hash + "="));
    BOOST_TEST(!known(argon2(cost) + std::string(stored_hash_size_max, ' ')));
}

BOOST_AUTO_TEST_CASE(bcrypt_text_is_60_characters_of_its_alphabet) {
    BOOST_TEST(known("$2a" + bcrypt.substr(3)));
    BOOST_TEST(known("$2y" + bcrypt.substr(3)));
    BOOST_TEST(!known("$2x" + bcrypt.substr(3)));
    BOOST_TEST(!known("$2" + bcrypt.substr(3)));
    BOOST_TEST(!known("$2b$5$" + bcrypt.substr(7) + "x"));
    BOOST_TEST(!known("$2b$0a$" + bcrypt.substr(7)));
    BOOST_TEST(!known("$2b$005$" + bcrypt.substr(8)));
    BOOST_TEST(!known(bcrypt + "x"));
    BOOST_TEST(!known(bcrypt.substr(0, 59)));
    BOOST_TEST(!known(bcrypt.substr(0, 59) + "+"));
    BOOST_TEST(!known(bcrypt.substr(0, 59) + "\0"s));
    BOOST_TEST(!known(bcrypt.substr(0, 30) + "$" + bcrypt.substr(31)));
}

BOOST_AUTO_TEST_CASE(the_forms_of_other_systems_are_told_by_their_text) {
    const std::string hash_64 = std::string(85, 'A') + "A";
    BOOST_TEST((scheme_of("$pbkdf2-sha512$1$" + salt + "$" + hash_64) == hash_scheme::pbkdf2_sha512));
    BOOST_TEST((scheme_of("$pbkdf2-sha256$1$" + salt + "$" + hash_64) == hash_scheme::pbkdf2_sha256)); // Keycloak
    BOOST_TEST((scheme_of("$scrypt$ln=10,r=8,p=1$" + salt + "$" + hash) == hash_scheme::scrypt));
    BOOST_TEST((scheme_of("scrypt$1024$salt$8$5$" + hash + "=") == hash_scheme::scrypt));
    BOOST_TEST((scheme_of("scrypt:1024:8:1$salt$" + std::string(64, '0')) == hash_scheme::scrypt));
    BOOST_TEST((scheme_of("pbkdf2:sha256:1$salt$" + std::string(64, '0')) == hash_scheme::pbkdf2_sha256));
    BOOST_TEST((scheme_of("pbkdf2:sha512:1$salt$" + std::string(128, '0')) == hash_scheme::pbkdf2_sha512));
    BOOST_TEST((scheme_of("bcrypt$" + bcrypt) == hash_scheme::bcrypt));
    BOOST_TEST((scheme_of("bcrypt_sha256$" + bcrypt) == hash_scheme::bcrypt_of_digest));
    BOOST_TEST((scheme_of("$bcrypt-sha256$v=2,t=2b,r=5$" + bcrypt.substr(7, 22) + "$" + bcrypt.substr(29)) ==
                hash_scheme::bcrypt_of_digest));
    BOOST_TEST((scheme_of("argon2" + argon2("m=64,t=1,p=1")) == hash_scheme::argon2id));
    BOOST_TEST((scheme_of("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + hash + "=$AAAA$" + hash + "=") ==
                hash_scheme::firebase_scrypt));
    BOOST_TEST(
        (scheme_of("$fbscrypt$v=1,n=14,r=8,p=1,sk=" + hash + "=$AAAA$" + hash + "=") == hash_scheme::firebase_scrypt));
}

BOOST_AUTO_TEST_CASE(the_forms_of_other_systems_are_capped_and_canonical) {
    const auto scrypt = [](const std::string& cost) { return "$scrypt$" + cost + "$" + salt + "$" + hash; };
    BOOST_TEST(known(scrypt("ln=19,r=8,p=1")));
    BOOST_TEST(!known(scrypt("ln=20,r=8,p=1"))); // over 1 GiB
    BOOST_TEST(!known(scrypt("ln=21,r=1,p=1")));
    BOOST_TEST(!known(scrypt("ln=16,r=1,p=1"))); // which scrypt itself refuses
    BOOST_TEST(known(scrypt("ln=15,r=1,p=1")));
    BOOST_TEST(!known(scrypt("ln=10,r=33,p=1")));
    BOOST_TEST(!known(scrypt("ln=10,r=8,p=17")));
    BOOST_TEST(!known(scrypt("ln=0,r=8,p=1")));
    BOOST_TEST(!known(scrypt("ln=10,r=0,p=1")));
    BOOST_TEST(!known(scrypt("ln=010,r=8,p=1")));
    BOOST_TEST(!known(scrypt("r=8,ln=10,p=1")));
    BOOST_TEST(!known(scrypt("ln=10,r=8,p=1,")));
    BOOST_TEST(!known("scrypt$1000$salt$8$1$" + hash + "=")); // no power of two
    BOOST_TEST(!known("scrypt$1$salt$8$1$" + hash + "="));
    BOOST_TEST(!known("scrypt$1024$salt$8$1$" + hash)); // Django pads
    BOOST_TEST(!known("scrypt:1024:8:1$salt$" + std::string(64, 'A')));
    BOOST_TEST(!known("scrypt:1024:8:1$salt$" + std::string(63, '0')));
    BOOST_TEST(!known("scrypt:1024:8$salt$" + std::string(64, '0')));
    BOOST_TEST(!known("pbkdf2:sha1:1$salt$" + std::string(64, '0')));
    BOOST_TEST(!known("pbkdf2:sha256:10000001$salt$" + std::string(64, '0')));
    BOOST_TEST(!known("pbkdf2:sha256$salt$" + std::string(64, '0')));
    BOOST_TEST(!known("pbkdf2:sha512:1$salt$" + std::string(64, '0')));
    BOOST_TEST(!known("$pbkdf2-sha512$1$" + salt + "$" + hash));
    BOOST_TEST(!known("bcrypt$$2b$17$" + bcrypt.substr(7)));
    BOOST_TEST(!known("bcrypt$bcrypt$" + bcrypt));
    BOOST_TEST(!known("argon2argon2$argon2id$"));
    const auto passlib = [](const std::string& head) {
        return "$bcrypt-sha256$" + head + "$" + bcrypt.substr(7, 22) + "$" + bcrypt.substr(29);
    };
    BOOST_TEST(known(passlib("v=2,t=2b,r=16")));
    BOOST_TEST(!known(passlib("v=2,t=2b,r=17")));
    BOOST_TEST(!known(passlib("v=2,t=2b,r=3")));
    BOOST_TEST(!known(passlib("v=2,t=2b,r=05")));
    BOOST_TEST(!known(passlib("v=1,t=2b,r=5")));
    const auto firebase = [](const std::string& cost, const std::string& key) {
        return "$fbscrypt$v=1," + cost + ",ss=Bw==,sk=" + key + "$AAAA$" + hash + "=";
    };
    BOOST_TEST(!known(firebase("n=20,r=8,p=1", hash + "=")));
    BOOST_TEST(!known(firebase("n=14,r=8,p=1", "AAAA"))); // the hash is as long as the key
    BOOST_TEST(!known(firebase("n=14,r=8,p=1", "")));
    BOOST_TEST(!known("$fbscrypt$v=1,n=14,r=8,p=1$AAAA$" + hash + "="));
    BOOST_TEST(!known("$fbscrypt$v=2,n=14,r=8,p=1,sk=" + hash + "=$AAAA$" + hash + "="));
}

// Every byte of a good text changed to every other: what is still taken is the one text of another value.
BOOST_AUTO_TEST_CASE(one_changed_byte_is_refused_or_is_another_canonical_text) {
    std::size_t wrong = 0; // a check for each of 10^5 would be too slow
    for (std::size_t i = 3; i < test::password_vectors.size(); i += 7) {
        const std::string good(test::password_vectors[i].stored);
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string changed = good;
                changed[at] = static_cast<char>(byte);
                const auto parsed = parse_stored_hash(changed);
                const auto* h = parsed ? std::get_if<argon2_hash>(&*parsed) : nullptr;
                wrong += h != nullptr && to_text(*h) != without_django(changed) ? 1U : 0U;
            }
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
