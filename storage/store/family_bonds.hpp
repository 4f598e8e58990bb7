// What a family hangs on beside its user, read from the same store: its client's record and its browser session.
#pragma once

#include "core/family/family.hpp"
#include "storage/map/rcu.hpp"
#include "storage/store/family_node.hpp"

namespace pawl::storage {

struct store_state;

// Of the first party without a parent: all open, and nothing is looked up. An unknown client or parent is dead.
family_bonds bonds_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                      const user_gate& gate);

} // namespace pawl::storage
