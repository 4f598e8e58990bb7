// The identities of the domain as types of their own, so that one can't be passed for another.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// A user's number: positive, given once, never again. 0 is "no user".
struct user_id {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(user_id, user_id) = default;
};

// A refresh token family: 128 random bits. All zero is "no family".
// On the wire (`sid`, a session's `id`) it is 32 lower-case hex digits.
struct family_id {
    std::array<std::uint8_t, 16> bytes{};
    friend constexpr auto operator<=>(const family_id&, const family_id&) = default;
};

// The client a family belongs to. 0 is the first-party client, `pawl` on the wire.
struct client_number {
    std::uint32_t value = 0;
    friend constexpr auto operator<=>(client_number, client_number) = default;
};

inline constexpr client_number first_party_client{0};
inline constexpr std::string_view first_party_client_id = "pawl";
inline constexpr client_number web_client{1}; // browser sessions at the server's own pages
inline constexpr std::string_view web_client_id = "pawl-web";

// 32 lower-case hex digits.
std::string to_hex(const family_id& id);
void append_hex(std::string& text, const family_id& id);

// The inverse: exactly 32 lower-case hex digits, or nothing.
std::optional<family_id> family_id_from_hex(std::string_view hex);

} // namespace pawl
