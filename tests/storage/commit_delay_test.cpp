// When a batch is held back for company: pure decisions, told what time it is.
#include "storage/log/commit_delay.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::storage;

namespace {

using std::chrono::microseconds;
using time_point = commit_delay::time_point;

constexpr time_point begin{std::chrono::seconds(100)};
constexpr microseconds one_sync{200};

} // namespace

BOOST_AUTO_TEST_SUITE(log_batch_gather)

BOOST_AUTO_TEST_CASE(the_first_batch_is_not_held_back) {
    const commit_delay gather(microseconds(1000), 4);
    BOOST_TEST(!gather.holds(1, begin));
    BOOST_TEST(!gather.holds(0, begin));
}

BOOST_AUTO_TEST_CASE(who_comes_alone_waits_for_nobody) {
    commit_delay gather(microseconds(1000), 4);
    for (int i = 0; i < 3; ++i) {
        gather.written(1, 0, begin, one_sync);
        BOOST_TEST(!gather.holds(1, begin));
    }
}

BOOST_AUTO_TEST_CASE(two_that_take_turns_do_not_wait_for_each_other) {
    commit_delay gather(microseconds(1000), 4);
    gather.written(1, 1, begin, one_sync);
    BOOST_TEST(!gather.holds(1, begin));
}

BOOST_AUTO_TEST_CASE(a_batch_is_held_back_until_three_quarters_of_the_company_are_there) {
    commit_delay gather(microseconds(1000), 4);
    gather.written(24, 8, begin, one_sync);
    BOOST_TEST(gather.target() == 24U);
    BOOST_TEST(gather.holds(8, begin));
    BOOST_TEST(gather.holds(23, begin + microseconds(799)));
    BOOST_TEST(!gather.holds(24, begin));
}

BOOST_AUTO_TEST_CASE(a_batch_is_held_back_for_no_longer_than_a_few_syncs) {
    commit_delay gather(microseconds(1000), 4);
    gather.written(24, 8, begin, one_sync);
    BOOST_TEST(gather.holds(8, begin + microseconds(799)));
    BOOST_TEST(!gather.holds(8, begin + microseconds(800)));
}

BOOST_AUTO_TEST_CASE(on_a_slow_disk_a_batch_is_held_back_for_no_longer_than_the_limit) {
    commit_delay gather(microseconds(1000), 4);
    gather.written(24, 8, begin, microseconds(5000));
    BOOST_TEST(gather.holds(8, begin + microseconds(999)));
    BOOST_TEST(!gather.holds(8, begin + microseconds(1000)));
}

BOOST_AUTO_TEST_CASE(company_that_has_gone_is_not_waited_for_twice) {
    commit_delay gather(microseconds(1000), 4);
    gather.written(24, 8, begin, one_sync);
    gather.written(1, 0, begin + microseconds(1000), one_sync);
    BOOST_TEST(!gather.holds(1, begin + microseconds(1000)));
}

BOOST_AUTO_TEST_CASE(with_a_limit_of_zero_nothing_is_held_back) {
    commit_delay gather(microseconds(0), 4);
    gather.written(24, 8, begin, one_sync);
    BOOST_TEST(!gather.holds(8, begin));
}

BOOST_AUTO_TEST_SUITE_END()
