// The hashes of the maps' keys.
#pragma once

#include "core/ids.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::storage {

// SipHash-2-4 under a key of this process: for what attackers choose (login names, user agents).
class keyed_hash {
public:
    // A fresh random key.
    keyed_hash();
    std::uint64_t operator()(std::string_view text) const noexcept;

private:
    std::array<std::uint8_t, 16> key_{};
};

// Every bit of `h` counts in every bit of the result (the finalizer of MurmurHash3, a bijection).
constexpr std::uint64_t mixed(std::uint64_t h) noexcept {
    h ^= h >> 33U;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33U;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33U);
}

// Our own family ids are 128 random bits. Those of a seed or an import are somebody's choice, one after the other as a
// rule, and buckets go by the low bits: mix them. No key: who can import can do worse.
inline std::uint64_t hash_of(const family_id& id) noexcept {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL;
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), id.bytes.data(), id.bytes.size());
    // Turned by half a word and made a multiple: halves that are equal, or differ in their highest bits only, do not
    // cancel each other.
    return mixed(halves[0] + std::rotl(halves[1], 32) * odd);
}

// For the standard's containers.
struct family_id_hash {
    std::size_t operator()(const family_id& id) const noexcept { return hash_of(id); }
};

// Users are numbered by us, one after the other.
constexpr std::uint64_t hash_of(user_id id) noexcept {
    return mixed(id.value);
}

} // namespace pawl::storage
