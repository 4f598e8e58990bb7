// Time served: the windows of decide() run in it, so that an outage of ours is no theft of theirs, and time that was
// served is never given twice. Pure values, no synchronisation.
#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace pawl {

// A time in which this store was not served. stopped_at <= ready_at.
struct outage {
    timestamp_ms stopped_at{};
    timestamp_ms ready_at{};

    constexpr milliseconds length() const { return ready_at - stopped_at; }
    friend constexpr bool operator==(const outage&, const outage&) = default;
};

// The outages that a window may still lie across, oldest first. They do not overlap.
//
// Bounded: what no window of `window` can lie across is dropped, and where there are too many all the same, the two
// with the least served time between them become one. That one is as long as both and ends with the later. So the age
// of what was rotated before both stays exact, and what was rotated between them seems younger by less than the time
// served between them.
class outage_list {
public:
    static constexpr std::size_t size_max = 16;
    // Of a reader that does not know the window: nothing is dropped for its age.
    static constexpr milliseconds any_window{5LL * 366 * 86400 * 1000};

    outage_list() = default;
    explicit outage_list(milliseconds window) : window_(window) {}

    // In the order of time. What is known already (it ends no later than the newest) changes nothing.
    void add(outage o);
    // The clock went from `from` back to `to`: what was served before keeps its length, and what was not served becomes
    // shorter by so much, the newest first. For a time before `to` the age is what it was.
    void set_clock(timestamp_ms from, timestamp_ms to);

    std::span<const outage> all() const { return std::span(outages_).first(size_); }
    bool empty() const { return size_ == 0; }
    // Time not served in [from, to]; 0 if `to` is not after `from`.
    milliseconds unserved(timestamp_ms from, timestamp_ms to) const;

private:
    void drop_old();
    void merge_nearest();
    void remove(std::size_t at);

    milliseconds window_ = any_window;
    std::array<outage, size_max + 1> outages_{}; // one more than stays
    std::size_t size_ = 0;
};

// The age of a rotation in time served: whole seconds, cut. Never negative. std::nullopt if `rotated` lies in the
// future of `now`: of such a rotation nothing is known (a clock was wrong), so it is outside of every window.
std::optional<seconds> served_age(timestamp rotated, timestamp now, const outage_list& outages);

// Ages are cut to whole seconds and so are both instants they come from: a window of W has surely closed, in this
// session and in every later one, for what was rotated more than W and this before a moment that is known to be served.
inline constexpr milliseconds window_slack{2000};

} // namespace pawl
