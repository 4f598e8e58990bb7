// Service time: the clock the whole program lives by, and the virtual one behind /dev/clock.
#pragma once

#include "core/clock.hpp"
#include "core/service_time.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace pawl::app {

// Where raw time comes from; tests pass their own. Any thread.
class time_source {
public:
    virtual ~time_source() = default;
    virtual clock_reading read() const = 0;
    // The wall clock is disciplined by a time server, as far as the system knows; false where it does not say. A system
    // call: rarely.
    virtual bool synchronised() const { return false; }
};
const time_source& system_time_source();

// How wall clock and service time stand to each other. At most one is not 0.
struct clock_standing {
    clock_reading reading;
    milliseconds behind{0}; // how far the wall clock is behind service time
    milliseconds held{0};   // how far it leapt ahead of it; not followed
};

// core/service_time over the system's clocks, as the clock of the whole program. now_ms() is lock-free, two vDSO reads;
// any thread. A leap of the wall clock is held until adopt(); app/clock_watch decides when.
class service_clock final : public clock {
public:
    // Starts at the wall clock.
    explicit service_clock(const time_source& source = system_time_source());

    timestamp_ms now_ms() const override;
    // From now on it is never earlier than `floor`: the time of the last record or manifest, once recovery has read it
    // (`--reset-clock` leaves that out).
    void raise(timestamp_ms floor);

    // The wall clock as it is now.
    timestamp_ms wall_ms() const;
    clock_standing standing() const;
    // How far the wall clock is behind service time; 0 where it is not.
    milliseconds behind() const { return standing().behind; }

    // What the source says.
    bool synchronised() const { return source_.synchronised(); }
    // Service time follows the wall clock of this reading, however far ahead it is.
    void adopt(const clock_reading& reading);

private:
    // Follows where the wall clock did not leap; the offset that counts.
    milliseconds follow(const clock_reading& reading) const;

    const time_source& source_;
    mutable std::atomic<std::int64_t> offset_ms_; // to the boot clock; only grows
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
    virtual_time time_; // guarded by mutex_
};

} // namespace pawl::app
