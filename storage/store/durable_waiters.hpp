// Coroutines that wait for their record to be on disk: kept per io_context in intrusive lists, woken by one post per
// io_context and batch.
//
// Thread safety: wait() from coroutines on any executor, advance() and fail() from the log's thread (or any).
// Invariants:
//   (1) A waiter lives in the frame of the coroutine that waits; who takes it out of its list completes it, once.
//   (2) advance() publishes the sequence before it takes a lock, wait() looks at it under that lock: no wake-up is
//       lost.
//   (3) An io_context with waiters outlives the log's thread, or at least its call to advance(): asio::post may still
//       touch it when the coroutine it posted has already ended.
//   (4) Cancellation does not end a wait: the frame, and with it the waiter, stays until the record is durable or
//       storage has failed.
#pragma once

#include "core/port/task.hpp"
#include "storage/map/atomic.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pawl::storage {

class durable_waiters {
public:
    durable_waiters() = default;
    // Waiters that are left (a store torn down without stop()) are destroyed with their coroutines, not resumed.
    ~durable_waiters();
    durable_waiters(const durable_waiters&) = delete;
    durable_waiters& operator=(const durable_waiters&) = delete;

    // Completes on the caller's executor: true once `sequence` is durable, false once storage has failed. Without
    // suspending where that is so already.
    task<bool> wait(std::uint64_t sequence);
    bool is_durable(std::uint64_t sequence) const noexcept {
        return sequence <= through_.load(std::memory_order_acquire);
    }
    bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }

    // Everything up to and including `through` is durable.
    void advance(std::uint64_t through);
    // Nothing more will be.
    void fail();

    std::size_t waiting() const;

    // One suspended coroutine; its handler's type is erased into `storage`.
    struct waiter {
        std::uint64_t sequence = 0;
        bool outcome = false;
        waiter* next = nullptr;
        void (*complete)(waiter& self, bool resume) = nullptr; // false: destroy the coroutine instead
        alignas(std::max_align_t) std::array<std::byte, 64> handler{};
    };
    // Called by the initiation, with the handler in place.
    void add(waiter& w, const boost::asio::any_io_executor& executor);

private:
    struct bucket {
        boost::asio::any_io_executor executor;
        waiter* first = nullptr;
        waiter* last = nullptr;
    };
    struct shard {
        mutable storage::mutex mutex;
        std::vector<bucket> buckets; // of the io_contexts with waiters; a handful
    };
    struct ready {
        boost::asio::any_io_executor executor;
        waiter* first;
    };
    template <class Predicate>
    void wake(bool outcome, Predicate is_ready);
    static void post(ready r);

    atomic<std::uint64_t> through_{0};
    atomic<bool> failed_{false};
    std::array<shard, 16> shards_;
};

} // namespace pawl::storage
