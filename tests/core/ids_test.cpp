#include "core/ids.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(family_id_survives_the_way_to_hex_and_back) {
    pawl::family_id id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(i * 17);
    }
    const std::string hex = pawl::to_hex(id);
    BOOST_TEST(hex == "00112233445566778899aabbccddeeff");
    BOOST_TEST((pawl::family_id_from_hex(hex) == id));
}

BOOST_AUTO_TEST_CASE(family_id_takes_nothing_but_32_lower_case_digits) {
    for (const char* text : {"", "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeef",
                             "00112233445566778899aabbccddeeff0", "0011223344556677-899aabbccddeeff"}) {
        BOOST_TEST(!pawl::family_id_from_hex(text).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
