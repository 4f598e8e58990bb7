// Bytes as lower-case hexadecimal digits, four at once: every answer has an id of sixteen, every token some.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pawl {

// The eight digits of four bytes, as both stand in memory; the high half of a byte comes first.
inline std::uint64_t hex_of(std::uint32_t bytes) noexcept {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t one_each = 0x0101010101010101U;
    std::uint64_t halves = bytes;
    halves = (halves << 16U | halves) & 0x0000FFFF0000FFFFU; // two bytes in 32 bits
    halves = (halves << 8U | halves) & 0x00FF00FF00FF00FFU;  // one in 16
    halves = (halves >> 4U | halves << 8U) & (one_each * 0x0F);
    const std::uint64_t letters = ((halves + one_each * 6) >> 4U) & one_each; // from ten on
    return halves + one_each * '0' + letters * ('a' - '0' - 10);
}

// Writes 2 * `size` digits to `digits`. `size` is a multiple of four.
inline void put_hex(const std::uint8_t* bytes, std::size_t size, char* digits) noexcept {
    for (std::size_t i = 0; i < size; i += 4) {
        std::uint32_t four = 0;
        std::memcpy(&four, bytes + i, sizeof four);
        const std::uint64_t eight = hex_of(four);
        std::memcpy(digits + 2 * i, &eight, sizeof eight);
    }
}

} // namespace pawl
