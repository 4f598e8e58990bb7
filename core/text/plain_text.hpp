// Eight bytes of text at a time: gcc makes no vector code at -O2, and nearly every byte of a request is plain ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl {

// Each of the eight bytes has the value `value`.
constexpr std::uint64_t of_each_byte(std::uint64_t value) noexcept {
    return value * 0x0101010101010101U;
}

// The high bit of a byte is set where it is below `limit` (at most 0x80); a borrow may set higher ones for nothing, so
// only a result of 0 is certain.
constexpr std::uint64_t marks_below(std::uint64_t bytes, std::uint64_t limit) noexcept {
    return (bytes - of_each_byte(limit)) & ~bytes & of_each_byte(0x80);
}

// Likewise where it is `value`.
constexpr std::uint64_t marks_equal(std::uint64_t bytes, std::uint64_t value) noexcept {
    return marks_below(bytes ^ of_each_byte(value), 1);
}

// How many bytes at the front of `text` stand in a JSON string as they are and by themselves: printable ASCII but for
// the quote and the backslash (RFC 8259 7).
inline std::size_t plain_json_size(std::string_view text) noexcept {
    std::size_t at = 0;
    for (std::uint64_t bytes = 0; text.size() - at >= sizeof bytes; at += sizeof bytes) {
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        const std::uint64_t not_ascii = bytes & of_each_byte(0x80);
        if ((not_ascii | marks_below(bytes, 0x20) | marks_equal(bytes, 0x7F) | marks_equal(bytes, '"') |
             marks_equal(bytes, '\\')) != 0) {
            break;
        }
    }
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x7F && text[at] != '"' && text[at] != '\\') {
        ++at;
    }
    return at;
}

} // namespace pawl
