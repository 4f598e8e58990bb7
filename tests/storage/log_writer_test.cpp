// The writer's thread: what is durable when, what goes into one batch, what happens when the disk fails, fills or
// blocks.
#include "storage/log/log_writer.hpp"
#include "storage/log/scanner.hpp"
#include "storage/log/segment_loader.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/sync_gate.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <limits>
#include <mutex>
#include <thread>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr milliseconds long_time{60'000};

log_writer_options quiet() {
    log_writer_options o;
    o.sync_interval = o.commit_idle = long_time; // nothing happens by itself
    o.room_retry = milliseconds{1};
    return o;
}

small_log roomy() {
    small_log s;
    s.first_segment_size = s.segment_size = 256 * 1024;
    return s;
}

struct running_writer {
    explicit running_writer(simulated_disk& disk, const log_writer_options& options = quiet(),
                            const small_log& shape = {})
        : log(disk, shape), writer(log.directory.supply(), options, make_callbacks()) {
        writer.start();
    }

    log_callbacks make_callbacks() {
        log_callbacks cb;
        cb.now = [] { return timestamp_ms{milliseconds{1'700'000'000'000}}; };
        cb.on_durable = [this](std::span<const record_tag> batch, std::uint64_t through) {
            const std::lock_guard lock(mutex);
            batches.push_back(batch.size());
            for (const record_tag& t : batch) {
                tags.push_back(t.value);
            }
            durable = through;
            changed.notify_all();
            if (after_batch) {
                after_batch(batch.size());
            }
        };
        cb.on_failed = [this](const std::string& why) {
            const std::lock_guard lock(mutex);
            failures.push_back(why);
            changed.notify_all();
        };
        return cb;
    }
    std::uint64_t put(std::uint64_t value, log_urgency urgency = log_urgency::now, std::size_t size = 40,
                      log_room room = log_room::ordinary) {
        BOOST_REQUIRE(writer.reserve(room, 1));
        return put_reserved(value, urgency, size, room);
    }
    std::uint64_t put_reserved(std::uint64_t value, log_urgency urgency = log_urgency::now, std::size_t size = 40,
                               log_room room = log_room::ordinary) {
        record_tag tag;
        tag.value = value;
        const std::uint64_t sequence =
            writer.enqueue(room, urgency, record_type::family_word, 1, make_body(1, value, size), tag);
        last_put = sequence;
        return sequence;
    }
    // Neither waits for what will never come: the writer fails, or all that was put is durable.
    void wait_durable(std::uint64_t sequence) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return durable >= sequence || !failures.empty(); });
        BOOST_REQUIRE(durable >= sequence);
    }
    void wait_failed() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return !failures.empty() || durable >= last_put; });
        BOOST_REQUIRE(!failures.empty());
    }

    opened_log log;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::size_t> batches;
    std::vector<std::uint64_t> tags;
    std::vector<std::string> failures;
    std::uint64_t durable = 0;
    std::atomic<std::uint64_t> last_put{0};
    std::function<void(std::size_t records)> after_batch; // on the writer's thread; set while nothing is written
    log_writer writer;
};

std::vector<frame_type> frames_of(simulated_disk& disk, std::uint64_t segno) {
    const std::vector<std::uint8_t> bytes = disk.read(segment_name(segno));
    std::vector<frame_type> out;
    store_uuid uuid;
    std::copy_n(bytes.begin() + 16, uuid.size(), uuid.begin());
    for (std::uint64_t at = segment_header_size; at < bytes.size(); at += 512) {
        if (const auto h = decode_frame_header(bytes_view{bytes}.subspan(at), uuid)) {
            out.push_back(h->fields.type);
        }
    }
    return out;
}

// A batch is held back for its company for as long as the test runs.
log_writer_options patient() {
    log_writer_options o = quiet();
    o.gather_max = std::chrono::hours(1);
    o.gather_syncs_max = std::numeric_limits<unsigned>::max();
    return o;
}

