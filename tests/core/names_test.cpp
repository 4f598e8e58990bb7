#include "core/user/names.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;
using namespace std::string_view_literals;

namespace {

std::string why;

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(emails_are_kept_as_typed) {
    const std::string longest_local = repeated("a", 64) + "@example.org";
    const std::string longest = "a@" + repeated(repeated("b", 62) + ".", 3) + repeated("c", 63);
    BOOST_TEST(longest.size() == 254U);
    for (const std::string_view email :
         {"ada@example.org"sv, "Ada.Lovelace@Example.ORG"sv, "a@b"sv, "root@localhost"sv,
          "x+tag@xn--bcher-kva.example"sv, "!#$%&'*+-/=?^_`{|}~@example.org"sv, "1@2.3"sv, "o'brien@a-b.c"sv,
          std::string_view(longest_local), std::string_view(longest)}) {
        const auto checked = check_email(email, why);
        BOOST_TEST_REQUIRE(checked.has_value(), std::string(email));
        BOOST_TEST(*checked == email);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_email_is_refused_with_a_reason) {
    const std::string long_local = repeated("a", 65) + "@example.org";
    const std::string long_label = "a@" + repeated("b", 64);
    const std::string too_long = "a@" + repeated(repeated("b", 62) + ".", 3) + repeated("c", 63) + "d";
    for (const std::string_view email : {""sv,
                                         "@"sv,
                                         "ada"sv,
                                         "ada@"sv,
                                         "@example.org"sv,
                                         "ada@@example.org"sv,
                                         "ada@example@org"sv,
                                         ".ada@example.org"sv,
                                         "ada.@example.org"sv,
                                         "a..b@example.org"sv,
                                         "ada@example..org"sv,
                                         "ada@.org"sv,
                                         "ada@example.org."sv,
                                         "ada@-example.org"sv,
                                         "ada@example-.org"sv,
                                         "ada@exa_mple.org"sv,
                                         "ada lovelace@example.org"sv,
                                         " ada@example.org"sv,
                                         "ada@example.org "sv,
                                         "ada@example.org\n"sv,
                                         "ada\0@example.org"sv,
                                         "ada@example\0.org"sv,
                                         "\"ada\"@example.org"sv,
                                         "ada@[127.0.0.1]"sv,
                                         "ad\xC3\xA4@example.org"sv,
                                         "ada@ex\xC3\xA4mple.org"sv,
                                         "ada(c)@example.org"sv,
                                         "a,b@example.org"sv,
                                         "<ada@example.org>"sv,
                                         std::string_view(long_local),
                                         std::string_view(long_label),
                                         std::string_view(too_long)}) {
        why.clear();
        BOOST_TEST(!check_email(email, why).has_value(), std::string(email));
        BOOST_TEST(!why.empty());
    }
}

BOOST_AUTO_TEST_CASE(usernames_are_nfc_and_otherwise_as_typed) {
    const std::string decomposed = "Ame\xCC\x81lie"; // e + combining acute
    const auto name = check_username(decomposed, "a@b", why);
    BOOST_REQUIRE(name.has_value());
    BOOST_TEST(*name == "Am\xC3\xA9lie");
    BOOST_TEST(check_username("Ada Lovelace", "a@b", why).value_or("") == "Ada Lovelace");
    // Another letter is another name: nothing is mapped beyond canonical equivalence.
    BOOST_TEST(check_username("\xEF\xBC\xA1"
                              "da",
                              "a@b", why)
                   .value_or("") == "\xEF\xBC\xA1"
                                    "da"); // full-width A
}

BOOST_AUTO_TEST_CASE(usernames_that_could_fool_a_reader_or_a_log_are_refused) {
    for (const std::string_view name : {""sv, " ada"sv, "ada "sv,
                                        "\xC2\xA0"
                                        "ada"sv,
                                        "ada\xE3\x80\x80"sv, "a\0b"sv, "a\nb"sv, "a\tb"sv, "a\x1B[31mb"sv, "a\x7F"sv,
                                        "a\xC2\x85"
                                        "b"sv /* NEL */,
                                        "a\xE2\x80\x8B"
                                        "b"sv /* zero width space */,
                                        "a\xE2\x80\xAE"
                                        "b"sv /* right-to-left override */,
                                        "a\xE2\x80\xA8"
                                        "b"sv /* line separator */,
                                        "a\xE2\x80\xA9"
                                        "b"sv,
                                        "\xEF\xBB\xBF"
                                        "ada"sv /* BOM */,
                                        "a\xC2\xAD"
                                        "b"sv,
                                        "admin\n{\"level\":\"forged\"}"sv}) {
        why.clear();
        BOOST_TEST(!check_username(name, "a@b", why).has_value(), std::string(name));
        BOOST_TEST(!why.empty());
    }
}

BOOST_AUTO_TEST_CASE(names_with_letters_that_can_not_be_seen_are_refused) {
    for (const char* const letter :
         {"\u034F" /* combining grapheme joiner */, "\u115F" /* Hangul fillers */, "\u1160", "\u3164", "\uFFA0",
          "\u17B4" /* Khmer inherent vowels */, "\u17B5", "\uE000" /* private use */, "\uF8FF", "\U000F0000",
          "\U0010FFFD", "\u0378" /* unassigned */, "\u2065", "\U000E0080", "\uFFFF" /* no character */, "\U0001FFFE",
          "\u2800" /* Braille without a dot */}) {
        for (const std::string& name :
             {"ad" + std::string(letter) + "a", std::string(letter) + "x", "x" + std::string(letter)}) {
            why.clear();
            BOOST_TEST(!check_username(name, "a@b", why).has_value(), name);
            BOOST_TEST(why.find("can't be seen") != std::string::npos, why);
            BOOST_TEST(!check_personal_name(name, why).has_value(), name);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_form_of_a_letter_may_be_chosen_in_a_personal_name_and_not_in_a_username) {
    for (const char* const name : {"\u845B\U000E0100\u57CE", "Ann \u2764\uFE0F", "\u1820\u180B"}) {
        BOOST_TEST(check_personal_name(name, why).value_or("") == name);
        BOOST_TEST(!check_username(name, "a@b", why).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(letters_signs_and_symbols_that_are_seen_are_names) {
    for (const char* const name : {"\u674E \u5C0F\u9F99", "\u0627\u0644", "\u0E01\u0E33", "\U0001F600", "\u2801",
                                   "\uAC00", "\U00020BB7", "a\u0323"}) {
        BOOST_TEST(check_username(name, "a@b", why).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_no_name) {
    for (const std::string_view name :
         {"\xFF"sv, "a\x80"sv, "\xC0\xAF"sv /* overlong */, "\xED\xA0\x80"sv /* surrogate */,
          "\xF4\x90\x80\x80"sv /* beyond U+10FFFF */, "\xC3"sv, "a\xE2\x82"sv}) {
        BOOST_TEST(!check_username(name, "a@b", why).has_value());
        BOOST_TEST(!check_personal_name(name, why).has_value());
        BOOST_TEST(fold_login_name(name) == std::string(name));
    }
}

BOOST_AUTO_TEST_CASE(a_username_with_an_at_sign_is_the_accounts_own_email) {
    BOOST_TEST(check_username("ada@example.org", "ada@example.org", why).has_value());
    BOOST_TEST(check_username("ADA@example.org", "ada@Example.org", why).has_value());
    BOOST_TEST(!check_username("eve@example.org", "ada@example.org", why).has_value());
    BOOST_TEST(!check_username("@", "ada@example.org", why).has_value());
}

BOOST_AUTO_TEST_CASE(sizes_count_bytes_after_nfc) {
    BOOST_TEST(check_username(repeated("a", 254), "a@b", why).has_value());
    BOOST_TEST(!check_username(repeated("a", 255), "a@b", why).has_value());
    // 127 times e and acute: 381 bytes as typed, 254 in NFC.
    BOOST_TEST(check_username(repeated("e\xCC\x81", 127), "a@b", why).has_value());
    BOOST_TEST(!check_username(repeated("e\xCC\x81", 128), "a@b", why).has_value());
    // U+0390 as three code points: three times as long as in NFC, the worst there is.
    BOOST_TEST(check_username(repeated("\xCE\xB9\xCC\x88\xCC\x81", 127), "a@b", why).has_value());
    // U+0958 grows in NFC.
    BOOST_TEST(!check_username(repeated("\xE0\xA5\x98", 80), "a@b", why).has_value());
    BOOST_TEST(!check_username(repeated("a", 100'000), "a@b", why).has_value());
}

BOOST_AUTO_TEST_CASE(a_heap_of_combining_marks_is_no_text) {
    BOOST_TEST(check_username("a" + repeated("\xCC\xA3", 30), "a@b", why).has_value());
    BOOST_TEST(!check_username("a" + repeated("\xCC\xA3", 31), "a@b", why).has_value());
    BOOST_TEST(check_username(repeated("a\xCC\xA3", 60), "a@b", why).has_value());
}

// What is stored is taken again by every later look, such as an import of an export.
BOOST_AUTO_TEST_CASE(marks_are_counted_in_nfc_too) {
    // U+0344 is two marks in NFC.
    BOOST_TEST(check_username("n" + repeated("\xCD\x84", 15), "a@b", why).has_value());
    BOOST_TEST(!check_username("n" + repeated("\xCD\x84", 16), "a@b", why).has_value());
    // U+0958 is a letter and a mark there.
    BOOST_TEST(check_username("\xE0\xA5\x98" + repeated("\xCC\xA3", 29), "a@b", why).has_value());
    BOOST_TEST(!check_username("\xE0\xA5\x98" + repeated("\xCC\xA3", 30), "a@b", why).has_value());
    // A mark that sorts first takes the place of the letter's own.
    const auto stored = check_username("\xC7\x96" + repeated("\xCC\xA8", 29), "a@b", why);
    BOOST_REQUIRE(stored.has_value());
    BOOST_TEST((check_username(*stored, "a@b", why) == stored));
    BOOST_TEST(!check_username("\xC7\x96" + repeated("\xCC\xA8", 30), "a@b", why).has_value());
    BOOST_TEST(fold_login_name("N" + repeated("\xCD\x84", 16)) == "n" + repeated("\xCD\x84", 16));
}

BOOST_AUTO_TEST_CASE(personal_names_may_be_empty_and_hold_any_script) {
    BOOST_TEST(check_personal_name("", why).value_or("x").empty());
    BOOST_TEST(check_personal_name("\xE6\x9D\x8E \xE5\xB0\x8F\xE9\xBE\x99", why).has_value());
    BOOST_TEST(check_personal_name(repeated("n", 256), why).has_value());
    BOOST_TEST(!check_personal_name(repeated("n", 257), why).has_value());
    BOOST_TEST(!check_personal_name("a\x01", why).has_value());
}

BOOST_AUTO_TEST_CASE(names_are_one_key_whatever_their_case_and_composition) {
    BOOST_TEST(fold_login_name("Ada@Example.ORG") == "ada@example.org");
    BOOST_TEST(fold_login_name("Ame\xCC\x81lie") == fold_login_name("AM\xC3\xA9LIE"));
    // Only A-Z is folded: a capital E with acute is another letter.
    BOOST_TEST(fold_login_name("\xC3\x89") != fold_login_name("\xC3\xA9"));
    BOOST_TEST(fold_login_name("").empty());
    BOOST_TEST(fold_login_name("a\0B"sv) == "a\0b"sv);
    BOOST_TEST(fold_login_name(repeated("X", 5000)).size() == 5000U);
}

BOOST_AUTO_TEST_CASE(folding_a_stored_name_finds_it_again) {
    for (const std::string_view typed : {"Ame\xCC\x81lie"sv, "\xE1\x84\x80\xE1\x85\xA1"sv /* Hangul jamo */,
                                         "\xE2\x84\xAB"sv /* angstrom */, "\xE0\xA5\x98"sv, "Ada"sv}) {
        const auto stored = check_username(typed, "a@b", why);
        BOOST_REQUIRE(stored.has_value());
        BOOST_TEST(fold_login_name(typed) == fold_login_name(*stored));
        BOOST_TEST(fold_login_name(fold_login_name(typed)) == fold_login_name(typed));
    }
}

BOOST_AUTO_TEST_SUITE_END()
