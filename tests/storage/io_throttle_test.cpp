// Who writes beside the log leaves the disk alone where the log has to wait: pure decisions, told how long things took.
#include "storage/log/io_throttle.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::storage;

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr io_throttle::view quiet_after(std::uint64_t batches) {
    return {batches, false};
}
constexpr io_throttle::view writing_after(std::uint64_t batches) {
    return {batches, true};
}

constexpr nanoseconds none{0};
constexpr milliseconds took{4};

} // namespace

BOOST_AUTO_TEST_SUITE(log_disk_share)

BOOST_AUTO_TEST_CASE(a_log_with_nothing_to_write_is_in_nobodys_way) {
    BOOST_TEST((pause_after(quiet_after(7), quiet_after(7), took) == none));
}

BOOST_AUTO_TEST_CASE(after_batches_the_disk_is_left_alone_three_times_as_long_as_it_was_used) {
    BOOST_TEST((pause_after(quiet_after(7), quiet_after(8), took) == 3 * took));
    BOOST_TEST((pause_after(quiet_after(7), quiet_after(20), took) == 3 * took));
}

BOOST_AUTO_TEST_CASE(a_batch_that_began_before_or_ends_later_counts_as_well) {
    BOOST_TEST((pause_after(writing_after(7), quiet_after(8), took) == 3 * took));
    BOOST_TEST((pause_after(quiet_after(7), writing_after(7), took) == 3 * took));
    BOOST_TEST((pause_after(writing_after(7), writing_after(7), took) == 3 * took));
}

BOOST_AUTO_TEST_CASE(nobody_stands_back_for_longer_than_the_bound) {
    for (const nanoseconds long_time :
         {nanoseconds(milliseconds(20)), nanoseconds(std::chrono::hours(1)), nanoseconds::max()}) {
        const nanoseconds pause = pause_after(quiet_after(0), quiet_after(1), long_time);
        BOOST_TEST((pause <= pause_max && pause > pause_max - milliseconds(1)));
    }
}

BOOST_AUTO_TEST_CASE(what_the_writer_notes_is_what_others_see) {
    io_throttle share;
    share.begin();
    BOOST_TEST(share.look().writing);
    BOOST_TEST(share.look().batches == 0U);
    share.end();
    share.begin();
    share.end();
    BOOST_TEST(!share.look().writing);
    BOOST_TEST(share.look().batches == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