// Writes a batch of one and a batch of four, then puts a sixth record before the writer looks for company: that makes
// five, three of which it will wait for.
void put_one_after_company(running_writer& w, sync_gate& gate) {
    w.after_batch = [&w](std::size_t records) {
        if (records == 4 && w.writer.reserve(log_room::ordinary, 1)) {
            w.put_reserved(6);
        }
    };
    gate.close();
    w.put(1);
    gate.wait_until_one_waits();
    for (std::uint64_t i = 2; i <= 5; ++i) {
        w.put(i);
    }
    gate.open();
    w.wait_durable(5);
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_writing)

BOOST_AUTO_TEST_CASE(what_is_enqueued_becomes_durable_in_order_and_comes_back) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        running_writer w(*disk, quiet(), roomy());
        for (std::uint64_t i = 1; i <= 50; ++i) {
            BOOST_TEST(w.put(i) == i);
        }
        w.wait_durable(50);
        BOOST_TEST(w.writer.durable_through() == 50U);
        BOOST_REQUIRE(w.tags.size() == 50U);
        BOOST_TEST(std::is_sorted(w.tags.begin(), w.tags.end()));
        BOOST_TEST(w.writer.stats().records == 50U);
    } // destroyed without a stop: as if killed
    disk->cut_power(false);
    const opened_log again(*disk, roomy());
    BOOST_TEST(again.report.records == 50U);
    BOOST_TEST(!again.report.clean);
}

BOOST_AUTO_TEST_CASE(what_queues_up_behind_a_sync_goes_in_one_batch) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk, quiet(), roomy());
    gate.close();
    w.put(1);
    gate.wait_until_one_waits();
    for (std::uint64_t i = 2; i <= 101; ++i) {
        w.put(i);
    }
    BOOST_TEST(w.writer.durable_through() == 0U); // nothing is durable before its sync came back
    gate.open();
    w.wait_durable(101);
    const std::lock_guard lock(w.mutex);
    BOOST_TEST((w.batches == std::vector<std::size_t>{1, 100}));
}

BOOST_AUTO_TEST_CASE(a_batch_is_held_back_until_most_of_the_company_is_there) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk, patient(), roomy());
    put_one_after_company(w, gate);
    w.put(7);
    w.put(8);
    w.wait_durable(8);
    const std::lock_guard lock(w.mutex);
    BOOST_TEST((w.batches == std::vector<std::size_t>{1, 4, 3}));
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_company) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk, patient(), roomy());
    put_one_after_company(w, gate);
    BOOST_TEST(w.writer.stop(long_time));
    BOOST_TEST(w.writer.durable_through() == 6U);
}

BOOST_AUTO_TEST_CASE(a_seal_does_not_wait_for_company) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk, patient(), roomy());
    put_one_after_company(w, gate);
    BOOST_TEST(w.writer.seal().has_value());
    BOOST_TEST(w.writer.durable_through() == 6U);
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_final) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk);
    w.put(1);
    w.wait_durable(1);
    gate.fail_syncs(std::errc::io_error);
    w.put(2);
    w.wait_failed();
    BOOST_TEST(w.writer.failed());
    BOOST_TEST(w.writer.why_not_ready() != nullptr);
    BOOST_TEST(!w.writer.reserve(log_room::ending, 1));
    BOOST_TEST(!w.writer.seal().has_value());
    const std::uint64_t syncs = disk->syncs(segment_name(1));
    gate.fail_syncs({});
    BOOST_TEST(!w.writer.stop(long_time));
    BOOST_TEST(disk->syncs(segment_name(1)) == syncs); // never again
    BOOST_TEST(w.writer.durable_through() == 1U);
    BOOST_TEST(w.failures.size() == 1U);
    BOOST_TEST(w.failures[0].find(segment_name(1)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failed_write_is_final_and_is_not_synced) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk);
    w.put(1);
    w.wait_durable(1);
    const std::uint64_t syncs = disk->syncs(segment_name(1));
    gate.fail_next_writes(std::errc::no_space_on_device, 1'000'000);
    w.put(2);
    w.wait_failed();
    BOOST_TEST(disk->syncs(segment_name(1)) == syncs);
    BOOST_TEST(w.writer.durable_through() == 1U);
}

