// Looks at the wall clock now and then: decides when a leap of it is adopted, and tells of leaps and of a clock that is
// behind.
#pragma once

#include "app/process/logging.hpp"
#include "app/process/service_clock.hpp"
#include "core/wall_leap.hpp"

#include <cstdint>
#include <string_view>

namespace pawl::app {

// For people: in the log and in /readyz.
inline constexpr std::string_view wall_is_behind =
    "The wall clock is behind service time, which goes on with the boot clock until the wall clock has caught up.";
inline constexpr std::string_view wall_is_held =
    "The wall clock leapt ahead. Service time does not follow until the system says that its clock is synchronised, or "
    "until the leap has stayed for two minutes.";

// One thread: the main one, each clock_look_interval.
class clock_watch {
public:
    // Both outlive it.
    clock_watch(service_clock& time, logger& log) : time_(time), log_(log) {}

    // Asks the system whether its clock is synchronised only while a leap is held.
    void look();

private:
    void look_at_leap(const clock_standing& standing);
    void look_at_behind(const clock_standing& standing);
    void say(log_level level, std::string_view event, milliseconds by, std::string_view why, milliseconds boot);

    service_clock& time_;
    logger& log_;
    wall_leap leap_;
    wall_behind behind_;
    line_budget budget_;
    std::uint64_t untold_ = 0; // lines that were one too many since the last
};

} // namespace pawl::app
