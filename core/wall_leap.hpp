// What to make of the wall clock while the process runs. Pure: readings come in as parameters.
//
// A leap ahead may be a mistake (a wrong time server, a slip of the hand), and service time never goes back. So a leap
// is held: service time goes on with the boot clock. It may also be right (a board without a clock that has just learnt
// the time, a machine that was resumed): then the system says after it that its clock is synchronised, or the leap at
// least stays.
#pragma once

#include "core/service_time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace pawl {

// A leap that stays for this long by the boot clock is adopted.
inline constexpr milliseconds wall_leap_agreement{120'000};
// Readings whose distance to the boot clock differs by at most this are of one leap. Slewing moves both clocks alike;
// this leaves room for a leap second and for small steps.
inline constexpr milliseconds wall_leap_tolerance{2'000};

enum class leap_news : std::uint8_t {
    none,
    held,    // the wall clock leapt ahead; or it was held already and leapt to yet another time: the wait starts anew
    adopted, // service time is to follow it now
    gone,    // the wall clock is back
};

// What is known of a leap, from one look to the next. Looks may be any time apart.
class wall_leap {
public:
    // `held` is how far the wall clock is ahead of service time (service_time::held). `synchronised`: the system says
    // so of its wall clock; of no account where `held` is 0.
    constexpr leap_news look(const clock_reading& reading, milliseconds held, bool synchronised) {
        if (held == milliseconds(0)) {
            const bool was_held = seen_.has_value();
            seen_.reset();
            return was_held ? leap_news::gone : leap_news::none;
        }
        const milliseconds offset = reading.wall.time_since_epoch() - reading.boot;
        const bool agrees = seen_ && std::chrono::abs(offset - seen_->offset) <= wall_leap_tolerance;
        if (synchronised || (agrees && reading.boot - seen_->since >= wall_leap_agreement)) {
            seen_.reset();
            return leap_news::adopted;
        }
        if (agrees) {
            return leap_news::none;
        }
        seen_ = leap{offset, reading.boot};
        return leap_news::held;
    }
    constexpr bool is_held() const { return seen_.has_value(); }

private:
    struct leap {
        milliseconds offset; // wall clock less boot clock, as first seen
        milliseconds since;  // by the boot clock
    };
    std::optional<leap> seen_;
};

// While the wall clock is behind, it is told of this often.
inline constexpr milliseconds wall_behind_told_every{600'000};

enum class behind_news : std::uint8_t { none, begins, lasts, over };

// When to tell of a wall clock that is behind service time by more than wall_behind_warning.
class wall_behind {
public:
    // `boot` is now by the boot clock.
    constexpr behind_news look(milliseconds boot, milliseconds behind) {
        if (behind <= wall_behind_warning) {
            const bool was_behind = told_at_.has_value();
            told_at_.reset();
            return was_behind ? behind_news::over : behind_news::none;
        }
        if (told_at_ && boot - *told_at_ < wall_behind_told_every) {
            return behind_news::none;
        }
        const behind_news news = told_at_ ? behind_news::lasts : behind_news::begins;
        told_at_ = boot;
        return news;
    }

private:
    std::optional<milliseconds> told_at_;
};

// So many lines at once, then one in each interval: a clock that jumps to and fro does not fill a log.
class line_budget {
public:
    static constexpr int lines_max = 10;
    static constexpr milliseconds line_every{60'000};

    // False where the line is one too many.
    constexpr bool take(milliseconds boot) {
        while (left_ < lines_max && boot - counted_from_ >= line_every) {
            ++left_;
            counted_from_ += line_every;
        }
        if (left_ == lines_max) {
            counted_from_ = boot;
        }
        if (left_ == 0) {
            return false;
        }
        --left_;
        return true;
    }

private:
    int left_ = lines_max;
    milliseconds counted_from_{0};
};

} // namespace pawl