BOOST_AUTO_TEST_CASE(an_interrupted_write_is_tried_again) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk);
    gate.fail_next_writes(std::errc::interrupted, 3);
    w.put(1);
    w.wait_durable(1);
    BOOST_TEST(!w.writer.failed());
}

BOOST_AUTO_TEST_CASE(short_writes_are_continued) {
    const auto disk = std::make_shared<simulated_disk>();
    disk->set_faults([](disk_operation op, const std::string&) {
        simulated_disk::fault f;
        f.written = op == disk_operation::write ? 100 : SIZE_MAX;
        return f;
    });
    {
        running_writer w(*disk);
        w.put(1, log_urgency::now, 900);
        w.wait_durable(1);
        BOOST_TEST(w.writer.stop(long_time));
    }
    disk->set_faults({});
    const opened_log again(*disk);
    BOOST_TEST(again.report.records == 1U);
}

BOOST_AUTO_TEST_CASE(one_commit_follows_the_last_batch_after_idle_time) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    log_writer_options options = quiet();
    options.commit_idle = milliseconds{1};
    running_writer w(*disk, options);
    w.put(1);
    w.wait_durable(1);
    while (frames_of(*disk, 1).size() < 2) {
        std::this_thread::yield();
    }
    BOOST_TEST(w.writer.stop(long_time));
    BOOST_TEST(
        (frames_of(*disk, 1) == std::vector<frame_type>{frame_type::data, frame_type::commit, frame_type::clean}));
}

BOOST_AUTO_TEST_CASE(lazy_records_wait_for_an_urgent_one_and_go_with_it) {
    const auto disk = std::make_shared<simulated_disk>();
    running_writer w(*disk);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        w.put(i, log_urgency::lazy);
    }
    w.put(4, log_urgency::now);
    w.wait_durable(4);
    const std::lock_guard lock(w.mutex);
    BOOST_TEST((w.batches == std::vector<std::size_t>{4}));
}

BOOST_AUTO_TEST_CASE(lazy_records_are_synced_after_the_interval) {
    const auto disk = std::make_shared<simulated_disk>();
    log_writer_options options = quiet();
    options.sync_interval = milliseconds{1};
    running_writer w(*disk, options);
    w.wait_durable(w.put(1, log_urgency::lazy));
}

BOOST_AUTO_TEST_CASE(a_stop_writes_what_is_lazy_too_and_is_clean) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        running_writer w(*disk);
        w.put(1, log_urgency::lazy);
        BOOST_TEST(w.writer.stop(long_time));
        BOOST_TEST(w.writer.durable_through() == 1U);
        BOOST_TEST(!w.writer.reserve(log_room::ordinary, 1));
    }
    const opened_log again(*disk);
    BOOST_TEST(again.report.clean);
    BOOST_TEST(again.report.records == 1U);
}

BOOST_AUTO_TEST_CASE(a_start_and_stop_with_nothing_between_writes_no_frame) {
    const auto disk = std::make_shared<simulated_disk>();
    for (int i = 0; i < 3; ++i) {
        running_writer w(*disk);
        if (i == 0) {
            w.put(1);
        }
        BOOST_TEST(w.writer.stop(long_time));
    }
    BOOST_TEST((frames_of(*disk, 1) == std::vector<frame_type>{frame_type::data, frame_type::clean}));
}

BOOST_AUTO_TEST_CASE(a_stop_that_is_blocked_says_so_in_time) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    running_writer w(*disk);
    gate.close();
    w.put(1);
    gate.wait_until_one_waits();
    BOOST_TEST(!w.writer.stop(milliseconds{1}));
    gate.open();
    BOOST_TEST(w.writer.stop(long_time));
}

