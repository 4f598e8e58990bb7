// Unicode text in UTF-8: validity, NFC (UAX #15), and what is counted or refused in names and passwords. Pure; any
// thread.
#pragma once

#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// NFC is at most this many times shorter or longer than the text it is made of, in bytes of UTF-8 (Unicode FAQ,
// normalization): callers refuse longer input before they ask.
inline constexpr std::size_t nfc_size_factor = 3;

// Combining marks in a row (UAX #15, stream-safe text format: enough for every language).
inline constexpr std::size_t combining_marks_max = 30;

// The text in NFC; std::nullopt if it is not valid UTF-8 (surrogates and overlong forms are not; NUL is), or if it or
// its NFC has more than combining_marks_max marks in a row.
std::optional<std::string> to_nfc(std::string_view text);
// The same for secrets: every buffer it passes through is wiped.
std::optional<secret_string> to_nfc_secret(std::string_view text);

// Code points of valid UTF-8.
std::size_t count_code_points(std::string_view valid);

// Whether valid UTF-8 has a control or format character or a line or paragraph separator (Cc, Cf, Zl, Zp).
bool has_control_characters(std::string_view valid);
// Whether valid UTF-8 has what shows as nothing, or can't be said to show as anything: default ignorable code points
// (U+034F, Hangul fillers, variation selectors), private use, code points that this version of Unicode has not
// assigned, the blank Braille pattern. Variation selectors choose between forms of the letter before them, as some
// names in Japanese want it; two names that differ in them alone may look the same.
enum class variation_selectors : std::uint8_t { taken, refused };
bool has_invisible_characters(std::string_view valid, variation_selectors which);
// Whether valid UTF-8 begins or ends with a space (Zs).
bool has_outer_space(std::string_view valid);

// A-Z to a-z, every other byte as it is.
std::string fold_ascii(std::string_view text);

} // namespace pawl
