#include "core/hex.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using namespace pawl;

BOOST_AUTO_TEST_SUITE(hex)

BOOST_AUTO_TEST_CASE(each_byte_has_its_two_digits_at_each_of_four_places) {
    const std::string digits = "0123456789abcdef";
    for (std::size_t at = 0; at < 4; ++at) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::array<std::uint8_t, 8> bytes{0xA9, 0x00, 0xFF, 0x9A, 0x10, 0x0F, 0xF0, 0x01};
            bytes[4 + at] = static_cast<std::uint8_t>(byte);
            std::string expected = "a900ff9a100ff001";
            expected[8 + 2 * at] = digits[byte / 16];
            expected[9 + 2 * at] = digits[byte % 16];
            std::string text(16, '?');
            put_hex(bytes.data(), bytes.size(), text.data());
            BOOST_TEST_REQUIRE(text == expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
