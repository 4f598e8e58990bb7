// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include "core/text/plain_text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl {

// The size of the well-formed sequence at the front of `text`: 1 to 4, or 0 where there is none.
constexpr std::size_t utf8_sequence_size(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
    };
    const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned char lead = byte(0);
    if (text.empty()) {
        return 0;
    }
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return continues(1) ? 2 : 0;
    }
    // The second byte's range is narrower after four leads; elsewhere it is any continuation byte.
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const bool second_fits = byte(1) >= low && byte(1) <= high;
    if (lead >= 0xE0 && lead <= 0xEF) {
        return second_fits && continues(2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        return second_fits && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

inline bool is_utf8(std::string_view text) {
    std::uint64_t eight = 0;
    while (!text.empty()) {
        if (text.size() >= sizeof eight) { // ASCII, eight at a time
            std::memcpy(&eight, text.data(), sizeof eight);
            if ((eight & of_each_byte(0x80)) == 0) {
                text.remove_prefix(sizeof eight);
                continue;
            }
        }
        const std::size_t size = utf8_sequence_size(text);
        if (size == 0) {
            return false;
        }
        text.remove_prefix(size);
    }
    return true;
}

} // namespace pawl
