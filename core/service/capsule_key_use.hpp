// Whether a capsule key is still needed.
#pragma once

#include "core/port/registry.hpp"

#include <cstdint>

namespace pawl {

// A client with a secret that is good at `now` and of the capsule key with that id, be it enabled or not; null if there
// is none. Walks all clients, some at a time; any thread.
client_ptr client_of_capsule_key(const registry& entities, std::uint8_t key_id, timestamp now);

} // namespace pawl
