#include "core/text/encoding.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace pawl;

BOOST_AUTO_TEST_SUITE(encoding)

BOOST_AUTO_TEST_CASE(known_values_of_rfc_4648_without_padding) {
    struct row {
        std::string_view plain, encoded;
    };
    for (const row& r : {row{"", ""}, row{"f", "Zg"}, row{"fo", "Zm8"}, row{"foo", "Zm9v"}, row{"foob", "Zm9vYg"},
                         row{"fooba", "Zm9vYmE"}, row{"foobar", "Zm9vYmFy"}, row{"\xFB\xEF\xFF", "--__"}}) {
        BOOST_TEST(base64url_encode(r.plain) == r.encoded);
        const auto decoded = base64url_decode(r.encoded);
        BOOST_TEST_REQUIRE(decoded.has_value());
        BOOST_TEST(std::string(decoded->begin(), decoded->end()) == r.plain);
    }
}

BOOST_AUTO_TEST_CASE(every_length_survives_the_way_there_and_back) {
    test::seeded_random random(1);
    for (std::size_t size = 0; size < 200; ++size) {
        std::vector<std::uint8_t> bytes(size);
        random.fill(bytes);
        const std::string text = base64url_encode(bytes);
        BOOST_TEST((base64url_decode(text) == bytes));
        std::vector<std::uint8_t> into(size);
        BOOST_TEST(base64url_decode_into(text, into));
        BOOST_TEST((into == bytes));
        std::vector<std::uint8_t> larger(size + 3);
        BOOST_TEST((base64url_decode_prefix(text, larger) == size));
    }
}

BOOST_AUTO_TEST_CASE(every_byte_but_the_64_is_refused_at_every_place) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool in_alphabet = alphabet.find(c) != std::string_view::npos;
        for (const std::size_t size : {4U, 6U, 7U, 8U}) {
            for (std::size_t place = 0; place < size; ++place) {
                std::string text(size, 'A');
                text[place] = c;
                const bool has_spare_bits = place == size - 1 && size % 4 != 0;
                if (!in_alphabet || !has_spare_bits) {
                    BOOST_TEST(base64url_decode(text).has_value() == in_alphabet);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(there_is_one_text_per_value) {
    // Of the 64 last characters only those without spare bits pass: 4 after one byte, 16 after two.
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned two = 0, three = 0;
    for (const char c : alphabet) {
        two += base64url_decode(std::string("A") + c).has_value() ? 1U : 0U;
        three += base64url_decode(std::string("AA") + c).has_value() ? 1U : 0U;
    }
    BOOST_TEST(two == 4U);
    BOOST_TEST(three == 16U);
}

BOOST_AUTO_TEST_CASE(padding_white_space_and_impossible_lengths_are_refused) {
    for (const char* text : {"A", "AAAAA", "Zg==", "Zm8=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v====", "+///", "A=", "="}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!base64url_decode(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_buffer_of_another_size_is_refused) {
    std::array<std::uint8_t, 4> out{};
    BOOST_TEST(!base64url_decode_into("Zm9v", std::span(out)));
    BOOST_TEST(!base64url_decode_into("Zm9v", std::span(out).first(2)));
    BOOST_TEST(base64url_decode_into("Zm9v", std::span(out).first(3)));
    BOOST_TEST(!base64url_decode_prefix("Zm9vZm9v", out).has_value());
}

BOOST_AUTO_TEST_CASE(append_keeps_what_is_there) {
    std::string text = "a.";
    base64url_append(text, std::array<std::uint8_t, 3>{0x66, 0x6F, 0x6F});
    BOOST_TEST(text == "a.Zm9v");
}

BOOST_AUTO_TEST_SUITE_END()
