// Read-copy-update, memb flavour of liburcu: readers never wait, memory is freed after a grace period.
//
// Thread safety: everything here may be called from any thread; a thread is registered with liburcu the first time it
// comes by and unregistered when it ends. Rules the compiler can't check:
//   (1) A read section is an ordinary block: it never spans a co_await, never blocks and never calls rcu_synchronize().
//   (2) A pointer read from an RCU structure is valid until the section it was read in ends.
//   (3) What is taken out of an RCU structure is freed only after a grace period: reclaimer, or rcu_synchronize().
//
// With PAWL_MAP_FAKE (set for thread-sanitized builds) the same promises are kept by std::atomic and std::mutex alone:
// TSan can't see into the uninstrumented liburcu and would call every hand-over through it a race; suppressing those
// would suppress ours too. So there everything of ours is checked for real, over a map that TSan understands.
#pragma once

#include "storage/map/atomic.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace pawl::storage {

// A read section, from construction to destruction. Nests.
class [[nodiscard]] rcu_read_guard {
public:
    rcu_read_guard() noexcept;
    ~rcu_read_guard();
    rcu_read_guard(const rcu_read_guard&) = delete;
    rcu_read_guard& operator=(const rcu_read_guard&) = delete;
};

// Waits until every read section that is open now has ended. Not within a read section.
void rcu_synchronize() noexcept;

// Whether this thread is within a read section: for assertions.
bool rcu_read_ongoing() noexcept;

// What a reclaimer frees. Intrusive, so that retiring needs no memory and can't fail.
struct reclaimable {
    reclaimable() = default;
    reclaimable(const reclaimable&) = delete;
    reclaimable& operator=(const reclaimable&) = delete;
    virtual ~reclaimable() = default;
    reclaimable* next_retired = nullptr;
};

// Frees what it is given once no reader can hold it any more. retire() from any thread, within a read section or not;
// flush() from one thread at a time, outside of any.
class reclaimer {
public:
    reclaimer() = default;
    ~reclaimer();
    reclaimer(const reclaimer&) = delete;
    reclaimer& operator=(const reclaimer&) = delete;

    void retire(std::unique_ptr<reclaimable> object) noexcept;
    // Waits a grace period and frees what was retired before the call. Returns how many.
    std::size_t flush() noexcept;
    std::size_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }

private:
    atomic<reclaimable*> retired_{nullptr};
    std::atomic<std::size_t> pending_{0};
};

} // namespace pawl::storage
