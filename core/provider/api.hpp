// An API (a resource server): whose access tokens are for it, and how those look. One immutable, versioned record.
#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pawl {

struct api_number {
    std::uint16_t value = 0; // from 1; given once
    friend constexpr auto operator<=>(api_number, api_number) = default;
};
inline constexpr std::uint16_t apis_max = 256;
inline constexpr std::size_t api_identifier_size_max = 512, api_name_size_max = 128; // bytes

// How an access token looks: a JWT (RFC 9068), or a text that only introspection reads. Stored on disk: numbers are
// never reused.
enum class access_token_format : std::uint8_t { jwt = 0, opaque = 1 };

struct api {
    api_number number;
    std::uint64_t version = 1;
    bool removed = false;   // a tombstone: its identifier is free again, its number is not
    std::string identifier; // `aud` of its tokens: an absolute URI, or a name. Never changes
    std::string name;       // for people
    access_token_format token_format = access_token_format::jwt;
    seconds access_token_ttl{0}; // 0: --access-token-ttl
    timestamp created_at{};

    friend bool operator==(const api&, const api&) = default;
};
using api_ptr = std::shared_ptr<const api>;

// Printable ASCII without blanks, quotes and backslashes, 1 to api_identifier_size_max bytes, no fragment (RFC 8707 2).
bool is_api_identifier(std::string_view text);

} // namespace pawl
