// A user in memory: a slot that stays where it is, and what hangs on it.
#pragma once

#include "core/user/user.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"

#include <cstdint>
#include <string>

namespace pawl::storage {

class family_node;

// One immutable version of a user: replaced whole, freed after a grace period.
struct user_version final : reclaimable {
    explicit user_version(user_ptr r) : record(std::move(r)) {}
    const user_ptr record;
};

// Thread safety: `current` is replaced by the holder of the user table's mutex; everything else as said.
// Invariant: outside of recovery `current` is not null.
struct user_slot final : map_link, reclaimable {
    explicit user_slot(user_id i) : id(i) {}
    ~user_slot() override { delete current.load(std::memory_order_relaxed); }

    const user_id id;
    atomic<user_version*> current{nullptr};
    atomic<std::uint64_t> durable_version{0}; // highest on disk; 0: none
    atomic<family_node*> families{nullptr};   // pushed by compare-exchange; only the sweep unlinks
    std::uint16_t sweep_mark = 0;             // maintenance thread only
    bool has_dropping = false;                // maintenance thread only: its list holds nodes being dropped
    std::uint8_t hash_cost = 0xFF;            // under the user table's mutex: hash_costs::index of `current`

    // What `families` is once the slot is on its way out: no family can be added any more.
    static family_node* closed() noexcept;
    // The families' list head, null where empty or closed.
    family_node* first_family() const noexcept;
    // False where the slot is closed.
    bool push_family(family_node& node) noexcept;
    // Takes every node out of the list whose sweep_mark is `dropping`. One thread (the sweep) only.
    void unlink_dropping() noexcept;
    void advance_durable(std::uint64_t version) noexcept;
};

// A login name that is somebody's. Not `active`: given up by its owner in a record that is not durable yet, so nobody
// else may have it.
struct name_entry final : map_link, reclaimable {
    name_entry(std::string f, user_slot& o) : folded(std::move(f)), owner(&o) {}
    const std::string folded;
    user_slot* const owner;
    atomic<bool> active{true};
    std::uint64_t free_after = 0; // under the mutex: sequence of the record that gave it up
};

} // namespace pawl::storage
