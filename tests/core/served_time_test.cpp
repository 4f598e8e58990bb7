// Time served: what an outage is worth, and what becomes of it where there are too many or where the clock was wrong.
#include "core/family/served_time.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

using namespace pawl;

namespace {

timestamp_ms ms(std::int64_t t) {
    return timestamp_ms(milliseconds(t));
}
timestamp s(std::int64_t t) {
    return timestamp(seconds(t));
}
outage between(std::int64_t stopped_ms, std::int64_t ready_ms) {
    return {ms(stopped_ms), ms(ready_ms)};
}
std::int64_t age(std::int64_t rotated, std::int64_t now, const outage_list& outages) {
    return served_age(s(rotated), s(now), outages).value().count();
}

} // namespace

BOOST_AUTO_TEST_SUITE(served_time)

BOOST_AUTO_TEST_CASE(without_an_outage_all_time_is_served) {
    BOOST_TEST(age(100, 160, {}) == 60);
    BOOST_TEST(age(100, 100, {}) == 0);
}

BOOST_AUTO_TEST_CASE(a_rotation_in_the_future_has_no_age) {
    BOOST_TEST(!served_age(s(101), s(100), {}).has_value());
}

BOOST_AUTO_TEST_CASE(an_outage_is_not_served_and_counts_from_the_rotation_at_most) {
    outage_list outages;
    outages.add(between(110'000, 200'000));
    BOOST_TEST(age(100, 210, outages) == 20);
    BOOST_TEST(age(150, 210, outages) == 10); // rotated within it
    BOOST_TEST(age(205, 210, outages) == 5);  // and after it
    BOOST_TEST(age(100, 150, outages) == 10); // a clock that stands within it
    BOOST_TEST(age(100, 105, outages) == 5);  // and before it
}

BOOST_AUTO_TEST_CASE(any_number_of_outages_adds_up_to_the_millisecond) {
    outage_list outages;
    for (int i = 0; i < 10; ++i) {
        outages.add(between(100'000 + i * 1000, 100'000 + i * 1000 + 900)); // 100 ms served each second
    }
    BOOST_TEST(age(100, 110, outages) == 1);
    BOOST_TEST(outages.unserved(ms(100'000), ms(110'000)).count() == 9000);
}

BOOST_AUTO_TEST_CASE(an_outage_that_is_known_is_not_counted_twice) {
    outage_list outages;
    outages.add(between(1000, 5000));
    outages.add(between(6000, 9000));
    outages.add(between(6000, 9000));
    outages.add(between(1000, 5000));
    BOOST_TEST(outages.all().size() == 2U);
    outages.add(between(8000, 10'000)); // overlaps: only what is new
    BOOST_TEST(outages.unserved(ms(0), ms(20'000)).count() == 4000 + 3000 + 1000);
}

BOOST_AUTO_TEST_CASE(an_outage_without_length_is_none) {
    outage_list outages;
    outages.add(between(1000, 1000));
    BOOST_TEST(outages.empty());
}

BOOST_AUTO_TEST_CASE(of_too_many_the_two_with_the_least_between_them_become_one) {
    outage_list outages;
    std::int64_t t = 1'000'000;
    for (std::size_t i = 0; i < outage_list::size_max; ++i) {
        outages.add(between(t, t + 2000));
        t += 2000 + 50'000;
    }
    const std::int64_t last = t - 50'000;
    outages.add(between(last + 300, last + 2300));
    BOOST_TEST(outages.all().size() == outage_list::size_max);
    BOOST_TEST((outages.all().back() == between(last + 2300 - 4000, last + 2300)));
    // Exact for what was rotated before both; younger by less than the time between them for what was rotated there.
    BOOST_TEST(outages.unserved(ms(0), ms(last + 10'000)).count() == 17 * 2000);
    BOOST_TEST(outages.unserved(ms(last + 100), ms(last + 10'000)).count() == 2200);
}

// Sixteen places, a thousand crashes: the sum stays exact for what is older than all, and no rotation between them
// seems younger by more than what was served beside it.
BOOST_AUTO_TEST_CASE(a_thousand_outages_stay_bounded_and_add_up) {
    outage_list outages;
    std::vector<outage> all;
    std::int64_t t = 1'000'000;
    for (int i = 0; i < 1000; ++i) {
        all.push_back(between(t, t + 100 + i % 7 * 1000));
        outages.add(all.back());
        t = all.back().ready_at.time_since_epoch().count() + 20 + i % 5 * 10;
    }
    BOOST_TEST(outages.all().size() == outage_list::size_max);
    milliseconds sum{0};
    for (const outage& o : all) {
        sum += o.length();
    }
    BOOST_TEST(outages.unserved(ms(0), ms(t)).count() == sum.count());
    for (std::size_t i = 0; i < outages.all().size(); ++i) {
        const outage& o = outages.all()[i];
        BOOST_TEST((o.stopped_at < o.ready_at));
        BOOST_TEST((i == 0 || outages.all()[i - 1].ready_at <= o.stopped_at));
    }
}

BOOST_AUTO_TEST_CASE(what_no_window_can_lie_across_is_dropped) {
    outage_list outages(seconds(60));
    outages.add(between(10'000, 20'000));
    outages.add(between(90'000, 100'000)); // 70 s of service after the first: nothing rotated before it is in a window
    BOOST_TEST(outages.all().size() == 1U);
    outages.add(between(150'000, 160'000)); // 50 s
    BOOST_TEST(outages.all().size() == 2U);
    outages.add(between(170'000, 180'000)); // 60 s after the one of 90: a window that ends in this very second
    BOOST_TEST(outages.all().size() == 3U);
    outages.add(between(185'000, 190'000));
    BOOST_TEST(outages.all().size() == 3U);
}

// Served 3 s in all, of which 2 under a clock that was ten days ahead.
BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_leaves_what_was_served_as_it_was) {
    constexpr std::int64_t ahead = 864'000;
    outage_list outages;
    outages.add(between(1000, (ahead + 1) * 1000));
    outages.set_clock(ms((ahead + 3) * 1000), ms(30'000));
    BOOST_TEST(age(0, 30, outages) == 3);
    BOOST_TEST(age(0, 40, outages) == 13);
    BOOST_TEST(outages.unserved(ms(0), ms(30'000)).count() == 27'000);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_by_more_than_all_outages_drops_them) {
    outage_list outages;
    outages.add(between(100'000, 110'000));
    outages.add(between(120'000, 130'000));
    outages.set_clock(ms(900'000), ms(105'000)); // it leaped while it was served
    BOOST_TEST(outages.empty());
    BOOST_TEST(age(100, 105, outages) == 5);
}

BOOST_AUTO_TEST_CASE(outages_before_the_wrong_time_stay_where_they_were) {
    outage_list outages;
    outages.add(between(1000, 3000));
    outages.add(between(5000, 805'000)); // the clock came back wrong by some minutes
    outages.set_clock(ms(807'000), ms(30'000));
    BOOST_TEST(outages.all().size() == 2U);
    BOOST_TEST((outages.all()[0] == between(1000, 3000)));
    BOOST_TEST((outages.all()[1] == between(5000, 28'000)));
    BOOST_TEST(age(4, 30, outages) == 3);
    BOOST_TEST(age(0, 30, outages) == 5);
}

BOOST_AUTO_TEST_SUITE_END()
