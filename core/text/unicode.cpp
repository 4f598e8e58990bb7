#include "core/text/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace pawl {

namespace {

constexpr utf8proc_int32_t braille_blank = 0x2800; // a symbol without a dot
constexpr auto nfc_options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);

using code_points = std::vector<utf8proc_int32_t, wiping_allocator<utf8proc_int32_t>>;

const utf8proc_uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

// NFC in the buffer that comes back, as UTF-8 from its start, and its size in bytes. Not utf8proc_map: that one leaves
// the text behind in memory it frees.
struct composed {
    code_points buffer;
    std::size_t size = 0;
    std::string_view view() const { return {reinterpret_cast<const char*>(buffer.data()), size}; }
};

// Whether it is UTF-8 with no more than `combining_marks_max` marks in a row. Sorting them takes quadratic time: 3 KB
// of nothing else would hold an io thread for milliseconds.
bool is_stream_safe(std::string_view text) {
    std::size_t marks = 0;
    while (!text.empty()) {
        utf8proc_int32_t code_point = 0;
        const utf8proc_ssize_t used =
            utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &code_point);
        if (used <= 0) {
            return false;
        }
        marks = utf8proc_get_property(code_point)->combining_class != 0 ? marks + 1 : 0;
        if (marks > combining_marks_max) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(used));
    }
    return true;
}

std::optional<composed> compose(std::string_view text) {
    if (!is_stream_safe(text)) {
        return std::nullopt;
    }
    composed result;
    const auto size = static_cast<utf8proc_ssize_t>(text.size());
    const utf8proc_ssize_t count = utf8proc_decompose(bytes_of(text), size, nullptr, 0, nfc_options);
    if (count < 0) {
        return std::nullopt;
    }
    result.buffer.resize(static_cast<std::size_t>(count) + 1); // reencode ends it with a NUL
    if (utf8proc_decompose(bytes_of(text), size, result.buffer.data(), count, nfc_options) != count) {
        return std::nullopt;
    }
    const utf8proc_ssize_t encoded = utf8proc_reencode(result.buffer.data(), count, nfc_options);
    if (encoded < 0) {
        return std::nullopt;
    }
    result.size = static_cast<std::size_t>(encoded);
    // A mark may be two in NFC (U+0344), and one in a letter may stand alone: what came out is taken again by this.
    return is_stream_safe(result.view()) ? std::optional(std::move(result)) : std::nullopt;
}

// ASCII is composed as it is.
bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
}

// Unicode's property Variation_Selector.
bool is_variation_selector(utf8proc_int32_t code_point) {
    return (code_point >= 0xFE00 && code_point <= 0xFE0F) || (code_point >= 0xE0100 && code_point <= 0xE01EF) ||
           (code_point >= 0x180B && code_point <= 0x180D) || code_point == 0x180F;
}

// Calls `visit` with each code point of valid UTF-8 until it gives true; whether it did.
template <class Visitor>
bool any_code_point(std::string_view valid, Visitor visit) {
    while (!valid.empty()) {
        utf8proc_int32_t code_point = 0;
        const utf8proc_ssize_t used =
            utf8proc_iterate(bytes_of(valid), static_cast<utf8proc_ssize_t>(valid.size()), &code_point);
        if (used <= 0) {
            return true; // not valid UTF-8 after all: every question here is one that refuses
        }
        if (visit(code_point)) {
            return true;
        }
        valid.remove_prefix(static_cast<std::size_t>(used));
    }
    return false;
}

} // namespace

std::optional<std::string> to_nfc(std::string_view text) {
    if (is_ascii(text)) {
        return std::string(text);
    }
    const std::optional<composed> result = compose(text);
    if (!result) {
        return std::nullopt;
    }
    return std::string(result->view());
}

std::optional<secret_string> to_nfc_secret(std::string_view text) {
    if (is_ascii(text)) {
        return secret_string(text);
    }
    const std::optional<composed> result = compose(text);
    if (!result) {
        return std::nullopt;
    }
    return secret_string(result->view());
}

std::size_t count_code_points(std::string_view valid) {
    return static_cast<std::size_t>(std::count_if(
        valid.begin(), valid.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool has_control_characters(std::string_view valid) {
    return any_code_point(valid, [](utf8proc_int32_t code_point) {
        const utf8proc_category_t category = utf8proc_category(code_point);
        return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
               category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
    });
}

bool has_invisible_characters(std::string_view valid, variation_selectors which) {
    return any_code_point(valid, [which](utf8proc_int32_t code_point) {
        if (is_variation_selector(code_point)) {
            return which == variation_selectors::refused;
        }
        const utf8proc_property_t* const property = utf8proc_get_property(code_point);
        const auto category = static_cast<utf8proc_category_t>(property->category);
        return property->ignorable != 0 || category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_CN ||
               code_point == braille_blank;
    });
}

bool has_outer_space(std::string_view valid) {
    bool first = true, found = false, last_is_space = false;
    any_code_point(valid, [&](utf8proc_int32_t code_point) {
        last_is_space = utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS;
        found = found || (first && last_is_space);
        first = false;
        return false;
    });
    return found || last_is_space;
}

std::string fold_ascii(std::string_view text) {
    std::string folded(text);
    for (char& c : folded) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return folded;
}

} // namespace pawl
