#include "app/process/service_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/timex.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

// Clocks that stand where they are put.
struct manual_source final : time_source {
    std::atomic<std::int64_t> wall{1'000'000'000}, boot{5'000};
    clock_reading read() const override { return {timestamp_ms(milliseconds(wall)), milliseconds(boot)}; }
    void pass(std::int64_t ms) {
        wall += ms;
        boot += ms;
    }
};

std::int64_t ms(timestamp_ms t) {
    return t.time_since_epoch().count();
}

struct manual_clock final : clock {
    timestamp_ms at{milliseconds(1'000'000)};
    timestamp_ms now_ms() const override { return at; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_clock_test)

BOOST_AUTO_TEST_CASE(starts_at_the_wall_clock_or_the_floor) {
    manual_source source;
    service_clock c(source);
    BOOST_TEST(ms(c.now_ms()) == 1'000'000'000);
    c.raise(timestamp_ms(milliseconds(999)));
    BOOST_TEST(ms(c.now_ms()) == 1'000'000'000);
    c.raise(timestamp_ms(milliseconds(1'000'000'500)));
    BOOST_TEST(ms(c.now_ms()) == 1'000'000'500);
    BOOST_TEST(c.behind().count() == 500);
}

BOOST_AUTO_TEST_CASE(advances_with_the_boot_clock_and_follows_the_wall_clock_forward_only) {
    manual_source source;
    const service_clock c(source);
    source.pass(10);
    BOOST_TEST(ms(c.now_ms()) == 1'000'000'010);
    source.wall += 5'000; // set ahead
    BOOST_TEST(ms(c.now_ms()) == 1'000'005'010);
    BOOST_TEST(c.behind().count() == 0);
    source.wall -= 100'000; // set back
    BOOST_TEST(ms(c.now_ms()) == 1'000'005'010);
    source.pass(10);
    BOOST_TEST(ms(c.now_ms()) == 1'000'005'020);
    BOOST_TEST(c.behind().count() == 100'000);
    BOOST_TEST(ms(c.wall_ms()) == 999'905'020);
}

BOOST_AUTO_TEST_CASE(a_leap_is_held_until_it_is_adopted) {
    manual_source source;
    service_clock c(source);
    source.wall += 60'001;
    source.pass(10);
    BOOST_TEST(ms(c.now_ms()) == 1'000'000'010);
    BOOST_TEST(c.standing().held.count() == 60'001);
    BOOST_TEST(c.standing().behind.count() == 0);
    BOOST_TEST(!c.synchronised()); // a source that does not say
    c.adopt(c.standing().reading);
    BOOST_TEST(ms(c.now_ms()) == 1'000'060'011);
    BOOST_TEST(c.standing().held.count() == 0);
}

BOOST_AUTO_TEST_CASE(at_the_start_the_wall_clock_is_taken_as_it_is) {
    manual_source source;
    service_clock c(source);
    source.wall += 3'600'000; // while the log is being read
    c.raise(timestamp_ms(milliseconds(999)));
    BOOST_TEST(ms(c.now_ms()) == 1'003'600'000);
    BOOST_TEST(c.standing().held.count() == 0);
}

BOOST_AUTO_TEST_CASE(never_goes_back_on_any_thread_while_the_wall_clock_jumps) {
    manual_source source;
    const service_clock c(source);
    std::atomic<bool> stop{false};
    std::atomic<int> backwards{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            timestamp_ms last{};
            while (!stop) {
                const timestamp_ms now = c.now_ms();
                backwards += now < last ? 1 : 0;
                last = now;
            }
        });
    }
    for (int i = 0; i < 20'000; ++i) {
        source.boot += 1;
        source.wall += i % 2 == 0 ? 1'000 : -990;
    }
    stop = true;
    for (std::thread& t : readers) {
        t.join();
    }
    BOOST_TEST(backwards == 0);
}

BOOST_AUTO_TEST_CASE(system_clocks_are_of_this_century) {
    const service_clock c;
    BOOST_TEST(ms(c.now_ms()) > 1'600'000'000'000);
    BOOST_TEST(ms(c.now_ms()) <= ms(c.now_ms()));
    BOOST_TEST(system_time_source().read().boot.count() > 0);
    BOOST_TEST(c.standing().held.count() == 0);
}

BOOST_AUTO_TEST_CASE(the_system_is_asked_whether_its_clock_is_synchronised) {
    timex state{};
    const int result = ::adjtimex(&state);
    BOOST_TEST(system_time_source().synchronised() == (result >= 0 && (state.status & STA_UNSYNC) == 0));
}

BOOST_AUTO_TEST_CASE(developers_time_moves_stands_and_runs_on) {
    manual_clock real;
    dev_clock dev(real);
    BOOST_TEST(ms(dev.now()) == 1'000'000);
    BOOST_TEST(!dev.frozen());
    dev.advance(seconds(60));
    BOOST_TEST(ms(dev.now()) == 1'060'000);
    dev.advance(seconds(-120));
    BOOST_TEST(ms(dev.now()) == 940'000);
    real.at += milliseconds(5);
    BOOST_TEST(ms(dev.now()) == 940'005);
    dev.freeze(true);
    real.at += milliseconds(1'000);
    BOOST_TEST(ms(dev.now()) == 940'005);
    BOOST_TEST(dev.frozen());
    dev.set(timestamp_ms(milliseconds(77)));
    real.at += milliseconds(1'000);
    BOOST_TEST(ms(dev.now()) == 77);
    dev.freeze(false);
    real.at += milliseconds(3);
    BOOST_TEST(ms(dev.now()) == 80);
    BOOST_TEST(ms(dev.as_clock().now_ms()) == 80);
    BOOST_TEST(dev.as_clock().now().time_since_epoch().count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
