#include "app/process/service_clock.hpp"

#include <boost/assert.hpp>

#include <sys/timex.h>

#include <ctime>

namespace pawl::app {

namespace {

milliseconds read_system(clockid_t which) {
    timespec t{};
    [[maybe_unused]] const int error = ::clock_gettime(which, &t);
    BOOST_ASSERT(error == 0);
    return milliseconds(std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000);
}

class system_times final : public time_source {
public:
    clock_reading read() const override {
        clock_reading out;
        out.wall = timestamp_ms(read_system(CLOCK_REALTIME)); // first: see clock_reading
        out.boot = read_system(CLOCK_BOOTTIME);
        return out;
    }
    bool synchronised() const override {
        timex state{}; // no modes: nothing is set
        return ::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
    }
};

// Raises `value` to `to` where it is lower; what it is then.
std::int64_t raise_to(std::atomic<std::int64_t>& value, std::int64_t to) {
    std::int64_t seen = value.load(std::memory_order_relaxed);
    while (seen < to && !value.compare_exchange_weak(seen, to, std::memory_order_relaxed)) {
    }
    return std::max(seen, to);
}

} // namespace

const time_source& system_time_source() {
    static const system_times source;
    return source;
}

service_clock::service_clock(const time_source& source)
    : source_(source), offset_ms_(service_time(source.read(), timestamp_ms{}).offset().count()) {}

milliseconds service_clock::follow(const clock_reading& reading) const {
    service_time time(milliseconds(offset_ms_.load(std::memory_order_relaxed)));
    time.at(reading);
    // Another thread may have seen the wall clock step ahead meanwhile.
    return milliseconds(raise_to(offset_ms_, time.offset().count()));
}

timestamp_ms service_clock::now_ms() const {
    const clock_reading reading = source_.read();
    return timestamp_ms(reading.boot + follow(reading));
}

void service_clock::raise(timestamp_ms floor) {
    raise_to(offset_ms_, service_time(source_.read(), floor).offset().count());
}

timestamp_ms service_clock::wall_ms() const {
    return source_.read().wall;
}

clock_standing service_clock::standing() const {
    clock_standing out;
    out.reading = source_.read();
    const service_time time(follow(out.reading));
    out.behind = pawl::behind(out.reading.wall, timestamp_ms(out.reading.boot + time.offset()));
    out.held = time.held(out.reading);
    return out;
}

void service_clock::adopt(const clock_reading& reading) {
    service_time time(milliseconds(offset_ms_.load(std::memory_order_relaxed)));
    time.adopt(reading);
    raise_to(offset_ms_, time.offset().count());
}

timestamp_ms dev_clock::now() const {
    const std::lock_guard lock(mutex_);
    return time_.at(real_.now_ms());
}

void dev_clock::advance(seconds by) {
    const std::lock_guard lock(mutex_);
    time_.advance(real_.now_ms(), by);
}

void dev_clock::set(timestamp_ms to) {
    const std::lock_guard lock(mutex_);
    time_.set(real_.now_ms(), to);
}

void dev_clock::freeze(bool frozen) {
    const std::lock_guard lock(mutex_);
    time_.freeze(real_.now_ms(), frozen);
}

bool dev_clock::frozen() const {
    const std::lock_guard lock(mutex_);
    return time_.frozen();
}

} // namespace pawl::app
