#include "core/password/password.hpp"
#include "tests/core/password_vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;

namespace {

constexpr argon2_cost cheap{64, 1};

class counting_random : public random_source {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            byte = next_++;
        }
    }

private:
    std::uint8_t next_ = 1;
};

} // namespace

BOOST_AUTO_TEST_SUITE(password_hash)

BOOST_AUTO_TEST_CASE(hashes_made_by_others_verify) {
    for (const test::password_vector& v : test::password_vectors) {
        const bool expected = !v.password.empty(); // the empty password never logs in
        BOOST_TEST(verify_password_blocking(secret_string(v.password), v.stored) == expected, std::string(v.stored));
    }
}

BOOST_AUTO_TEST_CASE(hashes_made_by_others_refuse_another_password) {
    for (const test::password_vector& v : test::password_vectors) {
        std::string other(v.password);
        other += other.size() >= 72 ? "" : "!"; // bcrypt reads 72 bytes
        if (other.size() >= 72) {
            other[0] = 'y';
        }
        BOOST_TEST(!verify_password_blocking(secret_string(other), v.stored), std::string(v.stored));
    }
}

// The vectors of the reference code's test.c (phc-winner-argon2), version 0x13.
BOOST_AUTO_TEST_CASE(vectors_of_the_argon2_reference_verify) {
    const secret_string password("password");
    for (const char* stored : {
             "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
             "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
             "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
         }) {
        BOOST_TEST(verify_password_blocking(password, stored), stored);
    }
}

// The hash printed in the first FastAPI tutorial, copied into many data bases, with "secret" beside it.
BOOST_AUTO_TEST_CASE(the_hash_of_the_first_fastapi_tutorial_is_not_one_of_secret) {
    BOOST_TEST(!verify_password_blocking(secret_string("secret"),
                                         "$2b$12$UNUiNWcgpLwrsivjxRzX9.fhExTqHNAd1s1pu1rXC6nPfThTVIHlK"));
    BOOST_TEST(verify_password_blocking(secret_string("secret"),
                                        "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"));
}

