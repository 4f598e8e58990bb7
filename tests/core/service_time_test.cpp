#include "core/service_time.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace pawl;

namespace {

constexpr milliseconds day{86'400'000};

constexpr timestamp_ms wall(std::int64_t ms) {
    return timestamp_ms(milliseconds(1'700'000'000'000 + ms));
}

constexpr clock_reading reading(std::int64_t wall_ms, std::int64_t boot_ms) {
    return {wall(wall_ms), milliseconds(boot_ms)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_time_)

BOOST_AUTO_TEST_CASE(it_starts_at_the_later_of_wall_clock_and_last_record) {
    service_time behind_wall(reading(0, 5000), wall(-1000));
    BOOST_TEST((behind_wall.at(reading(0, 5000)) == wall(0)));
    service_time ahead_of_wall(reading(0, 5000), wall(90'000));
    BOOST_TEST((ahead_of_wall.at(reading(0, 5000)) == wall(90'000)));
    service_time reset(reading(0, 5000), timestamp_ms{});
    BOOST_TEST((reset.at(reading(0, 5000)) == wall(0)));
}

BOOST_AUTO_TEST_CASE(it_advances_with_the_boot_clock_while_the_wall_clock_is_behind) {
    service_time time(reading(0, 0), wall(10'000));
    BOOST_TEST((time.at(reading(1000, 1000)) == wall(11'000)));
    BOOST_TEST((time.at(reading(-500'000, 2000)) == wall(12'000)));
    BOOST_TEST((time.at(reading(2000, 2000)) == wall(12'000))); // stands, never goes back
}

BOOST_AUTO_TEST_CASE(it_follows_the_wall_clock_forward_only) {
    service_time time(reading(0, 0), timestamp_ms{});
    BOOST_TEST((time.at(reading(60'000, 1000)) == wall(60'000)));
    BOOST_TEST((time.at(reading(2000, 2000)) == wall(61'000))); // set back again: what was counted stays counted
}

BOOST_AUTO_TEST_CASE(it_goes_on_without_a_wall_clock_that_leapt_ahead_until_it_adopts_it) {
    service_time time(reading(0, 0), timestamp_ms{});
    BOOST_TEST((time.at(reading(61'000, 1000)) == wall(61'000))); // a minute ahead is no leap
    BOOST_TEST((time.at(reading(122'001, 2000)) == wall(62'000)));
    BOOST_TEST((time.held(reading(122'001, 2000)) == milliseconds(60'001)));
    BOOST_TEST((time.held(reading(122'000, 2000)) == milliseconds(0)));
    BOOST_TEST((time.held(reading(0, 2000)) == milliseconds(0)));
    BOOST_TEST((time.at(reading(10 * day.count(), 3000)) == wall(63'000)));
    time.adopt(reading(10 * day.count(), 3000));
    BOOST_TEST((time.at(reading(10 * day.count(), 3000)) == wall(10 * day.count())));
    time.adopt(reading(0, 4000)); // never back
    BOOST_TEST((time.at(reading(0, 4000)) == wall(10 * day.count() + 1000)));
}

BOOST_AUTO_TEST_CASE(suspend_counts_as_time) {
    service_time time(reading(0, 0), wall(5000));
    BOOST_TEST((time.at(reading(8 * 3'600'000, 8 * 3'600'000)) == wall(8 * 3'600'000 + 5000)));
}

BOOST_AUTO_TEST_CASE(no_sequence_of_wall_jumps_makes_it_go_back_run_slow_or_leap) {
    std::mt19937 random(7);
    std::uniform_int_distribution<std::int64_t> jump(-2 * day.count(), 2 * day.count());
    std::uniform_int_distribution<std::int64_t> step(0, 1000);
    service_time time(reading(0, 0), wall(0));
    timestamp_ms last = wall(0);
    std::int64_t boot = 0, wall_ms = 0;
    for (int i = 0; i < 10'000; ++i) {
        const std::int64_t passed = step(random);
        boot += passed;
        wall_ms += i % 10 == 0 ? jump(random) : passed;
        const timestamp_ms now = time.at(reading(wall_ms, boot));
        BOOST_REQUIRE((now >= last + milliseconds(passed)));
        BOOST_REQUIRE((now <= last + milliseconds(passed) + wall_leap_beyond));
        const milliseconds held = time.held(reading(wall_ms, boot));
        BOOST_REQUIRE((held > milliseconds(0) ? now + held == wall(wall_ms) : now >= wall(wall_ms)));
        last = now;
    }
}

BOOST_AUTO_TEST_CASE(an_offset_kept_elsewhere_goes_on) {
    service_time time(reading(0, 100), wall(7000));
    service_time copy(time.offset());
    BOOST_TEST((copy.at(reading(0, 600)) == wall(7500)));
}

BOOST_AUTO_TEST_CASE(a_wall_clock_behind_is_warned_of_after_a_minute_and_refused_after_a_day) {
    BOOST_TEST((judge_wall(wall(0), wall(0)) == wall_verdict::good));
    BOOST_TEST((judge_wall(wall(5'000'000), wall(0)) == wall_verdict::good));
    BOOST_TEST((judge_wall(wall(0), wall(60'000)) == wall_verdict::good));
    BOOST_TEST((judge_wall(wall(0), wall(60'001)) == wall_verdict::warn));
    BOOST_TEST((judge_wall(wall(0), wall(day.count())) == wall_verdict::warn));
    BOOST_TEST((judge_wall(wall(0), wall(day.count() + 1)) == wall_verdict::refuse));
    BOOST_TEST((behind(wall(0), wall(123)) == milliseconds(123)));
    BOOST_TEST((behind(wall(123), wall(0)) == milliseconds(0)));
}

BOOST_AUTO_TEST_CASE(virtual_time_moves_either_way_and_runs_on) {
    virtual_time time;
    BOOST_TEST((time.at(wall(5)) == wall(5)));
    time.advance(wall(0), day);
    BOOST_TEST((time.at(wall(10)) == wall(10) + day));
    time.advance(wall(10), -3 * day);
    BOOST_TEST((time.at(wall(20)) == wall(20) - 2 * day));
    time.set(wall(20), wall(1'000'000));
    BOOST_TEST((time.at(wall(25)) == wall(1'000'005)));
}

BOOST_AUTO_TEST_CASE(frozen_time_stands_and_runs_on_from_where_it_stood) {
    virtual_time time;
    time.freeze(wall(100), true);
    BOOST_TEST(time.frozen());
    BOOST_TEST((time.at(wall(9000)) == wall(100)));
    time.advance(wall(9000), milliseconds(50));
    BOOST_TEST((time.at(wall(9500)) == wall(150)));
    time.set(wall(9500), wall(-70));
    BOOST_TEST((time.at(wall(9600)) == wall(-70)));
    time.freeze(wall(10'000), true); // again: nothing changes
    BOOST_TEST((time.at(wall(10'100)) == wall(-70)));
    time.freeze(wall(20'000), false);
    BOOST_TEST(!time.frozen());
    BOOST_TEST((time.at(wall(20'000)) == wall(-70)));
    BOOST_TEST((time.at(wall(20'005)) == wall(-65)));
}

BOOST_AUTO_TEST_SUITE_END()
