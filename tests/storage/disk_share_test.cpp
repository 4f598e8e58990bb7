// Who writes beside the log leaves the disk alone where the log has to wait: pure decisions, told how long things took.
#include "storage/log/disk_share.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::storage;

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr disk_share::view batches(std::uint64_t count, milliseconds in_all, bool writing = false) {
    return {count, static_cast<std::uint64_t>(nanoseconds(in_all).count()), writing};
}

constexpr nanoseconds none{0};

} // namespace

BOOST_AUTO_TEST_SUITE(log_disk_share)

BOOST_AUTO_TEST_CASE(a_log_with_nothing_to_write_is_in_nobodys_way) {
    BOOST_TEST((pause_after(batches(7, milliseconds(90)), batches(7, milliseconds(90)), milliseconds(20)) == none));
}

BOOST_AUTO_TEST_CASE(batches_that_are_quick_beside_another_need_no_pause) {
    BOOST_TEST((pause_after(batches(7, milliseconds(90)), batches(17, milliseconds(100)), milliseconds(4)) == none));
}

BOOST_AUTO_TEST_CASE(after_slow_batches_the_disk_is_left_alone_three_times_as_long_as_it_was_used) {
    BOOST_TEST(
        (pause_after(batches(7, milliseconds(90)), batches(9, milliseconds(93)), milliseconds(4)) == milliseconds(12)));
}

BOOST_AUTO_TEST_CASE(a_batch_that_was_on_its_way_all_the_time_counts_as_slow) {
    BOOST_TEST((pause_after(batches(7, milliseconds(90), true), batches(7, milliseconds(90), true), milliseconds(4)) ==
                milliseconds(12)));
    BOOST_TEST((pause_after(batches(7, milliseconds(90), true), batches(7, milliseconds(90), true),
                            batch_unharmed_max) == none));
    // One that began or ended meanwhile may have been quick.
    BOOST_TEST((pause_after(batches(7, milliseconds(90), false), batches(7, milliseconds(90), true), milliseconds(4)) ==
                none));
}

BOOST_AUTO_TEST_CASE(nobody_stands_back_for_longer_than_the_bound) {
    for (const nanoseconds took :
         {nanoseconds(milliseconds(20)), nanoseconds(std::chrono::hours(1)), nanoseconds::max()}) {
        const nanoseconds pause = pause_after(batches(0, milliseconds(0)), batches(1, milliseconds(60)), took);
        BOOST_TEST((pause <= pause_max && pause > pause_max - milliseconds(1)));
    }
}

BOOST_AUTO_TEST_CASE(what_the_writer_notes_is_what_others_see) {
    disk_share share;
    share.begin();
    BOOST_TEST(share.look().writing);
    share.end(1500);
    share.begin();
    share.end(500);
    const disk_share::view seen = share.look();
    BOOST_TEST(!seen.writing);
    BOOST_TEST(seen.batches == 2U);
    BOOST_TEST(seen.ns == 2000U);
}

BOOST_AUTO_TEST_SUITE_END()
