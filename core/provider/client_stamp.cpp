#include "core/provider/client_stamp.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace pawl {

namespace {

constexpr std::size_t digest_size = 16; // the least that libsodium gives
static_assert(digest_size == crypto_generichash_BYTES_MIN);

} // namespace

std::uint64_t client_stamp(std::uint64_t history_mark, client_number number, std::uint32_t epoch) {
    std::array<std::uint8_t, 16> message{};
    for (std::size_t i = 0; i < 8; ++i) {
        message[i] = static_cast<std::uint8_t>(history_mark >> (56 - 8 * i));
    }
    for (std::size_t i = 0; i < 4; ++i) {
        message[8 + i] = static_cast<std::uint8_t>(number.value >> (24 - 8 * i));
        message[12 + i] = static_cast<std::uint8_t>(epoch >> (24 - 8 * i));
    }
    std::array<std::uint8_t, digest_size> digest{};
    crypto_generichash(digest.data(), digest.size(), message.data(), message.size(), nullptr, 0);
    std::uint64_t stamp = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        stamp = stamp << 8U | digest[i];
    }
    return stamp;
}

std::string client_stamp_text(std::uint64_t stamp) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = digits[stamp >> (60 - 4 * i) & 0xFU];
    }
    return text;
}

} // namespace pawl
