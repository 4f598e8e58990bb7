// What the texts of stored hashes are made of: fields, numbers, base64 and hex. Internal to core/password. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::hash_text {

inline constexpr std::size_t salt_size_max = 128;

// Takes `prefix` off the front of `text`; false, and nothing taken, where it does not begin with it.
bool consume(std::string_view& text, std::string_view prefix);
// Up to the next `end`, which is taken too; std::nullopt if there is none.
std::optional<std::string_view> consume_until(std::string_view& text, char end);
// A decimal number without sign or leading zero, from `least` to `most`.
std::optional<std::uint32_t> consume_number(std::string_view& text, std::uint32_t least, std::uint32_t most);

// All of `text`, canonical; std::nullopt if it is not.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);        // without padding
std::optional<std::vector<std::uint8_t>> decode_base64_padded(std::string_view text); // with it
std::optional<std::vector<std::uint8_t>> decode_passlib(std::string_view text);       // without padding, '.' for '+'
std::optional<std::vector<std::uint8_t>> decode_hex(std::string_view text);           // lower case
std::string encode_base64(std::span<const std::uint8_t> bytes);                       // without padding
std::string encode_base64_padded(std::span<const std::uint8_t> bytes);
std::string encode_passlib(std::span<const std::uint8_t> bytes);

// A salt that is the text itself: printable ASCII but for '$'. At most salt_size_max bytes.
std::optional<std::vector<std::uint8_t>> text_salt(std::string_view text);

} // namespace pawl::hash_text
