// Service time that moves only when a test says so.
#pragma once

#include "core/clock.hpp"

namespace pawl::test {

class manual_clock final : public clock {
public:
    explicit manual_clock(timestamp start) : now_(start) {}
    timestamp_ms now_ms() const override { return now_; }
    void advance(milliseconds by) { now_ += by; }
    void set(timestamp_ms now) { now_ = now; }

private:
    timestamp_ms now_;
};

} // namespace pawl::test
