#include "core/wall_leap.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <ostream>
#include <string>

namespace pawl {

std::ostream& operator<<(std::ostream& out, leap_news news) {
    constexpr const char* names[] = {"none", "held", "adopted", "gone"};
    return out << names[static_cast<int>(news)];
}

std::ostream& operator<<(std::ostream& out, behind_news news) {
    constexpr const char* names[] = {"none", "begins", "lasts", "over"};
    return out << names[static_cast<int>(news)];
}

} // namespace pawl

using namespace pawl;

namespace {

constexpr std::int64_t start_s = 1'700'000'000;
constexpr std::int64_t minute = 60, hour = 3'600, day = 86'400, year = 365 * day;

// One look: seconds of the boot clock since the start, how far the wall clock has been moved by then, whether the
// system calls it synchronised, and what must come of it.
struct look {
    std::int64_t at_s;
    std::int64_t wall_off_s;
    bool synchronised;
    leap_news expected;
    std::int64_t service_off_s; // how far service time has moved by then
};

// Time and the watch over it, as app/process/clock_watch puts them together.
void run(const std::string& what, std::initializer_list<look> looks) {
    BOOST_TEST_CONTEXT(what) {
        service_time time({timestamp_ms(seconds(start_s)), milliseconds(0)}, timestamp_ms{});
        wall_leap leap;
        for (const look& now : looks) {
            const clock_reading reading{timestamp_ms(seconds(start_s + now.at_s + now.wall_off_s)), seconds(now.at_s)};
            time.at(reading);
            const leap_news news = leap.look(reading, time.held(reading), now.synchronised);
            if (news == leap_news::adopted) {
                time.adopt(reading);
            }
            BOOST_TEST(news == now.expected, "at " << now.at_s << " s: " << news << " instead of " << now.expected);
            BOOST_TEST((time.at(reading) == timestamp_ms(seconds(start_s + now.at_s + now.service_off_s))),
                       "at " << now.at_s << " s: service time");
            BOOST_TEST(leap.is_held() == (time.held(reading) > milliseconds(0)));
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(wall_leap_)

BOOST_AUTO_TEST_CASE(what_is_no_leap_is_followed_and_no_news) {
    using enum leap_news;
    run("left alone", {{0, 0, false, none, 0}, {1, 0, false, none, 0}, {year, 0, true, none, 0}});
    run("a minute ahead", {{1, 60, false, none, 60}, {2, 60, false, none, 60}});
    run("a minute ahead, twice", {{1, 60, false, none, 60}, {2, 120, false, none, 120}});
    run("set back", {{1, -hour, false, none, 0}, {2, -hour, true, none, 0}, {3, 0, false, none, 0}});
    run("set back, and ahead of where it was by a minute", {{1, -day, false, none, 0}, {2, 60, false, none, 60}});
    run("a suspended machine: the boot clock counts", {{8 * hour, 0, false, none, 0}});
}

BOOST_AUTO_TEST_CASE(a_leap_is_held_until_the_system_says_that_its_clock_is_synchronised) {
    using enum leap_news;
    run("a second over a minute", {{1, 61, false, held, 0}, {2, 61, false, none, 0}, {3, 61, true, adopted, 61}});
    run("a board that learns the time", {{1, 20 * year, false, held, 0},
                                         {30, 20 * year, true, adopted, 20 * year},
                                         {31, 20 * year, true, none, 20 * year}});
    run("synchronised at the first look", {{1, day, true, adopted, day}, {2, day, true, none, day}});
}

BOOST_AUTO_TEST_CASE(a_leap_that_stays_for_two_minutes_is_adopted) {
    using enum leap_news;
    run("looked at each minute", {{1, day, false, held, 0},
                                  {61, day, false, none, 0},
                                  {120, day, false, none, 0},
                                  {121, day, false, adopted, day}});
    run("looked at twice an hour apart", {{1, day, false, held, 0}, {hour, day, false, adopted, day}});
    run("small steps are of one leap",
        {{1, day, false, held, 0}, {60, day + 2, false, none, 0}, {121, day - 2, false, adopted, day - 2}});
    run("and it goes on from there", {{1, day, false, held, 0},
                                      {200, day, false, adopted, day},
                                      {201, day + 60, false, none, day + 60},
                                      {202, day + 2 * minute + 1, false, held, day + 60}});
}

BOOST_AUTO_TEST_CASE(a_leap_that_goes_away_is_forgotten) {
    using enum leap_news;
    run("back to where it was", {{1, day, false, held, 0},
                                 {100, 0, false, gone, 0},
                                 {130, day, false, held, 0},
                                 {240, day, false, none, 0},
                                 {250, day, false, adopted, day}});
    run("back to where it is followed",
        {{1, day, false, held, 0}, {100, 60, false, gone, 60}, {101, 60, false, none, 60}});
    run("back to before", {{1, day, false, held, 0}, {100, -day, true, gone, 0}, {101, -day, true, none, 0}});
}

BOOST_AUTO_TEST_CASE(another_leap_starts_the_wait_anew) {
    using enum leap_news;
    run("further ahead", {{1, day, false, held, 0},
                          {100, 2 * day, false, held, 0},
                          {130, 2 * day, false, none, 0},
                          {219, 2 * day, false, none, 0},
                          {220, 2 * day, false, adopted, 2 * day}});
    run("less far", {{1, day, false, held, 0},
                     {100, hour, false, held, 0},
                     {130, hour, false, none, 0},
                     {220, hour, false, adopted, hour}});
    run("rare looks at a clock that is set each time",
        {{1, day, false, held, 0}, {hour, 2 * day, false, held, 0}, {2 * hour, 3 * day, false, held, 0}});
    run("a clock that runs away, three seconds a minute", {{1, day, false, held, 0},
                                                           {61, day + 3, false, held, 0},
                                                           {121, day + 6, false, held, 0},
                                                           {181, day + 9, false, held, 0}});
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_goes_back_after_its_leap_was_adopted_is_behind) {
    using enum leap_news;
    run("adopted and back", {{1, day, true, adopted, day},
                             {2, 0, true, none, day},
                             {3, hour, true, none, day},
                             {4, day + 60, true, none, day + 60},
                             {5, 3 * day, false, held, day + 60}});
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_is_behind_is_told_of_at_once_then_each_ten_minutes_and_at_its_end) {
    using enum behind_news;
    struct row {
        std::int64_t at_s, behind_s;
        behind_news expected;
    };
    wall_behind watch;
    for (const row& now : {row{0, 0, none}, row{1, 60, none}, row{2, 61, begins}, row{3, 61, none}, row{601, day, none},
                           row{602, day, lasts}, row{603, day, none}, row{5'000, day, lasts}, row{5'599, 100, none},
                           row{5'600, 100, lasts}, row{5'601, 60, over}, row{5'602, 0, none}, row{5'603, 61, begins}}) {
        const behind_news news = watch.look(seconds(now.at_s), seconds(now.behind_s));
        BOOST_TEST(news == now.expected, "at " << now.at_s << " s: " << news << " instead of " << now.expected);
    }
}

BOOST_AUTO_TEST_CASE(ten_lines_may_come_at_once_then_one_a_minute) {
    line_budget budget;
    const milliseconds late(123'456'789'000); // of a machine that has run for years
    int taken = 0;
    for (int second = 0; second < 600; ++second) {
        taken += budget.take(late + seconds(second)) ? 1 : 0;
    }
    BOOST_TEST(taken == 10 + 9);
    taken = 0;
    for (int i = 0; i < 100; ++i) {
        taken += budget.take(late + seconds(day)) ? 1 : 0;
    }
    BOOST_TEST(taken == 10);
}

BOOST_AUTO_TEST_SUITE_END()
