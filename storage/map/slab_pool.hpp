// Memory for millions of nodes of one type: 64-KiB slabs in 64-MiB arenas of address space. Nodes are found by slab
// index (snapshot, sweep and statistics walk slabs), reused lowest slab first, and the pages of an empty slab go back
// to the system.
//
// Thread safety: allocate and free from any thread (one mutex: a login or the sweep, never a refresh); publish from the
// thread that allocated; unpublish, free and walk from the one thread that frees (maintenance), so a walker never sees
// a node vanish under it.
// Invariants:
//   (1) walk() sees every node published before it began and not unpublished since, each once.
//   (2) A freed node's memory may be handed out at once: the caller waits for the grace period first.
//   (3) Address space is never given back before destruction, only pages: a stale pointer reads zeros, not a fault.
#pragma once

#include "storage/map/atomic.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <vector>

namespace pawl::storage {

// Address space and page care, apart from the template: slab_pool.cpp.
namespace slab_memory {
inline constexpr std::size_t slab_size = std::size_t{64} << 10U;
inline constexpr std::size_t arena_size = std::size_t{64} << 20U;
// One arena of zeros, aligned to its size; throws std::bad_alloc.
void* map_arena();
void unmap_arena(void* arena) noexcept;
// Gives the pages back; they read as zeros afterwards.
void give_back(void* slab) noexcept;
// Has the system make the pages now, in one go, instead of one fault each. Where it does not know how: as they come.
void make_pages(void* slabs, std::size_t size) noexcept;
// Whether this build reports what is not freed at the end.
bool leaks_are_looked_for() noexcept;
void poison(void* node, std::size_t size) noexcept;
void unpoison(void* node, std::size_t size) noexcept;
} // namespace slab_memory

template <class Node>
class slab_pool {
public:
    class filler;

    static constexpr std::size_t nodes_per_slab = slab_memory::slab_size / sizeof(Node);
    static constexpr std::size_t arenas_max = 4096; // 256 GiB of address space
    static_assert(nodes_per_slab <= 1000, "one slab is one read section of a walk: at most 1,000 nodes");

    slab_pool() = default;
    ~slab_pool() {
        for (std::size_t i = 0; i < arena_count_.load(); ++i) {
            slab_memory::unmap_arena(arenas_[i].load());
        }
    }
    slab_pool(const slab_pool&) = delete;
    slab_pool& operator=(const slab_pool&) = delete;

    // Raw memory for one node, or null where arenas_max is reached; the caller constructs. Throws std::bad_alloc.
    void* allocate() {
        const std::lock_guard lock(mutex_);
        const std::size_t index = slab_with_room();
        if (index == none) {
            return nullptr;
        }
        slab& s = slab_at(index);
        if (index >= slab_count_.load(std::memory_order_relaxed)) {
            slab_count_.store(index + 1, std::memory_order_release);
        }
        for (std::size_t w = 0; w < s.allocated.size(); ++w) {
            const std::uint64_t free_bits = ~s.allocated[w] & mask_of(w);
            if (free_bits != 0) {
                const auto bit = static_cast<std::size_t>(std::countr_zero(free_bits));
                s.allocated[w] |= std::uint64_t{1} << bit;
                if (++s.used == nodes_per_slab) {
                    room_[index / 64] &= ~(std::uint64_t{1} << (index % 64));
                }
                nodes_.fetch_add(1, std::memory_order_relaxed);
                void* const node = memory_of(index) + ((w * 64 + bit) * sizeof(Node));
                slab_memory::unpoison(node, sizeof(Node));
                return node;
            }
        }
        BOOST_ASSERT_MSG(false, "a slab marked as having room has none");
        return nullptr;
    }

