// The port link_limiter over core/account/link_limits.hpp: one lock around each call, the clock read here.
#pragma once

#include "core/account/link_limits.hpp"
#include "core/port/link_limiter.hpp"

#include <mutex>

namespace pawl::app {

class locked_link_limiter final : public link_limiter {
public:
    // `time` outlives it.
    locked_link_limiter(const clock& time, random_source& random) : time_(time), limits_(random) {}

    std::optional<seconds> take_of_network(const peer_address& from) override {
        const timestamp_ms now = time_.now_ms();
        const std::lock_guard lock(mutex_);
        return limits_.take_of_network(from, now);
    }
    bool take_of_address(std::string_view address, const std::optional<peer_address>& familiar) override {
        const timestamp_ms now = time_.now_ms();
        const std::lock_guard lock(mutex_);
        return limits_.take_of_address(address, familiar, now);
    }

private:
    const clock& time_;
    std::mutex mutex_;
    link_limits limits_; // guarded by mutex_
};

} // namespace pawl::app
