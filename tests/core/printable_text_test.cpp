#include "core/text/printable_text.hpp"

#include "core/text/unicode.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;

namespace {

std::string utf8(std::uint32_t c) {
    const auto more = [c](unsigned shift) { return static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        return {static_cast<char>(c)};
    }
    if (c < 0x800) {
        return {static_cast<char>(0xC0U | c >> 6U), more(0)};
    }
    if (c < 0x10000) {
        return {static_cast<char>(0xE0U | c >> 12U), more(6), more(0)};
    }
    return {static_cast<char>(0xF0U | c >> 18U), more(12), more(6), more(0)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(printable_text)

BOOST_AUTO_TEST_CASE(what_turns_text_around_or_breaks_its_lines_is_hidden) {
    for (const std::uint32_t c :
         {0x00U,   0x09U,   0x0AU,   0x1BU,   0x1FU,   0x7FU,   0x80U,   0x85U,   0x9BU,    0x9FU,   0x61CU,  0x200BU,
          0x200EU, 0x200FU, 0x2028U, 0x2029U, 0x202AU, 0x202BU, 0x202CU, 0x202DU, 0x202EU,  0x2066U, 0x2067U, 0x2068U,
          0x2069U, 0x2060U, 0x206AU, 0x206FU, 0xFEFFU, 0xFFF9U, 0xFFFBU, 0x180EU, 0xE0001U, 0xE007FU}) {
        BOOST_TEST_CONTEXT(c) {
            BOOST_TEST(is_hidden_code_point(c));
            BOOST_TEST(printable_size(utf8(c) + "x") == 0U);
            BOOST_TEST(printable(utf8(c)).front() == '\\');
        }
    }
    for (const std::uint32_t c :
         {0x20U, 0x7EU, 0xA0U, 0xE9U, 0x5D0U, 0x2010U, 0x2027U, 0x202FU, 0x2070U, 0xFFFDU, 0x1F600U, 0x10FFFFU}) {
        BOOST_TEST_CONTEXT(c) {
            BOOST_TEST(!is_hidden_code_point(c));
            BOOST_TEST(printable_size(utf8(c) + "x") == utf8(c).size());
            BOOST_TEST(printable(utf8(c)) == utf8(c));
            BOOST_TEST(without_hidden(utf8(c)) == utf8(c));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_code_point_is_read_as_it_is_written_and_nothing_else_is_one) {
    for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
        const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        const code_point read = first_code_point(utf8(c) + "x");
        BOOST_TEST_REQUIRE(read.size == (surrogate ? 0U : utf8(c).size()));
        BOOST_TEST_REQUIRE(read.value == (surrogate ? 0U : c));
        const std::string shown = printable(utf8(c));
        BOOST_TEST_REQUIRE(printable(shown) == shown); // nothing hidden is left
    }
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x80", "\xE2"}) {
        BOOST_TEST(first_code_point(bad).size == 0U);
    }
    BOOST_TEST(first_code_point("").size == 0U);
    BOOST_TEST(printable_size("") == 0U);
}

BOOST_AUTO_TEST_CASE(hidden_text_is_shown_as_what_it_is) {
    BOOST_TEST(printable("ann\x1b[31m\n") == "ann\\x1b[31m\\x0a");
    BOOST_TEST(printable("a\u202Eb") == "a\\u202eb");
    BOOST_TEST(printable("a\u2028\u0085b") == "a\\u2028\\xc2\\x85b");
    BOOST_TEST(printable("\U000E0041") == "\\udb40\\udc41");
    BOOST_TEST(printable("\xff\u00e9\xe2\x80") == "\\xff\u00e9\\xe2\\x80");
    BOOST_TEST(printable("").empty());
}

// JSON's own escapes and colours pass; what is escaped here stands within strings.
BOOST_AUTO_TEST_CASE(laid_out_text_keeps_its_own_controls_and_no_others) {
    BOOST_TEST(without_hidden("\x1b[31mred\x1b[0m\n{\"a\":\"\\u0007\"}") == "\x1b[31mred\x1b[0m\n{\"a\":\"\\u0007\"}");
    BOOST_TEST(without_hidden("{\"a\":\"\u202E\u2028\x7f\u009b\"}") == "{\"a\":\"\\u202e\\u2028\\u007f\\u009b\"}");
    BOOST_TEST(without_hidden("\xff\xe2\x80 \u00e9") == "\xff\xe2\x80 \u00e9");
    BOOST_TEST(without_hidden("").empty());
}

// Names are refused by their Unicode category; whatever is hidden is of such a one.
BOOST_AUTO_TEST_CASE(no_name_holds_anything_hidden) {
    for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
        if (is_hidden_code_point(c) && c != 0x2065 && (c < 0xE0002 || c > 0xE001F) && c != 0xE0000) { // unassigned
            BOOST_TEST_REQUIRE(has_control_characters("a" + utf8(c)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
