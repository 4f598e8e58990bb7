// How many sessions a user may have: the least recently used ones give way.
#pragma once

#include "core/service/services.hpp"

#include <cstddef>

namespace pawl {

// Of one user at one client. --max-sessions is of the first party alone.
inline constexpr std::size_t client_sessions_max = 100;

// Ends the least recently used living families of the user and client of `own` beyond `limit`, never `own`. What to
// wait for.
ticket evict_beyond_limit(const service_context& context, const family_facts& own, std::size_t limit,
                          const caller& from);

} // namespace pawl
