// All families in memory: the map that finds them by id, the slabs they live in, their places in their users' lists.
//
// Thread safety: find and add from any thread; walk and drop from the maintenance thread (recovery: the only thread).
// Invariants:
//   (1) A family that walk() sees is in the map; it is in its user's list until it is dead and set aside.
//   (2) A dropped node leaves map, list and slab in this order, and its memory only after a grace period.
#pragma once

#include "storage/map/atomic.hpp"
#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"
#include "storage/map/slab_pool.hpp"
#include "storage/store/agent_table.hpp"
#include "storage/store/family_node.hpp"
#include "storage/store/user_families.hpp"
#include "storage/store/user_slot.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pawl::storage {

class family_table {
public:
    // `dead_max`: how many dead families of a user are kept for people to look at (user_families).
    family_table(agent_table& agents, std::size_t dead_max);
    ~family_table();
    family_table(const family_table&) = delete;
    family_table& operator=(const family_table&) = delete;

    // Recovery only, before anything is in: sizes the map.
    void expect(std::uint64_t families);

    family_node* find(const rcu_read_guard& section, const family_id& id) const noexcept {
        return map_->find(section, hash_of(id), id);
    }

    enum class adding : std::uint8_t { added, exists, owner_gone, no_memory };
    struct added {
        adding outcome{};
        family_node* node = nullptr; // added: the new one; exists: the one there
    };
    // `make` is a reserved node (below). Publishes it: map, then the user's list, then walkers.
    added add(const rcu_read_guard& section, family_node& node) noexcept;
    // Memory and a constructed node that no other thread sees yet; null where there is none. Takes over one use of
    // `agent`.
    family_node* make(const family_facts& facts, user_slot& owner, family_word word, const use_view& use,
                      agent_text* agent);
    // Gives back a node that was never added.
    void unmake(family_node& node) noexcept;

    // Which of them the users' lists hold.
    user_families& lists() noexcept { return lists_; }
    // Walkers meet it from here on: before any record of it is enqueued, by any thread. Harmless to repeat.
    void publish(family_node& node) noexcept { slabs_.publish(node); }

    // Maintenance: slabs by index; `see(family_node&)` for each family. Call it within one read section per slab.
    std::size_t slab_count() const noexcept { return slabs_.slab_count(); }
    template <class F>
    void walk(std::size_t slab, F&& see) {
        slabs_.walk(slab, std::forward<F>(see));
    }
    // Maintenance: takes these families out and frees them. Waits a grace period.
    void drop(const std::vector<family_node*>& nodes);
    // Maintenance: frees what could not be added (its user had just gone).
    void free_rejected();
    bool resize_to_fit() { return map_->resize_to_fit(); }

    // A word of this status came, or went.
    void count(family_status status, int by) noexcept {
        by_status_[static_cast<std::size_t>(status)].fetch_add(
            static_cast<std::uint64_t>(static_cast<std::int64_t>(by)), std::memory_order_relaxed);
    }
    std::array<std::uint64_t, 16> by_status() const noexcept;
    std::size_t size() const noexcept { return map_->size(); }
    std::size_t buckets() const noexcept { return map_->buckets(); }
    std::size_t bytes() const noexcept { return slabs_.nodes() * sizeof(family_node) + buckets() * sizeof(map_link); }
    std::uint64_t slabs_given_back() const noexcept { return slabs_.slabs_given_back(); }

private:
    friend class family_filler; // recovery's way in, for many at once

    struct by_id {
        using key = family_id;
        static bool equal(const family_node& node, const key& k) { return node.id == k; }
    };

    agent_table& agents_;
    user_families lists_;
    slab_pool<family_node> slabs_;
    std::unique_ptr<rcu_hash_map<family_node, by_id>> map_;
    std::array<std::atomic<std::uint64_t>, 16> by_status_{};
    mutex rejected_mutex_;
    family_node* rejected_ = nullptr;
};

} // namespace pawl::storage
