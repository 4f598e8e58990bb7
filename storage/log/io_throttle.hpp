// The log's disk has others write to it: a snapshot, hundreds of megabytes at once. When the log writes is noted here;
// who writes beside it looks and leaves the disk alone for a while.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace pawl::storage {

// Thread safety: begin() and end() are the log's writer's; look() is anybody's.
class io_throttle {
public:
    struct view {
        std::uint64_t batches = 0; // written and synced so far
        bool writing = false;      // one is on its way
    };

    void begin() noexcept { writing_.store(true, std::memory_order_relaxed); }
    void end() noexcept {
        batches_.fetch_add(1, std::memory_order_relaxed);
        writing_.store(false, std::memory_order_relaxed);
    }
    // The parts of it may be of slightly different moments.
    view look() const noexcept {
        return {batches_.load(std::memory_order_relaxed), writing_.load(std::memory_order_relaxed)};
    }

private:
    std::atomic<std::uint64_t> batches_{0};
    std::atomic<bool> writing_{false};
};

// Of the time, a quarter at most is for those that write beside the log; so long at once, at most, they stand back.
inline constexpr unsigned pause_for_each = 3;
inline constexpr std::chrono::nanoseconds pause_max = std::chrono::milliseconds(50);

// How long to leave the disk alone after something was written to it that took `took`, while the log went from
// `before` to `after`. A log with nothing to write is in nobody's way.
constexpr std::chrono::nanoseconds pause_after(const io_throttle::view& before, const io_throttle::view& after,
                                               std::chrono::nanoseconds took) noexcept {
    const bool met = before.writing || after.writing || after.batches != before.batches;
    return met ? std::min(took, pause_max / pause_for_each) * pause_for_each : std::chrono::nanoseconds(0);
}

} // namespace pawl::storage
