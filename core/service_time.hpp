// Service time: the time Pawl decides and records by. It starts at the later of the wall clock and the last record,
// advances with CLOCK_BOOTTIME, and follows the wall clock forward only: no expiry is ever undone by a clock that was
// set back. It follows small steps at once; a leap is held until core/wall_leap.hpp says otherwise. Pure: clock
// readings come in as parameters. Plain values, no synchronisation; app/process/service_clock adds that.
//
// Service time is `boot + offset`. The offset never shrinks, so several threads can keep it in one atomic maximum.
#pragma once

#include "core/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace pawl {

// One look at the system's clocks. Read the wall clock first, then the boot clock: a pause between the two then makes
// the offset too small, which nothing notices, rather than too large, which would stay.
struct clock_reading {
    timestamp_ms wall{}; // CLOCK_REALTIME
    milliseconds boot{}; // CLOCK_BOOTTIME
};

// The wall clock is this far behind service time: say so (warning, metric).
inline constexpr milliseconds wall_behind_warning{60'000};
// So far behind at the start that serving is refused: the clock was lost, or the data are from a machine ahead.
inline constexpr milliseconds wall_behind_refusal{86'400'000};

// A wall clock that comes to be further than this ahead of service time has leapt: it is not followed at once.
inline constexpr milliseconds wall_leap_beyond{60'000};

class service_time {
public:
    // `floor` is the time of the last record or manifest; a zero floor starts at the wall clock (`--reset-clock`).
    constexpr service_time(const clock_reading& start, timestamp_ms floor)
        : offset_(std::max(start.wall, floor).time_since_epoch() - start.boot) {}
    // Goes on from an offset kept elsewhere.
    explicit constexpr service_time(milliseconds offset) : offset_(offset) {}

    // The time at this reading; from now on it is never earlier, whatever the wall clock says.
    constexpr timestamp_ms at(const clock_reading& reading) {
        if (held(reading) == milliseconds(0)) {
            adopt(reading);
        }
        return timestamp_ms(reading.boot + offset_);
    }
    // How far the wall clock leapt ahead of service time, which does not follow it; 0 where it did not.
    constexpr milliseconds held(const clock_reading& reading) const {
        const milliseconds ahead = reading.wall.time_since_epoch() - reading.boot - offset_;
        return ahead > wall_leap_beyond ? ahead : milliseconds(0);
    }
    // Follows the wall clock, however far ahead it is.
    constexpr void adopt(const clock_reading& reading) {
        offset_ = std::max(offset_, reading.wall.time_since_epoch() - reading.boot);
    }

    constexpr milliseconds offset() const { return offset_; }

private:
    milliseconds offset_;
};

// How far the wall clock is behind `service`; 0 where it is not.
constexpr milliseconds behind(timestamp_ms wall, timestamp_ms service) {
    return std::max(service - wall, milliseconds(0));
}

enum class wall_verdict : std::uint8_t { good, warn, refuse };
// At the start: `refuse` beyond a day (unless `--reset-clock`). While serving nothing is refused: `refuse` is a louder
// `warn` then.
constexpr wall_verdict judge_wall(timestamp_ms wall, timestamp_ms service) {
    const milliseconds lag = behind(wall, service);
    if (lag > wall_behind_refusal) {
        return wall_verdict::refuse;
    }
    return lag > wall_behind_warning ? wall_verdict::warn : wall_verdict::good;
}

// Time that a developer may move, over a real one (`/dev/clock`): ahead, back, or standing still. In this process only.
// `real` is service time at the moment of the call.
class virtual_time {
public:
    constexpr timestamp_ms at(timestamp_ms real) const { return frozen_ ? stands_at_ : real + offset_; }
    constexpr bool frozen() const { return frozen_; }

    // By `by`, which may be negative.
    constexpr void advance(timestamp_ms real, milliseconds by) { set(real, at(real) + by); }
    // From now on it is `to`; frozen time stays frozen, at `to`.
    constexpr void set(timestamp_ms real, timestamp_ms to) {
        stands_at_ = to;
        offset_ = to - real;
    }
    // Stands still at what it is now; thawed, runs on from where it stood.
    constexpr void freeze(timestamp_ms real, bool frozen) {
        set(real, at(real));
        frozen_ = frozen;
    }

private:
    milliseconds offset_{0};   // while it runs
    timestamp_ms stands_at_{}; // while it is frozen
    bool frozen_ = false;
};

} // namespace pawl
