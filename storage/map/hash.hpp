// The hashes of the maps' keys.
#pragma once

#include "core/ids.hpp"

#include <array>
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

// Family ids are 128 random bits that only we choose: folding them is enough.
inline std::uint64_t hash_of(const family_id& id) noexcept {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), id.bytes.data(), id.bytes.size());
    return halves[0] ^ halves[1];
}

// Users are numbered by us, one after the other: spread them (the finalizer of MurmurHash3).
constexpr std::uint64_t hash_of(user_id id) noexcept {
    std::uint64_t h = id.value;
    h ^= h >> 33U;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33U;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33U);
}

} // namespace pawl::storage
