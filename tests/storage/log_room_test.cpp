// A disk that is full, and free again, is told once each: people should hear of it before users do.
#include "tests/storage/log_fixture.hpp"

#include "storage/log/log_writer.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace pawl;
using namespace pawl::test;

namespace {

struct told_writer {
    explicit told_writer(simulated_disk& disk) : log(disk), writer(log.directory.supply(), options(), callbacks()) {
        writer.start();
    }
    static log_writer_options options() {
        log_writer_options o;
        o.room_retry = milliseconds{1};
        return o;
    }
    log_callbacks callbacks() {
        log_callbacks cb;
        cb.now = [] { return timestamp_ms{milliseconds{1'700'000'000'000}}; };
        cb.on_durable = [](std::span<const record_tag> /*batch*/, std::uint64_t /*through*/) {};
        cb.on_room = [this](const std::string& why) {
            const std::lock_guard lock(mutex);
            told.push_back(why);
            changed.notify_all();
        };
        return cb;
    }
    // Waits for the telling of that number; gives it.
    std::string telling(std::size_t number) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return told.size() > number; });
        return told[number];
    }

    opened_log log;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> told;
    log_writer writer;
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_room_told)

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_and_free_again_is_told_once_each) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        const opened_log made(*disk); // the first segment and the manifests
    }
    disk->set_capacity(1);
    told_writer w(*disk);
    const std::string why = w.telling(0);
    BOOST_TEST(why.find("/simulated: ") == 0U, why);
    disk->set_capacity(SIZE_MAX);
    BOOST_TEST(w.telling(1).empty());
    BOOST_TEST(w.writer.stop(milliseconds{60'000}));
    BOOST_TEST(w.told.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_disk_with_room_is_no_line) {
    const auto disk = std::make_shared<simulated_disk>();
    told_writer w(*disk);
    while (w.writer.stats().segments_created < 2) {
        std::this_thread::yield();
    }
    BOOST_TEST(w.writer.stop(milliseconds{60'000}));
    BOOST_TEST(w.told.empty());
}

BOOST_AUTO_TEST_SUITE_END()
