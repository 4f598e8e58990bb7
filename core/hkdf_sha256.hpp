// HKDF-SHA-256 (RFC 5869): keys for different uses from one key.
#pragma once

#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pawl {

inline constexpr std::size_t hkdf_output_size_max = std::size_t{255} * 32;

// Fills `out`, at most hkdf_output_size_max bytes. An empty `salt` is that of RFC 5869 where none is given. Pure.
void hkdf_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> salt,
                 std::span<const std::uint8_t> info, std::span<std::uint8_t> out);

// 32 bytes from a key that is uniformly random already, so without a salt. A label is for one use only and never
// changes.
secret_bytes derive_key(std::span<const std::uint8_t> key, std::string_view label);

} // namespace pawl
