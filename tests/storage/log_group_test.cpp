// Groups of records in the log: one frame each, wherever frames and segments end.
#include "storage/log/log_writer.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <random>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct group_writer {
    explicit group_writer(simulated_disk& disk, const small_log& shape)
        : log(disk, shape), writer(log.directory.supply(), quiet(), make_callbacks()) {
        writer.start();
    }
    static log_writer_options quiet() {
        log_writer_options o;
        o.room_retry = milliseconds{1};
        return o;
    }
    log_callbacks make_callbacks() {
        log_callbacks cb;
        cb.now = [] { return timestamp_ms{milliseconds{1'700'000'000'000}}; };
        cb.on_durable = [this](std::span<const record_tag> batch, std::uint64_t through) {
            const std::lock_guard lock(mutex);
            std::vector<std::uint64_t> values;
            for (const record_tag& t : batch) {
                values.push_back(t.value);
            }
            batches.push_back(std::move(values));
            durable = through;
            changed.notify_all();
        };
        return cb;
    }
    // `count` records of group `number`; false where there is no room at the moment.
    bool put(std::uint64_t number, std::size_t count, std::size_t size) {
        if (!writer.reserve(log_room::ordinary, static_cast<std::uint32_t>(count))) {
            return false;
        }
        const std::vector<std::uint8_t> body = make_body(1, number, size);
        std::vector<new_record> group(count);
        for (new_record& r : group) {
            r = {record_type::family_word, 1, body, {}};
            r.tag.value = number;
        }
        last = writer.enqueue_group(log_room::ordinary, log_urgency::now, group);
        return true;
    }
    void wait() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return durable >= last; });
    }

    opened_log log;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::vector<std::uint64_t>> batches;
    std::uint64_t durable = 0, last = 0;
    log_writer writer;
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_groups)

BOOST_AUTO_TEST_CASE(a_group_is_in_one_frame_wherever_frames_and_segments_end) {
    std::mt19937_64 random(20261130);
    auto disk = std::make_shared<simulated_disk>();
    group_writer w(*disk, {.first_segment_size = 64 * 1024, .segment_size = 64 * 1024});
    std::vector<std::size_t> sizes;
    for (std::uint64_t number = 0; number < 400; ++number) {
        const std::size_t count = 1 + random() % 5;
        while (!w.put(number, count, 10 + random() % 2000)) {
            std::this_thread::yield();
        }
        sizes.push_back(count);
    }
    w.wait();
    const std::lock_guard lock(w.mutex);
    BOOST_TEST(w.batches.size() > 20U, "frames ended within what was queued");
    std::uint64_t next = 0;
    for (const std::vector<std::uint64_t>& batch : w.batches) {
        for (std::size_t at = 0; at < batch.size(); at += sizes[next], ++next) {
            BOOST_REQUIRE(batch[at] == next); // it begins in this frame
            BOOST_REQUIRE(at + sizes[next] <= batch.size());
            BOOST_REQUIRE(batch[at + sizes[next] - 1] == next);
        }
    }
    BOOST_TEST(next == sizes.size());
}

BOOST_AUTO_TEST_CASE(the_last_record_of_a_group_says_that_all_of_it_is_durable) {
    auto disk = std::make_shared<simulated_disk>();
    group_writer w(*disk, {.first_segment_size = 256 * 1024, .segment_size = 256 * 1024});
    BOOST_REQUIRE(w.put(1, 3, 40));
    BOOST_TEST(w.last == 3U);
    BOOST_REQUIRE(w.put(2, 1, 40));
    BOOST_TEST(w.last == 4U);
    w.wait();
    BOOST_TEST(w.writer.durable_through() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
