// A lock-free hash map of nodes that embed their link: a thin typed class over liburcu's rculfhash (memb flavour).
//
// Thread safety: find, insert and erase from any thread, concurrently with each other and with resize_to_fit(); each
// takes the read guard that it runs under. resize_to_fit() from one thread at a time, outside of any read section.
// Invariants:
//   (1) Of two inserts of one key exactly one succeeds.
//   (2) An erased node may still be seen by readers until a grace period has passed: its key and link must not change
//       before, and it must not be inserted again.
//   (3) The table grows and shrinks in resize_to_fit() and grow_for() alone. The library's own CDS_LFHT_AUTO_RESIZE is
//   never used: in
//       0.13.2 a lost wake-up can end growth for good (docs/decisions), so entries are counted here.
//   (4) The map does not own its nodes.
#pragma once

#include "storage/map/rcu.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace pawl::storage {

// What a node of a map derives from. Opaque: only the table touches it.
struct alignas(8) map_link {
    void* next_link = nullptr;
    unsigned long reverse_hash = 0;
};

// The untyped table. `matches` is called within the guard's section only.
class rcu_hash_table {
public:
    using match_function = bool (*)(const map_link& link, const void* key);
    static constexpr std::size_t buckets_min =
        64; // an empty table is made, walked and freed for every reset of a realm
    static constexpr std::size_t buckets_max = std::size_t{1} << 32U;

    // Sized for `expected` entries (a hint).
    explicit rcu_hash_table(std::size_t expected);
    // All nodes must have been taken out (drain).
    ~rcu_hash_table();
    rcu_hash_table(const rcu_hash_table&) = delete;
    rcu_hash_table& operator=(const rcu_hash_table&) = delete;

    map_link* find(std::uint64_t hash, match_function matches, const void* key) const noexcept;
    // Null: inserted. Else the node that has the key already.
    map_link* insert(std::uint64_t hash, match_function matches, const void* key, map_link& link) noexcept;
    // The same, but size() does not know of it until count_inserted(): for threads that fill a table together, which
    // would take that number from each other at every step.
    map_link* insert_uncounted(std::uint64_t hash, match_function matches, const void* key, map_link& link) noexcept;
    void count_inserted(std::size_t n) noexcept { size_.fetch_add(n, std::memory_order_relaxed); }
    // False where it was erased already.
    bool erase(map_link& link) noexcept;

    std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
    std::size_t buckets() const noexcept { return buckets_.load(std::memory_order_relaxed); }
    // Grows above two entries a bucket, shrinks below one in four. True where it did something. May take seconds for
    // millions of entries; readers and writers go on meanwhile.
    bool resize_to_fit();
    // Grows for as many entries in all as are about to come. As resize_to_fit().
    void grow_for(std::size_t expected);
    // Takes any one node out; null where none is left. For teardown: nothing else may use the map any more.
    map_link* take_any();

private:
    struct table;
    std::unique_ptr<table> table_;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::size_t> buckets_{0};
};

// `Node` derives from map_link. `Traits` has `using key = ...` and `static bool equal(const Node&, const key&)`.
// The caller computes hashes: one node always goes with the same one.
template <class Node, class Traits>
class rcu_hash_map {
public:
    using key = typename Traits::key;

    explicit rcu_hash_map(std::size_t expected) : table_(expected) {}

    // The node with the key, or null. Valid within the guard's section.
    Node* find(const rcu_read_guard&, std::uint64_t hash, const key& k) const noexcept {
        return static_cast<Node*>(table_.find(hash, &matches, &k));
    }
    // Null: inserted. Else the node that has the key already, and `node` is untouched.
    Node* insert(const rcu_read_guard&, std::uint64_t hash, const key& k, Node& node) noexcept {
        return static_cast<Node*>(table_.insert(hash, &matches, &k, node));
    }
    Node* insert_uncounted(const rcu_read_guard&, std::uint64_t hash, const key& k, Node& node) noexcept {
        return static_cast<Node*>(table_.insert_uncounted(hash, &matches, &k, node));
    }
    void count_inserted(std::size_t n) noexcept { table_.count_inserted(n); }
    bool erase(const rcu_read_guard&, Node& node) noexcept { return table_.erase(node); }

    std::size_t size() const noexcept { return table_.size(); }
    std::size_t buckets() const noexcept { return table_.buckets(); }
    bool resize_to_fit() { return table_.resize_to_fit(); }
    void grow_for(std::size_t expected) { table_.grow_for(expected); }

    // Takes every node out and hands it to `take`. For teardown: nothing else may use the map any more.
    template <class F>
    void drain(F&& take) {
        while (map_link* const link = table_.take_any()) {
            take(*static_cast<Node*>(link));
        }
    }

private:
    static bool matches(const map_link& link, const void* k) {
        return Traits::equal(static_cast<const Node&>(link), *static_cast<const key*>(k));
    }
    rcu_hash_table table_;
};

} // namespace pawl::storage
