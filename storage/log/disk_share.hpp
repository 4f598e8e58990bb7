// The log's disk has others write to it: a snapshot, hundreds of megabytes at once. What the log's batches wait for is
// noted here; who writes beside them looks and leaves the disk alone for a while where it makes them wait.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace pawl::storage {

// Thread safety: begin() and end() are the log's writer's; look() is anybody's.
class disk_share {
public:
    struct view {
        std::uint64_t batches = 0, ns = 0; // written and synced so far, and how long that took in all
        bool writing = false;              // one is on its way
    };

    void begin() noexcept { writing_.store(true, std::memory_order_relaxed); }
    // A batch took `ns`.
    void end(std::uint64_t ns) noexcept {
        ns_.fetch_add(ns, std::memory_order_relaxed);
        batches_.fetch_add(1, std::memory_order_relaxed);
        writing_.store(false, std::memory_order_relaxed);
    }
    // The parts of it may be of slightly different moments.
    view look() const noexcept {
        return {batches_.load(std::memory_order_relaxed), ns_.load(std::memory_order_relaxed),
                writing_.load(std::memory_order_relaxed)};
    }

private:
    std::atomic<std::uint64_t> batches_{0}, ns_{0};
    std::atomic<bool> writing_{false};
};

// A batch may well take so long: on a disk that is fast enough for both, nobody waits.
inline constexpr std::chrono::nanoseconds batch_unharmed_max = std::chrono::milliseconds(1);
// Of the time, a quarter at most is for those that make the log wait; so long at once, at most, they stand back.
inline constexpr unsigned pause_for_each = 3;
inline constexpr std::chrono::nanoseconds pause_max = std::chrono::milliseconds(50);

// How long to leave the disk alone after something was written to it that took `took`, while the log went from
// `before` to `after`.
constexpr std::chrono::nanoseconds pause_after(const disk_share::view& before, const disk_share::view& after,
                                               std::chrono::nanoseconds took) noexcept {
    const std::uint64_t batches = after.batches - before.batches;
    const bool waited_throughout = batches == 0 && before.writing && after.writing;
    const auto waited = batches > 0         ? std::chrono::nanoseconds((after.ns - before.ns) / batches)
                        : waited_throughout ? took
                                            : std::chrono::nanoseconds(0);
    return waited > batch_unharmed_max ? std::min(took, pause_max / pause_for_each) * pause_for_each
                                       : std::chrono::nanoseconds(0);
}

} // namespace pawl::storage
