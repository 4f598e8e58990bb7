#include "app/process/clock_watch.hpp"
#include "tests/app/fake_server.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute, start = 1'700'000'000'000;

// Clocks that stand where they are put, and a system that says what it is told to.
struct manual_source final : time_source {
    std::atomic<std::int64_t> wall{start}, boot{5'000};
    std::atomic<bool> disciplined{false};
    mutable std::atomic<int> asked{0};

    clock_reading read() const override { return {timestamp_ms(milliseconds(wall)), milliseconds(boot)}; }
    bool synchronised() const override {
        ++asked;
        return disciplined;
    }
};

struct watched {
    manual_source source;
    service_clock time{source};
    app::test::log_capture capture;
    std::unique_ptr<logger> log = std::make_unique<logger>(log_level::info, log_format::text, capture.write_end());
    clock_watch watch{time, *log};

    // A look each second for so long.
    void pass(std::int64_t ms) {
        for (std::int64_t passed = 0; passed < ms; passed += 1'000) {
            source.wall += 1'000;
            source.boot += 1'000;
            watch.look();
        }
    }
    // How far service time is from where it would be had the wall clock not been touched.
    std::int64_t off() const { return time.now_ms().time_since_epoch().count() - start - (source.boot - 5'000); }

    std::vector<std::string> lines() {
        log.reset();
        std::vector<std::string> out;
        const std::string text = capture.take();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            out.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return out;
    }
    // The events in order, each with its level: "error clock.leap_held 3600".
    std::string story() {
        std::string out;
        for (const std::string& line : lines()) {
            for (const std::string_view level : {"error", "warn", "info"}) {
                if (line.find(level) == std::string::npos) {
                    continue;
                }
                const std::size_t at = line.find("clock.");
                const std::size_t number = line.find("seconds=");
                out += (out.empty() ? "" : ", ") + std::string(level) + " " + line.substr(at, line.find(' ', at) - at) +
                       " " + line.substr(number + 8, line.find(' ', number) - number - 8);
                break;
            }
        }
        return out;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(clock_watch_test, watched)

BOOST_AUTO_TEST_CASE(a_clock_that_is_left_alone_is_not_told_of_and_the_system_not_asked) {
    pass(hour);
    source.wall += minute;
    pass(hour);
    BOOST_TEST(off() == minute);
    BOOST_TEST(source.asked == 0);
    BOOST_TEST(story() == "");
}

BOOST_AUTO_TEST_CASE(a_leap_is_told_as_an_error_held_and_adopted_once_the_system_is_synchronised) {
    pass(minute);
    source.wall += hour;
    pass(30'000);
    BOOST_TEST(off() == 0);
    BOOST_TEST((time.standing().held == milliseconds(hour)));
    BOOST_TEST(source.asked == 30);
    source.disciplined = true;
    pass(1'000);
    BOOST_TEST(off() == hour);
    BOOST_TEST((time.standing().held == milliseconds(0)));
    pass(minute);
    BOOST_TEST(source.asked == 31);
    BOOST_TEST(story() == "error clock.leap_held 3600, warn clock.leap_adopted 3600");
}

BOOST_AUTO_TEST_CASE(a_leap_of_a_synchronised_clock_is_adopted_at_the_first_look_and_still_told_as_an_error) {
    source.wall += hour;
    source.disciplined = true;
    BOOST_TEST(off() == 0); // not by who reads the time
    pass(1'000);
    BOOST_TEST(off() == hour);
    BOOST_TEST(story() == "error clock.leap_held 3600, warn clock.leap_adopted 3600");
}

BOOST_AUTO_TEST_CASE(a_leap_that_stays_for_two_minutes_is_adopted_by_a_server_without_requests) {
    source.wall += hour;
    pass(2 * minute);
    BOOST_TEST((time.standing().held == milliseconds(hour)));
    pass(1'000);
    BOOST_TEST(off() == hour);
    BOOST_TEST(story() == "error clock.leap_held 3600, warn clock.leap_adopted 3600");
}

BOOST_AUTO_TEST_CASE(a_leap_that_goes_away_leaves_nothing_behind) {
    source.wall += hour;
    pass(minute);
    source.wall -= hour;
    pass(5 * minute);
    BOOST_TEST(off() == 0);
    BOOST_TEST((time.standing().behind == milliseconds(0)));
    BOOST_TEST(story() == "error clock.leap_held 3600, warn clock.leap_gone 0");
}

BOOST_AUTO_TEST_CASE(service_time_that_leads_the_wall_is_told_while_it_lasts) {
    source.wall += hour;
    source.disciplined = true;
    pass(1'000);
    source.wall -= hour; // the leap was a mistake
    pass(21 * minute);
    BOOST_TEST(off() == hour);
    BOOST_TEST((time.standing().behind == milliseconds(hour)));
    source.wall += hour - minute;
    pass(minute);
    BOOST_TEST(off() == hour);
    BOOST_TEST(story() == "error clock.leap_held 3600, warn clock.leap_adopted 3600, warn clock.behind 3600, "
                          "warn clock.behind 3600, warn clock.behind 3600, info clock.caught_up 60");
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_to_and_fro_does_not_fill_the_log) {
    for (int i = 0; i < 300; ++i) { // ten minutes
        source.wall += hour;
        pass(1'000);
        source.wall -= hour;
        pass(1'000);
    }
    BOOST_TEST(off() == 0);
    const std::vector<std::string> told = lines();
    BOOST_TEST(told.size() == 19U);
    BOOST_TEST(told.at(10).find("untold=") != std::string::npos, told.at(10));
}

BOOST_AUTO_TEST_CASE(time_never_goes_back_on_any_thread_while_leaps_are_held_and_adopted) {
    std::atomic<bool> stop{false};
    std::atomic<int> backwards{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            timestamp_ms last{};
            while (!stop) {
                const timestamp_ms now = time.now_ms();
                backwards += now < last ? 1 : 0;
                last = now;
            }
        });
    }
    for (int i = 0; i < 2'000; ++i) {
        source.boot += 1;
        source.wall += i % 3 == 0 ? -minute : 2 * minute;
        source.disciplined = i % 2 == 0;
        watch.look();
    }
    stop = true;
    for (std::thread& t : readers) {
        t.join();
    }
    BOOST_TEST(backwards == 0);
    BOOST_TEST(off() > 0);
}

BOOST_AUTO_TEST_SUITE_END()
