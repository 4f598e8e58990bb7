// How often workers died. Pure.
#pragma once

#include "app/egress/limits.hpp"

#include <chrono>
#include <deque>

namespace pawl::app {

class death_counter {
public:
    using time_point = std::chrono::steady_clock::time_point;

    // One died. True if there were more than egress_deaths_max within egress_deaths_window: then counting begins anew.
    bool too_many(time_point now) {
        while (!times_.empty() && now - times_.front() >= egress_deaths_window) {
            times_.pop_front();
        }
        times_.push_back(now);
        if (times_.size() <= egress_deaths_max) {
            return false;
        }
        times_.clear();
        return true;
    }

private:
    std::deque<time_point> times_;
};

} // namespace pawl::app
