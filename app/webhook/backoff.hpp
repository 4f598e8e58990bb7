// How long a webhook waits before it is tried again. Pure.
#pragma once

#include "app/webhook/limits.hpp"

#include <algorithm>

namespace pawl::app {

// After the attempt of this number, from 1: twice as long each time up to a limit, of which `chance` (any number) takes
// away up to half, so that many senders do not come back at once.
constexpr std::chrono::milliseconds webhook_backoff(unsigned attempt, std::uint64_t chance) {
    std::chrono::milliseconds whole = webhook_backoff_first;
    for (unsigned i = 1; i < attempt && whole < webhook_backoff_max; ++i) {
        whole *= 2;
    }
    whole = std::min(whole, webhook_backoff_max);
    const auto half = static_cast<std::uint64_t>(whole.count() / 2);
    return std::chrono::milliseconds(whole.count() - static_cast<std::int64_t>(chance % (half + 1)));
}

} // namespace pawl::app
