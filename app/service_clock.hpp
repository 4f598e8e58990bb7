// Service time: the clock the whole program lives by, and the virtual one behind /dev/clock.
#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace pawl::app {

// Where raw time comes from; tests pass their own. Both in nanoseconds, any thread.
class time_source {
public:
    virtual ~time_source() = default;
    virtual std::int64_t wall_ns() const = 0; // CLOCK_REALTIME, since 1970; may jump either way
    virtual std::int64_t boot_ns() const = 0; // CLOCK_BOOTTIME: runs through suspend, never back
};
const time_source& system_time_source();

// core/service_time over the system's clocks: starts at max(wall clock, floor), advances with CLOCK_BOOTTIME, follows
// the wall clock forward only. now_ms() is lock-free, two vDSO reads; any thread.
class service_clock final : public clock {
public:
    // `floor`: the time of the last record or manifest. Under `--reset-clock` pass nothing earlier than the wall clock:
    // a zero floor.
    explicit service_clock(timestamp_ms floor, const time_source& source = system_time_source());
    ~service_clock() override;

    timestamp_ms now_ms() const override;

    // The wall clock as it is now.
    timestamp_ms wall_ms() const;
    // How far the wall clock is behind service time; 0 where it is not.
    milliseconds behind() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

// Time that a developer may move (`--dev` only): an offset to a real clock, in this process only. Log frames, HTTP
// deadlines and sync timers stay on the real one. Any thread.
class dev_clock {
public:
    explicit dev_clock(const clock& real) : real_(real), view_(*this) {}
    dev_clock(const dev_clock&) = delete;
    dev_clock& operator=(const dev_clock&) = delete;

    timestamp_ms now() const;
    void advance(seconds by);  // negative goes back
    void set(timestamp_ms to); // a frozen clock stays frozen, at `to`
    void freeze(bool frozen);  // frozen: stands still; thawed: runs on from where it stood
    bool frozen() const;

    // The same time as the domain takes it.
    const clock& as_clock() const { return view_; }

private:
    class view final : public clock {
    public:
        explicit view(const dev_clock& owner) : owner_(owner) {}
        timestamp_ms now_ms() const override { return owner_.now(); }

    private:
        const dev_clock& owner_;
    };

    const clock& real_;
    view view_;
    mutable std::mutex mutex_;
    milliseconds offset_{0};     // while it runs
    timestamp_ms standing_at_{}; // while it is frozen
    bool frozen_ = false;
};

} // namespace pawl::app
