#include "core/text/printable_text.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::uint32_t last_control = 0x9F; // of C1

struct code_point_range {
    std::uint32_t first, last;
};
constexpr std::array<code_point_range, 10> hidden{{
    {0x00, 0x1F},       // C0
    {0x7F, 0x9F},       // DEL, C1
    {0x061C, 0x061C},   // Arabic letter mark
    {0x180E, 0x180E},   // Mongolian vowel separator
    {0x200B, 0x200F},   // without width; left-to-right and right-to-left marks
    {0x2028, 0x202E},   // separators; embeddings and overrides
    {0x2060, 0x206F},   // without width; isolates; deprecated format characters
    {0xFEFF, 0xFEFF},   // byte order mark
    {0xFFF9, 0xFFFB},   // annotations
    {0xE0000, 0xE007F}, // tags
}};

void append_hex(std::string& out, std::uint32_t value, unsigned digits) {
    static constexpr std::string_view hex_digits = "0123456789abcdef";
    while (digits-- > 0) {
        out.push_back(hex_digits[value >> 4U * digits & 0xFU]);
    }
}

void append_unit(std::string& out, std::uint32_t unit) {
    out += "\\u";
    append_hex(out, unit, 4);
}

} // namespace

bool is_hidden_code_point(std::uint32_t c) noexcept {
    return std::any_of(hidden.begin(), hidden.end(),
                       [c](const code_point_range& r) { return c >= r.first && c <= r.last; });
}

code_point first_code_point(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) -> std::uint32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const std::uint32_t lead = byte(0);
    if (text.empty() || lead < 0x80) {
        return {lead, text.empty() ? 0U : 1U};
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) {
        return {};
    }
    std::uint32_t value = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            return {};
        }
        value = value << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    return value < smallest.at(size) || surrogate || value > 0x10FFFF ? code_point{} : code_point{value, size};
}

std::size_t printable_size(std::string_view text) noexcept {
    const code_point c = first_code_point(text);
    return is_hidden_code_point(c.value) ? 0 : c.size;
}

void append_unicode_escape(std::string& out, std::uint32_t c) {
    if (c < 0x10000) {
        append_unit(out, c);
    } else {
        append_unit(out, 0xD800 + ((c - 0x10000) >> 10U));
        append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FFU));
    }
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        if (const std::size_t size = printable_size(text)) {
            out.append(text.substr(0, size));
            text.remove_prefix(size);
            continue;
        }
        const code_point c = first_code_point(text);
        const std::size_t size = std::max<std::size_t>(c.size, 1);
        if (c.value > last_control) {
            append_unicode_escape(out, c.value);
        } else {
            for (const char byte : text.substr(0, size)) {
                out += "\\x";
                append_hex(out, static_cast<unsigned char>(byte), 2);
            }
        }
        text.remove_prefix(size);
    }
    return out;
}

std::string without_hidden(std::string_view text) {
    constexpr unsigned char last_plain = 0x7E;
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) <= last_plain; };
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto plain =
            static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
        out.append(text.substr(0, plain)); // nearly always all of it
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        const code_point c = first_code_point(text);
        if (c.size > 0 && is_hidden_code_point(c.value)) {
            append_unicode_escape(out, c.value);
        } else {
            out.append(text.substr(0, std::max<std::size_t>(c.size, 1)));
        }
        text.remove_prefix(std::max<std::size_t>(c.size, 1));
    }
    return out;
}

} // namespace pawl
