// All users in memory: the map that finds them by id, and the one index of login names (emails and usernames, folded).
//
// Thread safety: lookups from any thread, without a lock. A thread that changes anything holds `mutex` (the functions
// that say so); slots are freed by the maintenance thread alone. Invariants, while the mutex is free:
//   (1) Every name of every current, not deleted record has an active entry whose owner is that user.
//   (2) An entry that is not active belongs to the user who gave it up, until the record of that is durable and the
//       name has rested.
//   (3) No id is given twice, not even after its user is gone.
#pragma once

#include "core/password/hash_costs.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"
#include "storage/store/user_slot.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

class user_table {
public:
    explicit user_table(reclaimer& garbage);
    ~user_table();
    user_table(const user_table&) = delete;
    user_table& operator=(const user_table&) = delete;

    // --- Lookups.
    user_slot* find(const rcu_read_guard& section, user_id id) const noexcept {
        return slots_->find(section, hash_of(id), id);
    }
    // The user of an active name, or null.
    user_slot* find_login(const rcu_read_guard& section, std::string_view folded) const noexcept;
    // The user who gave the name up while the record of that is not known durable, or null.
    user_slot* find_last_holder(const rcu_read_guard& section, std::string_view folded) const noexcept;
    std::size_t size() const noexcept { return slots_->size(); }
    std::size_t buckets() const noexcept { return slots_->buckets(); }
    std::size_t names() const noexcept { return names_->size(); }
    // See the port. Takes a lock of its own for some microseconds.
    std::string usual_hash(std::string_view folded, const hash_costs::key& secret) const;

    storage::mutex mutex;

    // --- Under the mutex.
    std::uint64_t next_id = 1;
    // The entry of a name, active or not; null where it is free.
    name_entry* holder_of(std::string_view folded) const noexcept;
    // Makes the name `owner`'s: `fresh` goes in where it is free, else it is the owner's own entry and active again.
    void claim(name_entry& entry, std::unique_ptr<name_entry> fresh) noexcept;
    // The owner gives it up: memory for it first, then out of the lookups, then with the record of this sequence.
    void expect_given_up(std::size_t count) { given_up_.reserve(given_up_.size() + count); }
    static void deactivate(name_entry& entry) noexcept { entry.active.store(false, std::memory_order_release); }
    void give_up(name_entry& entry, std::uint64_t sequence, timestamp rests_until) noexcept;
    // A name that `owner` gave up before: in no lookup, and no other user's until then. Where another has it already it
    // stays so.
    void let_rest(user_slot& owner, const std::string& folded, timestamp until) noexcept;
    // The names that `owner`, who is removed, gave up before rest until then at most.
    void cut_rest(const user_slot& owner, timestamp until) noexcept;
    // Names that `owner` gave up and that still rest at `now`, and when the first of them is free.
    struct resting_names {
        std::size_t count = 0;
        timestamp first_free{};
    };
    resting_names resting_of(const user_slot& owner, timestamp now) const noexcept;
    // Frees names whose giving up is durable and that have rested.
    template <class IsDurable>
    void free_names(timestamp now, IsDurable is_durable) {
        std::erase_if(given_up_, [&](name_entry* entry) {
            if (entry->active.load(std::memory_order_relaxed)) {
                return true; // its owner wanted it back
            }
            if (now < entry->rests_until || !is_durable(entry->free_after)) {
                return false;
            }
            remove(*entry);
            return true;
        });
    }
    // Adds a slot to map and registry. The id is new; one above all others costs least.
    void add(std::unique_ptr<user_slot> slot);
    // Replaces the current version; the old one is retired. Counts what its hash costs, if it is another's.
    void publish(user_slot& slot, std::unique_ptr<user_version> version) noexcept;

    // --- Recovery.
    void expect(std::uint64_t users); // before anything is in
    // add() in two steps: the registry, under the mutex, then the map, which takes over the slot; that on any thread.
    void enlist(user_slot& slot);
    void link(user_slot& slot) noexcept;
    void grow_names_for(std::size_t names) { names_->grow_for(names); }
    // Counts what the hash of its current version costs. Any thread, without the mutex; once a slot.
    void count_cost(user_slot& slot, const user& record) noexcept;
    // Any thread, without the mutex: who holds the name now, the one it was taken for or the one who had it.
    user_slot& take_name(std::unique_ptr<name_entry> fresh) noexcept;

    // --- Recovery and maintenance.
    // Slots in the order of their ids, at most `count` of them, of ids above `after`. Maintenance only, which alone
    // frees them. Takes the mutex.
    std::vector<user_slot*> some(user_id after, std::size_t count);
    // Current records in the order of their ids, at most `count` of them, of ids above `after`, none that is deleted.
    // `after` becomes the last id looked at; nothing is left where it stays. Any thread. Takes the mutex.
    std::vector<user_ptr> records(user_id& after, std::size_t count);
    // Takes a closed slot without families out and retires it, and frees the names that it gave up. Takes the mutex.
    void drop(user_slot& slot);
    bool resize_to_fit() {
        const bool slots = slots_->resize_to_fit();
        return names_->resize_to_fit() || slots;
    }

private:
    struct by_id {
        using key = user_id;
        static bool equal(const user_slot& slot, const key& k) { return slot.id == k; }
    };
    struct by_name {
        using key = std::string_view;
        static bool equal(const name_entry& entry, const key& k) { return entry.folded == k; }
    };
    // A user's place in the order of ids; the slot is null once it is gone.
    struct registered {
        user_id id;
        user_slot* slot = nullptr;
    };
    void remove(name_entry& entry) noexcept;
    // Under the mutex: puts what was added out of order where it belongs.
    void sort_registry();

    reclaimer& garbage_;
    keyed_hash hash_;
    std::unique_ptr<rcu_hash_map<user_slot, by_id>> slots_;
    std::unique_ptr<rcu_hash_map<name_entry, by_name>> names_;
    std::deque<registered> registry_; // a deque: growing it moves nothing
    std::size_t registry_sorted_ = 0; // so many at its front are in order
    std::size_t registry_gone_ = 0;   // null slots in it
    std::vector<name_entry*> given_up_;
    mutable std::mutex costs_mutex_; // after the table's, where both are held
    hash_costs costs_;               // of users who are enabled; guarded by costs_mutex_
};

} // namespace pawl::storage
