// The refresh token on the wire: prt_ + base64url(version 1 B, key id 1 B, family id 16 B, generation 4 B big-endian,
// MAC 32 B), MAC = HMAC-SHA-256 over all that precedes it. It carries its place in its family, so nothing about it is
// stored, and a forged one is refused without touching any state.
#pragma once

#include "core/ids.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

inline constexpr std::string_view refresh_token_prefix = "prt_";
inline constexpr std::uint8_t refresh_token_version = 1;
inline constexpr std::size_t refresh_token_text_size = 4 + 72; // 54 bytes in base64url without padding

struct refresh_token_place {
    family_id family;
    std::uint32_t generation = 0;
    friend constexpr bool operator==(const refresh_token_place&, const refresh_token_place&) = default;
};

// Under the ring's minting key: the same bytes for the same place while that key stays.
secret_string mint_refresh_token(const key_ring& keys, const refresh_token_place& place);

// Under the key the token names. Nothing for what is forged, garbled, of another version, not canonical base64url, or
// beyond generation_max; which of these it was is not said. Compares in constant time; allocates nothing.
std::optional<refresh_token_place> check_refresh_token(const key_ring& keys, std::string_view token);

} // namespace pawl
