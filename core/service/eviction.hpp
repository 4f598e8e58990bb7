// How many sessions a user may have: the least recently used ones give way.
#pragma once

#include "core/service/services.hpp"

#include <cstddef>

namespace pawl {

// Of one user at one client. --max-sessions is of the first party alone.
inline constexpr std::size_t client_sessions_max = 100;
// Browser sessions of one user. The oldest one's browser asks for a password again, and what hangs on it ends.
inline constexpr std::size_t web_sessions_max = 20;

// Ends the least recently used living families of the user and client of `own` beyond `limit`, never `own`. What to
// wait for.
ticket evict_beyond_limit(const service_context& context, const family_facts& own, std::size_t limit,
                          const caller& from);

} // namespace pawl
