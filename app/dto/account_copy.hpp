// A copy of all that is kept of a user, for the user: JSON.
#pragma once

#include "core/port/registry.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/happening.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t copied_sessions_max = 1000; // of those that have ended

struct account_copy {
    user_ptr owner;
    family_id asking; // whose session is called current
    timestamp at{};
    told_factors factors;
    std::vector<family_details> sessions, ended;
    std::vector<happening> happened;
    std::string consents; // {"consents":[...]}
};

// No hash, no salt, no secret: what a person may read, and nothing that opens a door.
std::string to_json(const account_copy& copy, const registry* entities);

// {"events":[...]}: at most `limit` of them from `first` on, and `next` where there are more.
std::string events_json(std::span<const happening> all, std::size_t first, std::size_t limit);

} // namespace pawl::app
