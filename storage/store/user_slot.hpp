// A user in memory: a slot that stays where it is, and what hangs on it.
#pragma once

#include "core/clock.hpp"
#include "core/mail/mail.hpp"
#include "core/user/user.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pawl::storage {

class family_node;
struct families_set_aside; // user_families.hpp

// One immutable version of a user: replaced whole, freed after a grace period.
struct user_version final : reclaimable {
    explicit user_version(user_ptr r, std::vector<mail_ptr> m = {}) : record(std::move(r)), mails(std::move(m)) {}
    const user_ptr record;
    // What is one group with the record, as it was wanted: who helps enqueues all of it. Maintenance replaces a version
    // that is durable by one without.
    const std::vector<mail_ptr> mails;
};

// Thread safety: `current` is replaced by the holder of the user table's mutex; everything else as said.
// Invariant: outside of recovery `current` is not null.
struct user_slot final : map_link, reclaimable {
    explicit user_slot(user_id i) : id(i) {}
    ~user_slot() override;

    const user_id id;
    atomic<user_version*> current{nullptr};
    atomic<std::uint64_t> durable_version{0};   // highest on disk; 0: none
    atomic<family_node*> families{nullptr};     // pushed by compare-exchange; unlinked under a lock (user_families.hpp)
    atomic<families_set_aside*> aside{nullptr}; // its dead families out of the list; null: there never were any
    std::uint32_t dead_listed = 0;              // maintenance thread only: dead ones that this sweep saw in the list
    std::uint16_t sweep_mark = 0;               // maintenance thread only
    bool has_dropping = false;                  // maintenance thread only: families of it are being dropped
    std::uint8_t hash_cost = 0xFF;              // under the user table's mutex: hash_costs::index of `current`

    // What `families` is once the slot is on its way out: no family can be added any more.
    static family_node* closed() noexcept;
    // The families' list head, null where empty or closed.
    family_node* first_family() const noexcept;
    // False where the slot is closed.
    bool push_family(family_node& node) noexcept;
    void advance_durable(std::uint64_t version) noexcept;
};

// A login name that is somebody's. Not `active`: given up by its owner in a record that is not durable yet, or not long
// enough ago, so no other user may have it.
struct name_entry final : map_link, reclaimable {
    name_entry(std::string f, user_slot& o) : folded(std::move(f)), owner(&o) {}
    const std::string folded;
    user_slot* const owner;
    atomic<bool> active{true};
    std::uint64_t free_after = 0; // under the mutex: sequence of the record that gave it up
    timestamp rests_until{};      // under the mutex
};

} // namespace pawl::storage
