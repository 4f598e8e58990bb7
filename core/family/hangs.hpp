// Whether a family hangs on a browser session: asked several times a request.
#pragma once

#include "core/family/family.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace pawl {

// As two words: gcc 12 compares arrays of bytes by a call of memcmp.
inline bool hangs_on_session(const family_facts& facts) noexcept {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(facts.origin.parent.bytes);
    return (halves[0] | halves[1]) != 0;
}

} // namespace pawl
