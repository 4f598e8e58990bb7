#include "app/http/path_segment.hpp"

#include "core/text/ascii.hpp"
#include "core/text/encoding.hpp"

namespace pawl::app {

namespace {

constexpr char encoded_mark = '~';

bool is_unreserved(char c) { // RFC 3986 2.3
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// What a path may not have in any spelling, or what would be read as the other form.
bool needs_mark(std::string_view name) {
    const auto is_bad = [](char c) {
        return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    bool bad = name.empty() || name == "." || name == ".." || name.front() == encoded_mark;
    for (const char c : name) {
        bad = bad || is_bad(c);
    }
    return bad;
}

} // namespace

std::string path_segment(std::string_view name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string percent;
    for (const char c : name) {
        if (is_unreserved(c)) {
            percent += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            percent += '%';
            percent += digits[byte >> 4U];
            percent += digits[byte & 0xFU];
        }
    }
    std::string marked = encoded_mark + base64url_encode(name);
    return needs_mark(name) || marked.size() < percent.size() ? marked : percent;
}

std::string name_in_path(std::string_view segment) {
    if (segment.starts_with(encoded_mark)) {
        const auto bytes = base64url_decode(segment.substr(1));
        return bytes ? std::string(bytes->begin(), bytes->end()) : std::string(segment);
    }
    std::string out;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '%') {
            out += segment[i];
            continue;
        }
        if (segment.size() - i < 3 || !is_hex(segment[i + 1]) || !is_hex(segment[i + 2])) {
            return std::string(segment);
        }
        out += static_cast<char>(hex_value(segment[i + 1]) * 16 + hex_value(segment[i + 2]));
        i += 2;
    }
    return out;
}

} // namespace pawl::app