BOOST_AUTO_TEST_CASE(no_more_records_than_the_queue_takes_are_reserved) {
    const auto disk = std::make_shared<simulated_disk>();
    sync_gate gate(*disk);
    log_writer_options options = quiet();
    options.queue_records_max = 4;
    running_writer w(*disk, options);
    gate.close();
    BOOST_TEST(w.writer.reserve(log_room::ordinary, 3));
    BOOST_TEST(!w.writer.reserve(log_room::ordinary, 2));
    BOOST_TEST(w.writer.reserve(log_room::ordinary, 1));
    BOOST_TEST(!w.writer.reserve(log_room::ending, 1));
    w.writer.release(log_room::ordinary, 4);
    w.put(1);
    gate.wait_until_one_waits();
    for (std::uint64_t i = 0; i < 3; ++i) { // what is being written still counts
        w.put(2);
    }
    BOOST_TEST(!w.writer.reserve(log_room::ordinary, 1));
    gate.open();
    w.wait_durable(4);
    BOOST_TEST(w.writer.reserve(log_room::ordinary, 4));
    w.writer.release(log_room::ordinary, 4);
}

BOOST_AUTO_TEST_CASE(records_go_on_over_many_segments) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        running_writer w(*disk);
        for (std::uint64_t i = 1; i <= 200; ++i) {
            while (!w.writer.reserve(log_room::ordinary, 1)) {
                std::this_thread::yield();
            }
            w.wait_durable(w.put_reserved(i, log_urgency::now, 300));
        }
        BOOST_TEST(w.writer.stats().segments_created > 5U);
    }
    const opened_log again(*disk);
    BOOST_TEST(again.report.records == 200U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_the_ordinary_takes_endings_and_ends_by_itself) {
    const auto disk = std::make_shared<simulated_disk>();
    std::uint64_t enqueued = 0;
    {
        running_writer w(*disk);
        while (w.writer.stats().segments_created < 2) {
            std::this_thread::yield();
        }
        disk->set_capacity(1); // the manifests are written, two spares are there
        while (w.writer.reserve(log_room::ordinary, 1)) {
            w.wait_durable(w.put_reserved(++enqueued, log_urgency::now, 200));
        }
        // Not before a spare has been used, and the one for repair was left alone.
        BOOST_TEST(w.log.directory.internals().shelf->count() == segment_pool::kept_for_repair);
        while (w.writer.why_not_ready() == nullptr) {
            std::this_thread::yield();
        }
        std::uint64_t endings = 0;
        while (w.writer.reserve(log_room::ending, 1)) {
            w.wait_durable(w.put_reserved(++enqueued, log_urgency::now, 60, log_room::ending));
            ++endings;
        }
        BOOST_TEST(endings >= 1U);
        BOOST_TEST(!w.writer.failed());
        disk->set_capacity(SIZE_MAX);
        while (!w.writer.reserve(log_room::ordinary, 1)) {
            std::this_thread::yield();
        }
        w.wait_durable(w.put_reserved(++enqueued));
        BOOST_TEST(w.writer.why_not_ready() == nullptr);
        BOOST_TEST(w.writer.stop(long_time));
    }
    const opened_log again(*disk);
    BOOST_TEST(again.report.clean);
    BOOST_TEST(again.report.records == enqueued);
}

