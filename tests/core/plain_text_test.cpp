#include "core/text/plain_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;

BOOST_AUTO_TEST_SUITE(plain_text)

// Around the eight bytes that are looked at together: each byte value at each place of texts of each length.
BOOST_AUTO_TEST_CASE(the_plain_part_of_a_json_string_ends_at_the_first_byte_that_needs_care) {
    for (std::size_t size = 0; size <= 20; ++size) {
        BOOST_TEST_REQUIRE(plain_json_size(std::string(size, '~')) == size);
        for (std::size_t at = 0; at < size; ++at) {
            for (unsigned byte = 0; byte < 256; ++byte) {
                std::string text(size, ' ');
                text[at] = static_cast<char>(byte);
                const bool plain = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
                BOOST_TEST_REQUIRE(plain_json_size(text) == (plain ? size : at));
            }
        }
    }
}

// A borrow may mark more than there is, never less.
BOOST_AUTO_TEST_CASE(no_byte_below_a_limit_goes_unmarked) {
    for (unsigned limit : {1U, 0x20U, 0x7FU, 0x80U}) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            for (unsigned at = 0; at < 8; ++at) {
                const std::uint64_t bytes =
                    (of_each_byte(0xFF) & ~(std::uint64_t{0xFF} << (8 * at))) | std::uint64_t{byte} << (8 * at);
                BOOST_TEST_REQUIRE((marks_below(bytes, limit) != 0) == (byte < limit));
                BOOST_TEST_REQUIRE((marks_equal(bytes, byte) >> (8 * at + 7) & 1U) == 1);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
