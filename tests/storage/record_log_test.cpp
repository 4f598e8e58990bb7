// One suite over the seam storage/record/record_log.hpp: what its header promises, of every log that a store can stand
// on. A new implementation gets a place below, and passes.
#include "storage/record/record_log.hpp"

#include "storage/store/directory_log.hpp"
#include "storage/store/memory_log.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/sync_gate.hpp"

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

using namespace pawl;
using namespace pawl::storage;
using pawl::test::key_values;
using pawl::test::simulated_disk;

constexpr milliseconds long_time{60'000};
constexpr auto word = record_type::family_word;

// --- The places. Each makes its log anew on what the one before it left.

// The data directory, on a simulated disk.
struct directory_place {
    static constexpr bool survives_crashes = true, can_fail = true, keeps_next_id = true;

    std::unique_ptr<record_log> open() {
        log_writer_options writer;
        writer.sync_interval = writer.commit_idle = long_time;
        writer.room_retry = milliseconds{1};
        pawl::test::small_log shape;
        shape.first_segment_size = shape.segment_size = 128 * 1024;
        return make_directory_log(pawl::test::options_on(disk->mount(), shape), writer);
    }
    void sync(record_log&) {}
    // Some of what was not synced survives.
    void crash() {
        std::mt19937_64 random(7);
        disk->cut_power(random);
        gate.fail_syncs(std::errc{});
    }
    void lose_what_is_held(record_log&) {
        gate.fail_syncs(std::errc::io_error);
        gate.open();
    }
    void hold(record_log&) { gate.close(); }
    void let_go(record_log&) { gate.open(); }
    void fail(record_log&) { gate.fail_syncs(std::errc::io_error); }
    void fill(record_log& log) {
        while (log.stats().segments_created <
               2) { // the two spares: what is written from then on is no news to the disk
            std::this_thread::yield();
        }
        disk->set_capacity(1);
    }
    void make_room(record_log&) { disk->set_capacity(SIZE_MAX); }
    template <class F>
    void keep_snapshot(record_log&, F&& take) {
        take();
    }

    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    pawl::test::sync_gate gate{*disk};
};

// Memory that ends with the process: an image is all that is kept.
struct memory_place {
    static constexpr bool survives_crashes = false, can_fail = false, keeps_next_id = false;

    std::unique_ptr<record_log> open() { return std::make_unique<memory_log>(image); }
    void sync(record_log&) {}
    void hold(record_log& log) { of(log).hold_until(std::chrono::steady_clock::now() + std::chrono::hours(1)); }
    void let_go(record_log& log) { of(log).let_go(); }
    template <class F>
    void keep_snapshot(record_log& log, F&& take) {
        image = of(log).image(take);
    }
    static memory_log& of(record_log& log) { return dynamic_cast<memory_log&>(log); }

    memory_image_ptr image;
};

// The one of the store's tests, which decide what is durable when.
struct simulated_place {
    static constexpr bool survives_crashes = true, can_fail = true, keeps_next_id = true;

    std::unique_ptr<record_log> open() { return std::make_unique<storage::test::memory_log>(disk); }
    void sync(record_log& log) {
        if (!held) {
            of(log).sync();
        }
    }
    void crash() { held = false; }
    void lose_what_is_held(record_log&) {}
    void hold(record_log&) { held = true; }
    void let_go(record_log& log) {
        held = false;
        of(log).sync();
    }
    void fail(record_log& log) { of(log).fail(); }
    void fill(record_log& log) { of(log).ordinary_room = 3; }
    void make_room(record_log& log) { of(log).ordinary_room = 1'000'000; }
    template <class F>
    void keep_snapshot(record_log&, F&& take) {
        take();
    }
    static storage::test::memory_log& of(record_log& log) { return dynamic_cast<storage::test::memory_log&>(log); }

    std::shared_ptr<storage::test::memory_disk> disk = std::make_shared<storage::test::memory_disk>();
    bool held = false;
};

using every_log = boost::mpl::list<directory_place, memory_place, simulated_place>;

// --- Their user.

struct batch_seen {
    std::uint64_t first_lsn = 0;
    std::vector<std::vector<std::uint8_t>> bodies;
};

// A log that was recovered and started, and what it called.
template <class Place>
struct user_of {
    explicit user_of(Place& p) : place(p), log(p.open()) {
        recovery_target target;
        target.expect = [this](const snapshot_counts& c) {
            BOOST_TEST(expected == 0);
            BOOST_TEST(applied.empty());
            ++expected;
            counts = c;
        };
        target.snapshot_reader = [this] {
            return [this](const record_view& r) {
                const std::lock_guard lock(mutex);
                BOOST_TEST(applied.empty());
                pawl::test::apply_to(state, r);
                ++of_snapshot;
            };
        };
        target.snapshot_read = [this] { BOOST_TEST(applied.empty()); };
        target.apply = [this](const record_view& r) {
            pawl::test::apply_to(state, r);
            applied.push_back(r.lsn);
        };
        report = log->recover(target);
        BOOST_TEST(expected == 1);
        log->start(callbacks());
    }

    log_callbacks callbacks() {
        log_callbacks cb;
        cb.now = [] { return timestamp_ms{milliseconds{1'700'000'000'000}}; };
        cb.on_batch = [this](const durable_batch& batch) {
            const std::lock_guard lock(mutex);
            batch_seen seen{batch.first_lsn, {}};
            record_cursor cursor{batch.payload};
            for (record_view r; cursor.next(r);) {
                seen.bodies.emplace_back(r.body.begin(), r.body.end());
            }
            broken += seen.bodies.size() == batch.records ? 0 : 1;
            records_shown += batch.records;
            batches.push_back(std::move(seen));
        };
        cb.on_durable = [this](std::span<const record_tag> tags, std::uint64_t through) {
            const std::lock_guard lock(mutex);
            broken += through >= durable ? 0 : 1;
            for (const record_tag& tag : tags) {
                acknowledged.push_back(tag.value);
            }
            broken += records_shown >= acknowledged.size() ? 0 : 1; // on_batch was first
            durable = through;
            changed.notify_all();
        };
        cb.on_failed = [this](const std::string& why) {
            const std::lock_guard lock(mutex);
            broken += why.empty() ? 1 : 0;
            ++failures;
            changed.notify_all();
        };
        return cb;
    }

    std::uint64_t put_reserved(std::uint8_t key, std::uint64_t value, log_room room = log_room::ordinary,
                               log_urgency urgency = log_urgency::now) {
        record_tag tag;
        tag.value = value;
        return log->enqueue(room, urgency, word, 1, pawl::test::make_body(key, value, 40), tag);
    }
    std::uint64_t put(std::uint8_t key, std::uint64_t value) {
        while (!log->reserve(log_room::ordinary, 1)) {
            std::this_thread::yield();
        }
        return put_reserved(key, value);
    }
    // Until every record through `sequence` is durable.
    void wait(std::uint64_t sequence) {
        place.sync(*log);
        std::unique_lock lock(mutex);
        BOOST_REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return durable >= sequence; }));
        BOOST_TEST(broken == 0);
    }
    std::uint64_t durable_now() {
        const std::lock_guard lock(mutex);
        BOOST_TEST(broken == 0);
        return durable;
    }
    std::optional<std::uint64_t> snapshot(const log_position& at, const key_values& of) {
        std::string why;
        const auto size = log->write_snapshot(
            at, timestamp_ms{milliseconds{1'700'000'000'000}},
            [&](const record_sink& sink) {
                for (const auto& [key, value] : of) {
                    sink(static_cast<std::uint16_t>(word), 1, pawl::test::make_body(key, value, 40));
                }
                return snapshot_counts{3, of.size(), 42};
            },
            why);
        BOOST_TEST((size.has_value() || !why.empty()));
        return size;
    }

    Place& place;
    std::mutex mutex;
    int broken = 0; // promises that a callback saw broken: on the log's thread, where nothing may be tested
    std::condition_variable changed;
    std::vector<batch_seen> batches;
    std::uint64_t records_shown = 0;
    std::vector<std::uint64_t> acknowledged; // values of tags
    std::uint64_t durable = 0;
    int failures = 0, expected = 0;
    key_values state; // recovered
    std::vector<std::uint64_t> applied;
    std::size_t of_snapshot = 0;
    snapshot_counts counts;
    recovery_report report;
    std::unique_ptr<record_log> log; // last: its threads use the others
};

} // namespace