BOOST_AUTO_TEST_CASE(a_start_without_room_for_its_repair_takes_nothing_until_there_is) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk);
        store.append({{1, 1}});
    }
    disk->set_capacity(1);
    running_writer w(*disk);
    BOOST_TEST(w.writer.why_not_ready() != nullptr);
    BOOST_TEST(!w.writer.reserve(log_room::ordinary, 1));
    BOOST_TEST(!w.writer.reserve(log_room::ending, 1));
    disk->set_capacity(SIZE_MAX);
    while (!w.writer.reserve(log_room::ordinary, 1)) {
        std::this_thread::yield();
    }
    w.wait_durable(w.put_reserved(2));
    BOOST_TEST(w.writer.why_not_ready() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_seal_ends_the_segment_behind_all_that_was_queued) {
    const auto disk = std::make_shared<simulated_disk>();
    running_writer w(*disk);
    for (std::uint64_t i = 1; i <= 5; ++i) {
        w.put(i, log_urgency::lazy);
    }
    const std::optional<log_start> at = w.writer.seal();
    BOOST_REQUIRE(at);
    BOOST_TEST(w.writer.durable_through() == 5U);
    BOOST_TEST(at->lsn == 6U);
    BOOST_TEST(at->segno == 2U);
    BOOST_TEST((frames_of(*disk, 1).back() == frame_type::seal));
    const std::optional<log_start> again = w.writer.seal(); // an empty segment is not sealed
    BOOST_REQUIRE(again);
    BOOST_TEST(again->segno == 2U);
    w.wait_durable(w.put(6));
    BOOST_TEST((frames_of(*disk, 2) == std::vector<frame_type>{frame_type::data}));
}

BOOST_AUTO_TEST_CASE(a_snapshot_at_a_seal_counts_the_log_from_there) {
    const auto disk = std::make_shared<simulated_disk>();
    running_writer w(*disk);
    w.wait_durable(w.put(1, log_urgency::now, 2000));
    BOOST_TEST(w.writer.stats().sealed_bytes_since_snapshot >= 2000U);
    const std::optional<log_start> at = w.writer.seal();
    BOOST_REQUIRE(at);
    w.wait_durable(w.put(2));
    std::string why;
    const auto size =
        w.log.directory.write_snapshot(*at, {}, [](const record_sink&) { return snapshot_counts{}; }, why);
    BOOST_TEST(size.has_value());
    BOOST_TEST(w.writer.stats().sealed_bytes_since_snapshot == 512U);
}

BOOST_AUTO_TEST_CASE(a_seal_on_a_full_disk_gives_nothing) {
    const auto disk = std::make_shared<simulated_disk>();
    running_writer w(*disk);
    while (w.writer.stats().segments_created < 2) {
        std::this_thread::yield();
    }
    disk->set_capacity(1);
    w.put(1);
    BOOST_TEST(w.writer.seal().has_value()); // the spare
    w.put(2);
    BOOST_TEST(!w.writer.seal().has_value());
    w.wait_durable(2);
}

BOOST_AUTO_TEST_CASE(many_threads_get_each_record_on_disk_once) {
    const auto disk = std::make_shared<simulated_disk>();
    constexpr std::uint64_t threads = 4, each = 300;
    const small_log shape = roomy();
    {
        running_writer w(*disk, quiet(), shape);
        std::vector<std::thread> pool;
        for (std::uint64_t t = 0; t < threads; ++t) {
            pool.emplace_back([&, t] {
                for (std::uint64_t i = 0; i < each; ++i) {
                    while (!w.writer.reserve(log_room::ordinary, 2)) {
                        std::this_thread::yield();
                    }
                    w.writer.release(log_room::ordinary, 1);
                    w.put_reserved(t * each + i, i % 5 == 0 ? log_urgency::now : log_urgency::lazy);
                }
            });
        }
        for (int i = 0; i < 3; ++i) {
            w.writer.seal();
        }
        for (std::thread& t : pool) {
            t.join();
        }
        BOOST_TEST(w.writer.stop(long_time));
        std::sort(w.tags.begin(), w.tags.end());
        BOOST_REQUIRE(w.tags.size() == threads * each);
        for (std::uint64_t i = 0; i < w.tags.size(); ++i) {
            BOOST_REQUIRE(w.tags[i] == i);
        }
    }
    const opened_log again(*disk, shape);
    BOOST_TEST(again.report.records == threads * each);
    BOOST_TEST(again.report.clean);
}

BOOST_AUTO_TEST_SUITE_END()
