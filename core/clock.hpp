// Time as the domain sees it: passed in, never read. Whole seconds decide; milliseconds are for records and people.
#pragma once

#include <chrono>
#include <cstdint>

namespace pawl {

using seconds = std::chrono::seconds;
using milliseconds = std::chrono::milliseconds;

// Seconds since 1970-01-01T00:00:00Z in service time (docs/architecture.md, "Time").
using timestamp = std::chrono::sys_seconds;

// The same instant in milliseconds, as log frames carry it.
using timestamp_ms = std::chrono::sys_time<std::chrono::milliseconds>;

constexpr timestamp to_seconds(timestamp_ms t) {
    return std::chrono::floor<std::chrono::seconds>(t);
}

// Port: where service time comes from. now() never goes back within a process, except under `/dev/clock`.
// Any thread may call it; it does not block.
class clock {
public:
    virtual ~clock() = default;
    virtual timestamp_ms now_ms() const = 0;
    timestamp now() const { return to_seconds(now_ms()); }
};

} // namespace pawl