BOOST_AUTO_TEST_SUITE(record_log_seam)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_log_is_fresh_and_takes_records, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    BOOST_TEST(u.report.fresh);
    BOOST_TEST(u.report.next_lsn == 1U);
    BOOST_TEST(u.applied.empty());
    BOOST_TEST(u.log->why_not_ready() == nullptr);
    BOOST_TEST(u.log->stop(long_time));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(records_are_numbered_from_one_in_the_order_they_come, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        BOOST_TEST(u.put(1, i) == i);
    }
    u.wait(20);
    BOOST_TEST(u.durable_now() == 20U);
    BOOST_TEST(u.log->stats().records == 20U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_durable_is_told_in_order_once_each_and_its_records_are_shown_before, Place,
                              every_log) {
    Place place;
    user_of<Place> u(place);
    for (std::uint64_t i = 1; i <= 100; ++i) {
        u.put(static_cast<std::uint8_t>(i), i);
    }
    u.wait(100);
    const std::lock_guard lock(u.mutex);
    BOOST_REQUIRE(u.acknowledged.size() == 100U);
    std::uint64_t lsn = 1, value = 1;
    for (const batch_seen& batch : u.batches) {
        BOOST_TEST(batch.first_lsn == lsn);
        for (const std::vector<std::uint8_t>& body : batch.bodies) {
            BOOST_TEST((body == pawl::test::make_body(static_cast<std::uint8_t>(value), value, 40)));
            BOOST_TEST(u.acknowledged[value - 1] == value);
            ++value;
            ++lsn;
        }
    }
    BOOST_TEST(value == 101U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reservation_that_is_given_back_can_be_had_again, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    for (int i = 0; i < 100'000; i += 10) { // more than any queue takes, were they kept
        BOOST_REQUIRE(u.log->reserve(log_room::ordinary, 10));
        u.log->release(log_room::ordinary, 10);
    }
    BOOST_REQUIRE(u.log->reserve(log_room::ordinary, 2));
    u.log->release(log_room::ordinary, 1);
    BOOST_TEST(u.put_reserved(1, 1) == 1U);
    u.wait(1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(from_many_threads_each_record_is_told_once, Place, every_log) {
    constexpr std::uint64_t threads = 4, each = 200;
    Place place;
    user_of<Place> u(place);
    {
        std::vector<std::jthread> pool;
        for (std::uint64_t t = 0; t < threads; ++t) {
            pool.emplace_back([&, t] {
                for (std::uint64_t i = 0; i < each; ++i) {
                    u.put(1, t * each + i);
                }
            });
        }
    }
    u.wait(threads * each);
    const std::lock_guard lock(u.mutex);
    std::sort(u.acknowledged.begin(), u.acknowledged.end());
    BOOST_REQUIRE(u.acknowledged.size() == threads * each);
    for (std::uint64_t i = 0; i < u.acknowledged.size(); ++i) {
        BOOST_REQUIRE(u.acknowledged[i] == i);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_record_is_not_durable_before_it_is_kept, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    u.put(1, 1);
    u.wait(1);
    place.hold(*u.log);
    const std::uint64_t held = u.put(1, 2);
    BOOST_TEST(u.durable_now() == 1U);
    place.let_go(*u.log);
    u.wait(held);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_stop_makes_durable_what_was_enqueued_and_nothing_is_taken_after_it, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    for (std::uint64_t i = 1; i <= 5; ++i) {
        BOOST_REQUIRE(u.log->reserve(log_room::ordinary, 1));
        u.put_reserved(1, i, log_room::ordinary, log_urgency::lazy);
    }
    BOOST_TEST(u.log->stop(long_time));
    BOOST_TEST(u.durable_now() == 5U);
    BOOST_TEST(!u.log->reserve(log_room::ordinary, 1));
    BOOST_TEST(!u.log->reserve(log_room::ending, 1));
    BOOST_TEST(u.log->why_not_ready() != nullptr);
}

BOOST_AUTO_TEST_CASE(a_stop_that_cannot_be_done_within_its_limit_says_so_in_time) {
    directory_place place; // the one log that waits for anything
    user_of<directory_place> u(place);
    place.hold(*u.log);
    u.put(1, 1);
    place.gate.wait_until_one_waits();
    BOOST_TEST(!u.log->stop(milliseconds{1}));
    place.let_go(*u.log);
    BOOST_TEST(u.log->stop(long_time));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_seal_is_behind_all_that_was_enqueued_and_before_all_that_comes, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    for (std::uint64_t i = 1; i <= 7; ++i) {
        BOOST_REQUIRE(u.log->reserve(log_room::ordinary, 1));
        u.put_reserved(1, i, log_room::ordinary, log_urgency::lazy);
    }
    const std::optional<log_position> at = u.log->seal();
    BOOST_REQUIRE(at.has_value());
    BOOST_TEST(at->lsn == 8U);
    BOOST_TEST(u.durable_now() == 7U);
    const std::optional<log_position> again = u.log->seal();
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->lsn == 8U);
    u.wait(u.put(1, 8));
    const std::lock_guard lock(u.mutex);
    BOOST_TEST(u.batches.back().first_lsn == 8U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(recovery_begins_with_the_snapshot_and_goes_on_with_what_came_after_its_seal, Place,
                              every_log) {
    Place place;
    {
        user_of<Place> u(place);
        u.put(1, 10);
        u.put(2, 20);
        u.wait(u.put(1, 11));
        place.keep_snapshot(*u.log, [&] {
            const std::optional<log_position> at = u.log->seal();
            BOOST_REQUIRE(at.has_value());
            u.wait(u.put(3, 30)); // behind the seal: not in the snapshot
            BOOST_TEST(u.snapshot(*at, {{1, 11}, {2, 20}}).has_value());
        });
        BOOST_TEST(u.log->stop(long_time));
    }
    for (int turn = 0; turn < 2; ++turn) {
        user_of<Place> u(place);
        BOOST_TEST((u.state == key_values{{1, 11}, {2, 20}, {3, 30}}));
        BOOST_TEST((u.counts.users == 3U && u.counts.families == 2U));
        BOOST_TEST(u.report.next_user_id >= 42U);
        if (Place::survives_crashes) {
            BOOST_TEST(u.report.records == 1U); // those of the snapshot are not counted
            BOOST_TEST(!u.report.fresh);
            BOOST_TEST(u.of_snapshot == 2U);
            BOOST_TEST((u.applied == std::vector<std::uint64_t>{4}));
            BOOST_TEST(u.report.next_lsn == 5U);
        }
        BOOST_TEST(u.log->stop(long_time));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_snapshot_whose_producer_throws_is_none, Place, every_log) {
    Place place;
    user_of<Place> u(place);
    u.wait(u.put(1, 1));
    const std::optional<log_position> at = u.log->seal();
    BOOST_REQUIRE(at.has_value());
    std::string why;
    std::optional<std::uint64_t> size;
    try {
        size =
            u.log->write_snapshot(*at, {}, [](const record_sink&) -> snapshot_counts { throw std::bad_alloc(); }, why);
    } catch (const std::bad_alloc&) {
        why = "thrown";
    }
    BOOST_TEST(!size.has_value());
    BOOST_TEST(!why.empty());
    u.wait(u.put(1, 2)); // the log goes on
    BOOST_TEST(u.log->stop(long_time));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_a_crash_all_that_was_acknowledged_is_there_and_nothing_without_what_came_before,
                              Place, every_log) {
    if constexpr (Place::survives_crashes) {
        Place place;
        std::uint64_t acknowledged = 0, enqueued = 0;
        for (int life = 0; life < 4; ++life) {
            {
                user_of<Place> u(place);
                std::uint64_t last = 0;
                for (const auto& [key, value] : u.state) {
                    BOOST_TEST(value == key); // each key is the number of its record
                    last = std::max(last, value);
                }
                BOOST_TEST(u.state.size() == last); // no gap
                BOOST_TEST(last >= acknowledged);
                BOOST_TEST(last <= enqueued);
                BOOST_TEST(u.report.next_lsn == last + 1);
                std::uint64_t sequence = 0;
                for (std::uint64_t i = 0; i < 5; ++i) {
                    ++last;
                    sequence = u.put(static_cast<std::uint8_t>(last), last);
                }
                u.wait(sequence);
                acknowledged = last;
                place.hold(*u.log);
                for (std::uint64_t i = 0; i < 3; ++i) {
                    ++last;
                    u.put(static_cast<std::uint8_t>(last), last); // promised to no one
                }
                enqueued = last;
                place.lose_what_is_held(*u.log);
            }
            place.crash();
        }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_log_that_has_failed_says_so_once_and_takes_nothing_more, Place, every_log) {
    if constexpr (Place::can_fail) {
        Place place;
        user_of<Place> u(place);
        u.wait(u.put(1, 1));
        BOOST_REQUIRE(u.log->reserve(log_room::ordinary, 1));
        place.fail(*u.log);
        u.put_reserved(1, 2);
        {
            std::unique_lock lock(u.mutex);
            BOOST_REQUIRE(u.changed.wait_for(lock, std::chrono::seconds(60), [&] { return u.failures > 0; }));
        }
        place.sync(*u.log);
        BOOST_TEST(!u.log->reserve(log_room::ordinary, 1));
        BOOST_TEST(!u.log->reserve(log_room::ending, 1));
        BOOST_TEST(u.log->why_not_ready() != nullptr);
        BOOST_TEST(!u.log->seal().has_value());
        BOOST_TEST(!u.log->stop(long_time));
        BOOST_TEST(u.durable_now() == 1U);
        BOOST_TEST(u.failures == 1);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(without_room_the_ordinary_is_refused_and_endings_are_taken, Place, every_log) {
    if constexpr (Place::can_fail) {
        Place place;
        user_of<Place> u(place);
        place.fill(*u.log);
        std::uint64_t last = 0;
        while (u.log->reserve(log_room::ordinary, 1)) {
            last = u.put_reserved(1, last + 1);
            u.wait(last);
        }
        while (u.log->why_not_ready() == nullptr) {
            std::this_thread::yield();
        }
        BOOST_REQUIRE(u.log->reserve(log_room::ending, 1));
        last = u.put_reserved(1, last + 1, log_room::ending);
        u.wait(last);
        place.make_room(*u.log);
        u.wait(u.put(1, last + 1)); // waits for room
        BOOST_TEST(u.log->why_not_ready() == nullptr);
        BOOST_TEST(u.log->stop(long_time));
        BOOST_TEST(u.failures == 0);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_id_that_is_kept_is_in_every_later_report, Place, every_log) {
    if constexpr (Place::keeps_next_id) {
        Place place;
        {
            user_of<Place> u(place);
            BOOST_TEST(!u.log->keep_next_user_id(1000));
            BOOST_TEST(!u.log->keep_next_user_id(10)); // nothing is taken back
        }
        user_of<Place> u(place);
        BOOST_TEST(u.report.next_user_id == 1000U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
