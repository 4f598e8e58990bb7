// Which families a user's list holds. A list is walked by logins and by lists of sessions, so the dead leave
// it: the latest of them are set aside for operators to look at, up to a bound; the others are surplus, in no list at
// all, and the sweep drops them without waiting for a day to pass (docs/decisions/0025-bounded-dead-families.md).
//
// Threads: any, within a read section; the sweep's part from the maintenance thread. Lists are pushed to without a
// lock; what takes nodes out of one holds the lock of its user (striped). A node that left a list still leads into it,
// so readers who stand on it go on; its memory stays for a grace period after it left the map.
#pragma once

#include "storage/map/atomic.hpp"
#include "storage/map/rcu.hpp"
#include "storage/store/family_node.hpp"
#include "storage/store/user_slot.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace pawl::storage {

struct store_state;

// Of one user, guarded by the user's lock.
struct families_set_aside {
    std::vector<family_node*> kept; // the latest set aside is the last
    std::size_t surplus = 0;        // how many are in the map and in neither
};

// Whether the family is dead at `now` and what makes it so is on disk: no answer that leaves it out has to wait. Only a
// clock that goes back brings one to life again, and only where it, or the browser session that it hangs on, had
// expired.
bool dead_on_disk(const rcu_read_guard& section, const store_state& state, const family_node& node,
                  const user_version& version, timestamp now) noexcept;

class user_families {
public:
    // How many dead families a walk may meet before it sets them aside: a few, and a share of the living.
    static constexpr std::size_t dead_met_min = 16, dead_met_share = 8;
    static bool worth_setting_aside(std::size_t dead, std::size_t living) noexcept {
        return dead > dead_met_min + living / dead_met_share;
    }

    // `dead_max`: how many dead families of a user are kept set aside.
    explicit user_families(std::size_t dead_max) : dead_max_(dead_max) {}

    // Takes what is dead on disk out of the owner's list. Does nothing if another does it just now, or if there
    // is no memory for it.
    void set_dead_aside(const rcu_read_guard& section, const store_state& state, user_slot& owner,
                        timestamp now) noexcept;
    // The ones set aside, as of now; usable within the section.
    std::vector<family_node*> set_aside(const rcu_read_guard& section, const user_slot& owner) const;
    // Whether at `now` one that was set aside as expired may be alive: the clock went back.
    bool clock_went_back(timestamp now) const noexcept {
        return now.time_since_epoch().count() < expired_at_.load(std::memory_order_relaxed);
    }
    std::size_t dead_max() const noexcept { return dead_max_; }

    // --- The sweep's.
    // Takes every node out whose sweep_mark is `dropping`, of the list and of those set aside.
    void unlink_dropping(user_slot& owner) noexcept;
    // One that was surplus is dropped.
    void forget_surplus(user_slot& owner) noexcept;
    // Whether there are any out of the list.
    bool has_aside(const user_slot& owner) const noexcept;
    std::size_t kept_aside(const user_slot& owner) const noexcept;

private:
    static constexpr std::size_t locks = 64;
    mutex& lock_of(const user_slot& owner) const noexcept;

    const std::size_t dead_max_;
    atomic<std::int64_t> expired_at_{INT64_MIN}; // the latest time at which an expired one was set aside
    mutable std::array<mutex, locks> locks_;
};

} // namespace pawl::storage
