#include "core/password/common_passwords.hpp"
#include "core/password/password.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;
using namespace std::string_view_literals;

namespace {

std::optional<std::string> refusal(std::string_view password, std::size_t length_min = 8) {
    password_rules rules;
    rules.length_min = length_min;
    return check_new_password(password, rules, "Ada.Lovelace@example.org", "countess");
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

// `size` bytes that are neither common nor a sequence nor a repetition.
std::string varied(std::size_t size) {
    std::string text = "vK7.q";
    while (text.size() < size) {
        text += static_cast<char>('a' + text.size() * text.size() % 23);
    }
    return text.substr(0, size);
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_rules_)

BOOST_AUTO_TEST_CASE(any_long_enough_text_is_a_password) {
    for (const std::string_view password : {"correct horse battery staple"sv, "        x"sv, "p\xC3\xA4ssw\xC3\xB6rd"sv,
                                            "\xF0\x9F\x90\xA4\xF0\x9F\x90\xA5\xF0\x9F\x90\xA6 chicks"sv,
                                            "tabs\tand\nlines\x01"sv, "nul\0inside"sv, "Tr0ub4dor&3"sv}) {
        BOOST_TEST(!refusal(password).has_value(), std::string(password));
    }
}

BOOST_AUTO_TEST_CASE(without_the_blocklist_common_words_sequences_and_own_names_pass_but_not_the_empty_one) {
    password_rules rules;
    rules.length_min = 1;
    rules.blocklist = false;
    const auto takes = [&](std::string_view password) {
        return !check_new_password(password, rules, "Ada.Lovelace@example.org", "countess");
    };
    for (const std::string_view password :
         {"secret"sv, "Testing123"sv, "password"sv, "a"sv, "12345678"sv, "countess"sv}) {
        BOOST_TEST(takes(password), std::string(password));
    }
    BOOST_TEST(!takes(""));
    BOOST_TEST(!takes("\xFF"));
    BOOST_TEST(!takes(varied(password_size_max + 1)));
    BOOST_TEST(refusal("countess").has_value()); // with it
}

BOOST_AUTO_TEST_CASE(length_counts_code_points_after_nfc) {
    BOOST_TEST(!refusal(varied(8)).has_value());
    BOOST_TEST(refusal(varied(7)).value_or("") == "must be at least 8 characters long");
    BOOST_TEST(refusal("").value_or("") == "must be at least 8 characters long");
    BOOST_TEST(refusal("", 0).value_or("") == "must not be empty");          // never the empty one, whatever the rules
    BOOST_TEST(refusal("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F").has_value());     // 8 bytes, 4 characters
    BOOST_TEST(refusal("a\xCC\x88o\xCC\x88u\xCC\x88i\xCC\x88").has_value()); // 8 code points as typed, 4 in NFC
    BOOST_TEST(!refusal(varied(15), 15).has_value());
    BOOST_TEST(refusal(varied(14), 15).has_value());
}

BOOST_AUTO_TEST_CASE(up_to_1024_bytes_after_nfc_are_taken_whole) {
    BOOST_TEST(!refusal(varied(64)).has_value());
    BOOST_TEST(!refusal(varied(1024)).has_value());
    BOOST_TEST(refusal(varied(1025)).value_or("") == "must be at most 1024 bytes long");
    BOOST_TEST(refusal(varied(100'000)).value_or("") == "must be at most 1024 bytes long");
    BOOST_TEST(!refusal(varied(10) + repeated("e\xCC\x81", 507)).has_value()); // 1531 bytes as typed
    BOOST_TEST(refusal(varied(10) + repeated("e\xCC\x81", 508)).has_value());
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_refused_as_new) {
    for (const std::string_view password : {"abcdefg\xFFq"sv, "abcdefgh\xC3"sv, "\xED\xA0\x80zyxabc99"sv}) {
        BOOST_TEST(refusal(password).value_or("") == "must be well-formed text in UTF-8");
    }
}

BOOST_AUTO_TEST_CASE(common_passwords_are_refused_with_a_reason) {
    for (const std::string_view password :
         {"password"sv, "Password"sv, "PASSWORD1"sv, "iloveyou"sv, "qwertyuiop"sv, "sunshine"sv, "trustno1"sv,
          "Alexander"sv, "basketball"sv, "1q2w3e4r"sv, "passw0rd"sv}) {
        BOOST_TEST(refusal(password).value_or("").starts_with("is a common password"), std::string(password));
    }
    BOOST_TEST(!is_common_password(""));
    BOOST_TEST(!is_common_password("password "));
    BOOST_TEST(!is_common_password("correct horse battery staple"));
}

BOOST_AUTO_TEST_CASE(sequences_and_repetitions_are_refused) {
    for (const std::string_view password : {"00000000"sv, "zzzzzzzzzzzz"sv, "abcdefgh"sv, "45678901"sv, "fedcba98"sv,
                                            "hgfedcba"sv, "12121212"sv, "xyzxyzxyzx"sv, "1234123412"sv, "q8#wq8#w"sv}) {
        const bool refused = refusal(password).has_value();
        BOOST_TEST(refused == (password != "45678901"sv && password != "fedcba98"sv), std::string(password));
    }
}

BOOST_AUTO_TEST_CASE(the_accounts_own_names_are_refused) {
    for (const std::string_view password :
         {"ada.lovelace@example.org"sv, "ADA.LOVELACE@EXAMPLE.ORG"sv, "Ada.Lovelace"sv, "Countess"sv}) {
        BOOST_TEST(refusal(password).value_or("") == "must not be the email or the username", std::string(password));
    }
    BOOST_TEST(!refusal("Ada.Lovelace1815").has_value());
}

BOOST_AUTO_TEST_CASE(marks_of_a_password_are_counted_in_nfc_too) {
    std::string typed = "n"; // and U+0344, two marks in NFC
    for (int i = 0; i < 15; ++i) {
        typed += "\xCD\x84";
    }
    const secret_string normal = normalize_password(typed);
    BOOST_TEST(normal.size() == 61U);
    BOOST_TEST(normalize_password(normal.reveal()).reveal() == normal.reveal());
    BOOST_TEST(normalize_password(typed + "\xCD\x84").empty());
}

BOOST_AUTO_TEST_CASE(nfc_and_nfd_of_a_password_are_one_password) {
    const std::string_view nfc = "Caf\xC3\xA9 \xEA\xB0\x80";
    const std::string_view nfd = "Cafe\xCC\x81 \xE1\x84\x80\xE1\x85\xA1";
    BOOST_TEST(normalize_password(nfc).reveal() == nfc);
    BOOST_TEST(normalize_password(nfd).reveal() == nfc);
    // Compatibility characters stay what they are: NFC, not NFKC.
    BOOST_TEST(normalize_password("\xEF\xAC\x81").reveal() == "\xEF\xAC\x81"); // the ligature fi
}

BOOST_AUTO_TEST_CASE(what_is_no_password_at_all_comes_back_empty) {
    BOOST_TEST(normalize_password("").empty());
    BOOST_TEST(normalize_password("\xFF").empty());
    BOOST_TEST(normalize_password("a" + repeated("\xCC\x81", 31)).empty());
    BOOST_TEST(normalize_password(std::string(1025, 'x')).empty());
    BOOST_TEST(normalize_password(std::string(1'048'576, 'x')).empty());
    BOOST_TEST(normalize_password(std::string(1024, 'x')).size() == 1024U);
    BOOST_TEST(normalize_password("a\0b"sv).reveal() == "a\0b"sv);
}

BOOST_AUTO_TEST_CASE(argon2_costs_are_read_strictly_and_within_the_caps) {
    BOOST_TEST((argon2_cost_from_text("m=19456,t=2,p=1") == argon2_cost{}));
    BOOST_TEST((argon2_cost_from_text("m=8,t=1,p=1") == argon2_cost{8, 1}));
    BOOST_TEST((argon2_cost_from_text("m=1048576,t=64,p=1") == argon2_cost{1048576, 64}));
    for (const char* text : {"", "m=19456", "m=19456,t=2", "m=19456,t=2,p=2", "m=19456,t=2,p=1 ", "m=19456,t=2,p=10",
                             "m=7,t=1,p=1", "m=64,t=0,p=1", "m=1048577,t=1,p=1", "m=64,t=65,p=1", "m=-64,t=1,p=1",
                             "m=4294967360,t=1,p=1", "t=2,m=19456,p=1", "m= 64,t=1,p=1"}) {
        BOOST_TEST(!argon2_cost_from_text(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