BOOST_AUTO_TEST_CASE(a_hash_of_ours_verifies_its_password_alone) {
    counting_random random;
    const secret_string password("correct horse battery staple");
    const std::string stored = hash_password_blocking(password, cheap, random);
    BOOST_TEST(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$AQIDBAUGBwgJCgsMDQ4PEA$"));
    BOOST_TEST(verify_password_blocking(password, stored));
    BOOST_TEST(!verify_password_blocking(secret_string("correct horse battery stapl"), stored));
    BOOST_TEST(!verify_password_blocking(secret_string("Correct horse battery staple"), stored));
    BOOST_TEST(!verify_password_blocking(secret_string(""), stored));
    BOOST_TEST(hash_password_blocking(password, cheap, random) != stored); // another salt
}

BOOST_AUTO_TEST_CASE(an_empty_password_matches_nothing_not_even_its_own_hash) {
    counting_random random;
    const std::string stored = hash_password_blocking(secret_string(""), cheap, random);
    BOOST_TEST(!verify_password_blocking(secret_string(""), stored));
}

BOOST_AUTO_TEST_CASE(a_nul_counts_in_a_password_but_for_bcrypt_where_it_matches_nothing) {
    counting_random random;
    using namespace std::string_view_literals;
    const std::string stored = hash_password_blocking(secret_string("secret\0tail"sv), cheap, random);
    BOOST_TEST(verify_password_blocking(secret_string("secret\0tail"sv), stored));
    BOOST_TEST(!verify_password_blocking(secret_string("secret"sv), stored));
    const std::string_view bcrypt = "$2b$05$NNNNNNNNNNNNNNNNNNNNNuBi0LoI4h5n8AL11r2r5gBbrbvufNkje";
    BOOST_TEST(verify_password_blocking(secret_string("secret"sv), bcrypt));
    BOOST_TEST(!verify_password_blocking(secret_string("secret\0"sv), bcrypt));
    BOOST_TEST(!verify_password_blocking(secret_string("secret\0tail"sv), bcrypt));
}

BOOST_AUTO_TEST_CASE(bcrypt_reads_72_bytes_of_a_password_of_any_size) {
    const std::string_view of_72 = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    for (const std::size_t size : {72U, 73U, 512U, 1024U}) {
        BOOST_TEST(verify_password_blocking(secret_string(std::string(size, 'x')), of_72));
    }
    BOOST_TEST(!verify_password_blocking(secret_string(std::string(71, 'x')), of_72));
}

BOOST_AUTO_TEST_CASE(of_a_long_password_only_plain_bcrypt_leaves_a_part_out) {
    const std::string_view plain = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    const secret_string of_72(std::string(72, 'x')), of_73(std::string(73, 'x'));
    BOOST_TEST(counts_whole(of_72, plain));
    BOOST_TEST(!counts_whole(of_73, plain));
    BOOST_TEST(!counts_whole(of_73, "bcrypt$" + std::string(plain)));
    BOOST_TEST(counts_whole(of_73, "bcrypt_sha256$" + std::string(plain)));
    BOOST_TEST(counts_whole(of_73, "$pbkdf2-sha256$1$./77$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

BOOST_AUTO_TEST_CASE(spare_bits_in_a_bcrypt_salt_are_forgiven) {
    BOOST_TEST(verify_password_blocking(secret_string("secret"),
                                        "$2b$05$NNNNNNNNNNNNNNNNNNNNNvBi0LoI4h5n8AL11r2r5gBbrbvufNkje"));
}

BOOST_AUTO_TEST_CASE(unknown_hashes_match_nothing) {
    for (const char* stored : {"", "secret", "*", "!", "x", "*0", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "$2b$", "{SHA}x"}) {
        BOOST_TEST(!verify_password_blocking(secret_string("secret"), stored));
        BOOST_TEST((scheme_of(stored) == hash_scheme::unknown));
    }
}

BOOST_AUTO_TEST_CASE(only_argon2id_at_todays_cost_is_left_as_it_is) {
    counting_random random;
    const std::string stored = hash_password_blocking(secret_string("secret"), cheap, random);
    BOOST_TEST(!needs_rehash(stored, cheap));
    BOOST_TEST(needs_rehash(stored, argon2_cost{64, 2}));
    BOOST_TEST(needs_rehash(stored, argon2_cost{128, 1}));
    for (const test::password_vector& v : test::password_vectors) {
        const bool ours = v.stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$");
        BOOST_TEST(needs_rehash(v.stored, cheap) == !ours, std::string(v.stored));
    }
    BOOST_TEST(needs_rehash("garbage", cheap));
    const auto changed = [&stored](const std::string& from, const std::string& to) {
        return std::string(stored).replace(stored.find(from), from.size(), to);
    };
    BOOST_TEST(needs_rehash(changed("p=1", "p=2"), cheap));
    BOOST_TEST(needs_rehash(changed("v=19", "v=16"), cheap));
    BOOST_TEST(needs_rehash(changed("argon2id", "argon2i"), cheap));
}

BOOST_AUTO_TEST_CASE(a_dummy_costs_what_a_hash_of_ours_costs_and_matches_nothing) {
    const std::string dummy = dummy_hash(cheap);
    BOOST_TEST((scheme_of(dummy) == hash_scheme::argon2id));
    BOOST_TEST(!needs_rehash(dummy, cheap));
    for (const char* password : {"", "secret", "password"}) {
        BOOST_TEST(!verify_password_blocking(secret_string(password), dummy));
    }
    BOOST_TEST(dummy_hash({}).starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

BOOST_AUTO_TEST_CASE(every_hash_has_a_dummy_of_its_cost_that_matches_nothing) {
    for (const test::password_vector& v : test::password_vectors) {
        const std::string dummy = dummy_like(v.stored);
        BOOST_TEST((scheme_of(dummy) != hash_scheme::unknown), std::string(v.stored));
        BOOST_TEST(dummy_like(dummy) == dummy);
        if (!v.stored.starts_with("$fbscrypt$")) { // not cheap
            BOOST_TEST(!verify_password_blocking(secret_string(v.password), dummy), dummy);
        }
    }
    BOOST_TEST(dummy_like(dummy_hash(cheap)) == dummy_hash(cheap));
    BOOST_TEST(dummy_like("").empty());
    BOOST_TEST(dummy_like("$1$salt$qJH7.N4xYta3aEG/dfqo/0").empty());
}

BOOST_AUTO_TEST_CASE(dummies_differ_by_what_costs_differently_alone) {
    const std::string bcrypt = "abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
    const std::string dots(53, '.');
    BOOST_TEST(dummy_like("$2a$12$" + bcrypt) == "$2b$12$" + dots);
    BOOST_TEST(dummy_like("bcrypt_sha256$$2b$12$" + bcrypt) == "$2b$12$" + dots);
    BOOST_TEST(dummy_like("$2y$05$" + bcrypt) == "$2b$05$" + dots);
    const std::string zeros_64(128, '0'), zeros_32(64, '0');
    const std::string sha256 = dummy_like("pbkdf2:sha256:1000$salt$" + zeros_32);
    BOOST_TEST(sha256 == dummy_like("pbkdf2:sha256:1000$another$" + zeros_32));
    BOOST_TEST(sha256 != dummy_like("pbkdf2:sha256:1000$salt$" + zeros_64)); // two blocks of it
    BOOST_TEST(sha256 != dummy_like("pbkdf2:sha256:1001$salt$" + zeros_32));
    BOOST_TEST(dummy_like("scrypt:1024:8:1$salt$" + zeros_64) == dummy_like("scrypt:1024:8:1$other$" + zeros_32));
    BOOST_TEST(dummy_like("scrypt:1024:8:1$salt$" + zeros_64) != dummy_like("scrypt:1024:8:2$salt$" + zeros_64));
    // libargon2, which is slower, verifies what libsodium can't.
    const std::string hash = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    BOOST_TEST(dummy_like("$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg" + hash) == dummy_hash(cheap));
    BOOST_TEST(dummy_like("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA" + hash) != dummy_hash(cheap));
}

BOOST_AUTO_TEST_CASE(a_password_of_any_accepted_size_can_be_hashed) {
    counting_random random;
    const secret_string longest(std::string(password_size_max, 'p'));
    const std::string stored = hash_password_blocking(longest, cheap, random);
    BOOST_TEST(verify_password_blocking(longest, stored));
    BOOST_TEST(!verify_password_blocking(secret_string(std::string(password_size_max - 1, 'p')), stored));
}

BOOST_AUTO_TEST_SUITE_END()
