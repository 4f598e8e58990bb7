// Security-relevant facts, in the past tense. They are appended to the log as evidence, never merged into state.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/ids.hpp"

#include <cstdint>

namespace pawl {

// Stored on disk: numbers are never reused.
enum class event_kind : std::uint8_t {
    reuse_detected = 1,   // an old token came back and the family ended
    reuse_suspected = 2,  // three generations in a row were replayed, from differing places
    family_healed = 3,    // a token was ahead of the store and the store caught up
    family_ahead = 4,     // a token was ahead of the store and the family was ended
    sessions_revoked = 5, // logout/all, password change, disable, delete
};

// Both sides of the evidence: what was presented now, and what the family last knew.
struct security_event {
    event_kind kind{};
    user_id user;
    family_id family{}; // all zero where it is about all of the user's
    std::uint32_t generation_presented = 0;
    std::uint32_t generation_current = 0;
    family_use presented; // time, address and agent of this request
    family_use last;      // of the last rotation
};

} // namespace pawl
