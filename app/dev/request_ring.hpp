// What clients sent lately (GET /dev/requests), secrets and all: only under --dev, only to who asks for it.
#pragma once

#include "app/http/message.hpp"
#include "core/clock.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace pawl::app {

inline constexpr std::size_t recorded_requests_max = 1000;
inline constexpr std::size_t recorded_bytes_max = std::size_t{4} << 20U; // of their heads and bodies; the oldest go

// Any thread.
class request_ring {
public:
    // `status` 0: no answer was sent.
    void add(const http_request& request, unsigned status, timestamp_ms at);
    void clear();
    // {"dropped": N, "requests": [...]}, the oldest first; `dropped` went for want of room since the last clear().
    std::string to_json() const;

private:
    struct entry {
        timestamp_ms at{};
        std::string method, target, path, head, body, request_id;
        unsigned status = 0;
    };
    static std::size_t size_of(const entry& e);

    mutable std::mutex mutex_;
    std::deque<entry> all_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace pawl::app
