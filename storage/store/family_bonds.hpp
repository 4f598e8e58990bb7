// What a family hangs on beside its user, read from the same store: its client's record and its browser session.
#pragma once

#include "core/family/family.hpp"
#include "storage/map/rcu.hpp"
#include "storage/store/family_node.hpp"

#include <optional>

namespace pawl::storage {

struct store_state;
struct user_slot;
struct user_version;

// Of the first party without a parent: all open, and nothing is looked up. An unknown client or parent is dead.
family_bonds bonds_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                      const user_gate& gate);

// What ends a family for good though its own word, its time and its user's gate do not: its client's sessions were
// ended (a later epoch, or its removal), or its browser session is over.
struct bond_end {
    timestamp at{};       // since when; of a browser session that is not here: the family's creation
    bool on_disk = false; // what says so is: an answer that leaves the family out has nothing to wait for
};
// std::nullopt if the family lives, or may again: a client that is disabled can be enabled. A client without any record
// may still be imported, and so may a browser session. `version`: of `owner`, as read in this section.
std::optional<bond_end> bond_end_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                                    const user_slot& owner, const user_version& version, timestamp now);

} // namespace pawl::storage
