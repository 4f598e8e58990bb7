// ECDSA on P-256 with the nonce of RFC 6979: the same key and text give the same signature. For --rng-seed only:
// OpenSSL 3.0 has no such mode, and what is here takes no care to run in constant time.
#pragma once

#include "core/hmac_sha256.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace pawl {

// r || s, each 32 bytes, big-endian. `d`: the private scalar. std::nullopt if OpenSSL fails.
std::optional<std::array<std::uint8_t, 64>> sign_es256_repeatably(std::span<const std::uint8_t, 32> d,
                                                                  const sha256_digest& digest);

} // namespace pawl
