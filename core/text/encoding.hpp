// base64url without padding (RFC 4648 5), strict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

std::string base64url_encode(std::span<const std::uint8_t> bytes);
inline std::string base64url_encode(std::string_view text) {
    return base64url_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}
// Appends to `out` without a temporary.
void base64url_append(std::string& out, std::span<const std::uint8_t> bytes);
constexpr std::size_t base64url_size(std::size_t bytes) {
    return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}
// Fills `out`, whose size is exactly base64url_size(bytes.size()).
void base64url_encode_into(std::span<const std::uint8_t> bytes, std::span<char> out);

// Refuses padding, white space, other alphabets, a length of 4n+1, and spare bits that are not zero: one text per
// value.
std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text);
// The same into a buffer of exactly the right size; false for anything else.
bool base64url_decode_into(std::string_view text, std::span<std::uint8_t> out);
// The same into the front of a buffer that may be larger; gives the number of bytes. Allocates nothing.
std::optional<std::size_t> base64url_decode_prefix(std::string_view text, std::span<std::uint8_t> out);

} // namespace pawl
