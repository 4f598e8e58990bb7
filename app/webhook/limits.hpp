// Every bound of webhooks, named; those of one exchange are in app/egress/limits.hpp.
#pragma once

#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pawl::app {

inline constexpr unsigned webhook_attempts_max = 24; // for one event, within about three hours; then it is given up
inline constexpr std::chrono::milliseconds webhook_backoff_first{1'000}; // doubled each time
inline constexpr std::chrono::milliseconds webhook_backoff_max{600'000};
// How long the place in the log may lag behind what was delivered: after a crash so much is delivered again.
inline constexpr std::chrono::milliseconds webhook_save_interval{1'000};
// The same while nothing is delivered, since nothing is wanted of what happens.
inline constexpr std::chrono::milliseconds webhook_idle_save_interval{60'000};
inline constexpr std::chrono::milliseconds webhook_disk_retry{5'000};

} // namespace pawl::app
