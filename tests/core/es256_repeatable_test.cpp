#include "core/jwt/es256_repeatable.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;

namespace {

std::array<std::uint8_t, 32> from_hex(std::string_view hex) {
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
    }
    return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 0xFU];
    }
    return out;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(es256_repeatable)

// RFC 6979 A.2.5, with SHA-256.
BOOST_AUTO_TEST_CASE(signs_as_the_rfc_does) {
    const auto d = from_hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
    const auto sample = sign_es256_repeatably(d, sha256(bytes_of("sample")));
    BOOST_REQUIRE(sample);
    BOOST_TEST(to_hex(*sample) == "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                                  "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    const auto other = sign_es256_repeatably(d, sha256(bytes_of("test")));
    BOOST_REQUIRE(other);
    BOOST_TEST(to_hex(*other) == "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
                                 "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");
}

BOOST_AUTO_TEST_SUITE_END()
