// Whether a capsule key is still needed.
#pragma once

#include "core/port/record_port.hpp"
#include "core/port/registry.hpp"

#include <cstdint>

namespace pawl {

// A client with a secret that is good at `now` and of the capsule key with that id, be it enabled or not; null if there
// is none. Walks all clients, some at a time; any thread.
client_ptr client_of_capsule_key(const registry& entities, std::uint8_t key_id, timestamp now);

// A user with a factor whose secret follows from the capsule key with that id; null if there is none. Walks all users,
// some at a time; any thread.
user_ptr user_of_factor_key(const record_port& data, std::uint8_t key_id);

} // namespace pawl