    // The node is complete: walkers may see it.
    void publish(Node& node) noexcept {
        const place p = place_of(node);
        live_of(slab_at(p.slab), p.node / 64).fetch_or(std::uint64_t{1} << (p.node % 64), std::memory_order_release);
    }
    void unpublish(Node& node) noexcept {
        const place p = place_of(node);
        live_of(slab_at(p.slab), p.node / 64)
            .fetch_and(~(std::uint64_t{1} << (p.node % 64)), std::memory_order_relaxed);
    }

    // Destroys the node and takes its memory back. No reader may hold it any more.
    void free(Node& node) noexcept {
        const place p = place_of(node);
        node.~Node();
        slab_memory::poison(&node, sizeof(Node));
        const std::lock_guard lock(mutex_);
        slab& s = slab_at(p.slab);
        const std::uint64_t bit = std::uint64_t{1} << (p.node % 64);
        BOOST_ASSERT((s.allocated[p.node / 64] & bit) != 0);
        BOOST_ASSERT((live_of(s, p.node / 64).load(std::memory_order_relaxed) & bit) == 0);
        s.allocated[p.node / 64] &= ~bit;
        nodes_.fetch_sub(1, std::memory_order_relaxed);
        room_[p.slab / 64] |= std::uint64_t{1} << (p.slab % 64);
        lowest_room_ = std::min(lowest_room_, p.slab / 64);
        if (--s.used == 0) {
            slab_memory::unpoison(memory_of(p.slab), slab_memory::slab_size);
            slab_memory::give_back(memory_of(p.slab));
            slabs_given_back_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    // Slabs that were ever used are numbered from 0; the number only grows.
    std::size_t slab_count() const noexcept { return slab_count_.load(std::memory_order_acquire); }

    // Calls `see(Node&)` for each published node of one slab: at most nodes_per_slab.
    template <class F>
    void walk(std::size_t slab_index, F&& see) {
        slab& s = slab_at(slab_index);
        for (std::size_t w = 0; w < s.live.size(); ++w) {
            std::uint64_t bits = live_of(s, w).load(std::memory_order_acquire);
            while (bits != 0) {
                const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
                bits &= bits - 1;
                see(*std::launder(reinterpret_cast<Node*>(memory_of(slab_index) + ((w * 64 + bit) * sizeof(Node)))));
            }
        }
    }

    // A number for a node, as long as it lives: half the size of a pointer.
    std::uint32_t number_of(const Node& node) const noexcept {
        static_assert(alignof(Node) >= number_unit);
        const auto address = reinterpret_cast<std::uintptr_t>(&node);
        const std::uintptr_t base = address & ~(slab_memory::arena_size - 1);
        const std::size_t at = (address - base) / number_unit;
        return static_cast<std::uint32_t>(reinterpret_cast<const arena*>(base)->index * numbers_per_arena + at);
    }
    Node* numbered(std::uint32_t number) const noexcept {
        std::byte* const base =
            static_cast<std::byte*>(arenas_[number / numbers_per_arena].load(std::memory_order_relaxed));
        return std::launder(reinterpret_cast<Node*>(base + number % numbers_per_arena * number_unit));
    }

    std::size_t nodes() const noexcept { return nodes_.load(std::memory_order_relaxed); }
    std::uint64_t slabs_given_back() const noexcept { return slabs_given_back_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t none = ~std::size_t{0};
    static constexpr std::size_t number_unit = 64;
    static constexpr std::size_t numbers_per_arena = slab_memory::arena_size / number_unit;
    static_assert(arenas_max * numbers_per_arena <= std::size_t{1} << 32U);
    static constexpr std::size_t words = (nodes_per_slab + 63) / 64;

    // Begins as zeros, which is what fresh pages read as: no initialisers, so that an arena touches the headers of the
    // slabs it uses and not all of them.
    struct slab {
        std::array<std::uint64_t, words> live;      // for walkers: live_of()
        std::array<std::uint64_t, words> allocated; // under the mutex
        std::size_t used;
    };
    static atomic_ref<std::uint64_t> live_of(slab& s, std::size_t word) {
        return atomic_ref<std::uint64_t>(s.live[word]);
    }
    static constexpr std::size_t slabs_in_arena = slab_memory::arena_size / slab_memory::slab_size;
    // The slabs' headers live at the start of their arena, so that a node leads to its own by its address.
    static constexpr std::size_t header_slabs =
        (sizeof(slab) * slabs_in_arena + sizeof(std::size_t) + slab_memory::slab_size - 1) / slab_memory::slab_size;
    static constexpr std::size_t slabs_per_arena = slabs_in_arena - header_slabs;
    struct arena {
        std::size_t index;
        std::array<slab, slabs_per_arena> slabs;
    };
    static_assert(std::is_trivially_default_constructible_v<arena>);
    static_assert(sizeof(arena) <= header_slabs * slab_memory::slab_size);
    struct place {
        std::size_t slab;
        std::size_t node;
    };

    // The bits of one word where the first `nodes` of a slab have theirs set.
    static constexpr std::uint64_t first_of_word(std::size_t word, std::size_t nodes) {
        const std::size_t left = nodes - std::min(nodes, word * 64);
        return left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
    }
    static constexpr std::uint64_t mask_of(std::size_t word) { return first_of_word(word, nodes_per_slab); }

    arena& arena_of(std::size_t slab_index) const {
        return *static_cast<arena*>(arenas_[slab_index / slabs_per_arena].load(std::memory_order_acquire));
    }
    slab& slab_at(std::size_t slab_index) const { return arena_of(slab_index).slabs[slab_index % slabs_per_arena]; }
    std::byte* memory_of(std::size_t slab_index) const {
        return reinterpret_cast<std::byte*>(&arena_of(slab_index)) +
               (header_slabs + slab_index % slabs_per_arena) * slab_memory::slab_size;
    }
    place place_of(const Node& node) const {
        const auto address = reinterpret_cast<std::uintptr_t>(&node);
        const std::uintptr_t base = address & ~(slab_memory::arena_size - 1);
        const auto* const a = reinterpret_cast<const arena*>(base);
        const std::size_t offset = address - base;
        return {a->index * slabs_per_arena + offset / slab_memory::slab_size - header_slabs,
                offset % slab_memory::slab_size / sizeof(Node)};
    }

    // Under the mutex: up to `count` slabs that were never used, side by side and full from here on; none where there
    // are no more. `count` becomes how many.
    std::size_t take_unused(std::size_t& count) {
        const std::size_t first = slab_count_.load(std::memory_order_relaxed);
        if (first / slabs_per_arena == arena_count_.load(std::memory_order_relaxed) && add_arena() == none) {
            return none;
        }
        count = std::min(count, slabs_per_arena - first % slabs_per_arena);
        for (std::size_t i = first; i < first + count; ++i) {
            slab& s = slab_at(i);
            for (std::size_t w = 0; w < words; ++w) {
                s.allocated[w] = mask_of(w);
            }
            s.used = nodes_per_slab;
            room_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
        }
        nodes_.fetch_add(count * nodes_per_slab, std::memory_order_relaxed);
        slab_count_.store(first + count, std::memory_order_release);
        return first;
    }

    // Under the mutex: only the first `used` nodes of a slab that take_unused() gave are in use.
    void give_back_rest(std::size_t index, std::size_t used) {
        slab& s = slab_at(index);
        for (std::size_t w = 0; w < words; ++w) {
            s.allocated[w] = first_of_word(w, used);
        }
        s.used = used;
        nodes_.fetch_sub(nodes_per_slab - used, std::memory_order_relaxed);
        room_[index / 64] |= std::uint64_t{1} << (index % 64);
        lowest_room_ = std::min(lowest_room_, index / 64);
        if (used == 0) {
            slab_memory::give_back(memory_of(index));
        }
    }

    // Under the mutex.
    std::size_t slab_with_room() {
        for (; lowest_room_ < room_.size(); ++lowest_room_) {
            if (room_[lowest_room_] != 0) {
                return lowest_room_ * 64 + static_cast<std::size_t>(std::countr_zero(room_[lowest_room_]));
            }
        }
        const std::size_t first = add_arena();
        if (first != none) {
            lowest_room_ = first / 64;
        }
        return first;
    }

    // Under the mutex: its first slab, or none.
    std::size_t add_arena() {
        const std::size_t next = arena_count_.load(std::memory_order_relaxed);
        if (next == arenas_max) {
            return none;
        }
        const std::size_t first = next * slabs_per_arena;
        room_.resize((first + slabs_per_arena + 63) / 64);
        auto* const a = std::launder(static_cast<arena*>(slab_memory::map_arena())); // as it is: zeros
        a->index = next;
        for (std::size_t i = first; i < first + slabs_per_arena; ++i) {
            room_[i / 64] |= std::uint64_t{1} << (i % 64);
        }
        arenas_[next].store(a, std::memory_order_release);
        arena_count_.store(next + 1, std::memory_order_release);
        return first;
    }

    mutex mutex_;
    std::vector<std::uint64_t> room_; // a bit per slab: not full
    std::size_t lowest_room_ = 0;     // no word of room_ below has a bit
    std::array<std::atomic<void*>, arenas_max> arenas_{};
    std::atomic<std::size_t> arena_count_{0};
    std::atomic<std::size_t> slab_count_{0};
    std::atomic<std::size_t> nodes_{0};
    std::atomic<std::uint64_t> slabs_given_back_{0};
};

// What one of the threads that fill a pool takes its nodes from: slabs of its own, so no lock and no line that another
// thread writes to. No other thread may walk, allocate or free meanwhile.
template <class Node>
class slab_pool<Node>::filler {
public:
    explicit filler(slab_pool& pool) : pool_(pool) {}
    ~filler() { finish(); }
    filler(const filler&) = delete;
    filler& operator=(const filler&) = delete;

    // Memory for one node, or null where arenas_max is reached. The caller constructs it before it comes again.
    void* next() {
        if (used_ == nodes_per_slab || end_ == 0) {
            if (!next_slab()) {
                return nullptr;
            }
        }
        void* const node = pool_.memory_of(slab_) + used_ * sizeof(Node);
        ++used_;
        slab_memory::unpoison(node, sizeof(Node));
        return node;
    }

    // All that next() gave is complete: published, and what is left of the slabs goes back to the pool.
    void finish() {
        if (end_ == 0) {
            return;
        }
        publish();
        const std::lock_guard lock(pool_.mutex_);
        for (; slab_ < end_; ++slab_, used_ = 0) {
            if (used_ < nodes_per_slab) {
                pool_.give_back_rest(slab_, used_);
            }
        }
        end_ = 0;
        used_ = 0;
    }

private:
    static constexpr std::size_t slabs_at_once = 16; // 1 MiB

    bool next_slab() {
        if (end_ != 0) {
            publish();
            if (++slab_ < end_) {
                used_ = 0;
                return true;
            }
            end_ = 0;
        }
        std::size_t count = slabs_at_once;
        {
            const std::lock_guard lock(pool_.mutex_);
            slab_ = pool_.take_unused(count);
        }
        if (slab_ == none) {
            return false;
        }
        end_ = slab_ + count;
        used_ = 0;
        slab_memory::make_pages(pool_.memory_of(slab_), count * slab_memory::slab_size);
        return true;
    }
    void publish() {
        slab& s = pool_.slab_at(slab_);
        for (std::size_t w = 0; w < words; ++w) {
            live_of(s, w).fetch_or(first_of_word(w, used_), std::memory_order_release); // none was set
        }
    }

    slab_pool& pool_;
    std::size_t slab_ = 0, end_ = 0; // the slab being filled and the end of the run; 0: no run
    std::size_t used_ = 0;           // nodes of that slab
};

} // namespace pawl::storage
