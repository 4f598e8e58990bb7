#include "app/process/clock_watch.hpp"

#include <chrono>

namespace pawl::app {

void clock_watch::look() {
    look_at_leap(time_.standing());
    look_at_behind(time_.standing()); // anew: a leap may have been adopted
}

void clock_watch::look_at_leap(const clock_standing& standing) {
    const milliseconds boot = standing.reading.boot;
    const bool synchronised = standing.held > milliseconds(0) && time_.synchronised();
    const bool was_held = leap_.is_held();
    switch (leap_.look(standing.reading, standing.held, synchronised)) {
    case leap_news::none:
        break;
    case leap_news::held:
        say(log_level::error, "clock.leap_held", standing.held, wall_is_held, boot);
        break;
    case leap_news::adopted:
        time_.adopt(standing.reading);
        if (!was_held) {
            say(log_level::error, "clock.leap_held", standing.held, wall_is_held, boot);
        }
        say(log_level::warn, "clock.leap_adopted", standing.held,
            synchronised ? "The system says that its clock is synchronised." : "The leap has stayed for two minutes.",
            boot);
        break;
    case leap_news::gone:
        say(log_level::warn, "clock.leap_gone", standing.held, "The wall clock is back.", boot);
        break;
    }
}

void clock_watch::look_at_behind(const clock_standing& standing) {
    const milliseconds boot = standing.reading.boot;
    switch (behind_.look(boot, standing.behind)) {
    case behind_news::none:
        break;
    case behind_news::begins:
    case behind_news::lasts:
        say(log_level::warn, "clock.behind", standing.behind, wall_is_behind, boot);
        break;
    case behind_news::over:
        say(log_level::info, "clock.caught_up", standing.behind, "The wall clock is no longer behind service time.",
            boot);
        break;
    }
}

void clock_watch::say(log_level level, std::string_view event, milliseconds by, std::string_view why,
                      milliseconds boot) {
    if (!budget_.take(boot)) {
        ++untold_;
        return;
    }
    const std::int64_t whole = std::chrono::floor<std::chrono::seconds>(by).count();
    if (untold_ == 0) {
        log_.write(level, event, {{"seconds", whole}, {"why", why}});
    } else {
        log_.write(level, event, {{"seconds", whole}, {"why", why}, {"untold", untold_}});
    }
    untold_ = 0;
}

} // namespace pawl::app
