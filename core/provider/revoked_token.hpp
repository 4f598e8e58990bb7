// An access token without a family that was revoked before its time (RFC 7009). Kept until the token would have
// expired.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace pawl {

// `jti` of an access token: 128 random bits.
struct token_id {
    std::array<std::uint8_t, 16> bytes{};
    friend constexpr auto operator<=>(const token_id&, const token_id&) = default;
};

// Of one client; beyond that its epoch has to be raised, which ends all of its tokens.
inline constexpr std::size_t revoked_tokens_max = 10'000;

struct revoked_token {
    token_id id;
    client_number client;
    timestamp expires_at{};

    friend bool operator==(const revoked_token&, const revoked_token&) = default;
};

} // namespace pawl
