// The time that the log tells: COMMITs while a window is open, records of when it was served, a clock that was set.
#include "storage/log/log_writer.hpp"
#include "storage/record/serving.hpp"
#include "tests/storage/log_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

using namespace pawl;
using namespace pawl::test;

namespace {

using steady = std::chrono::steady_clock;

constexpr milliseconds long_time{60'000};
constexpr milliseconds window{200};
constexpr std::int64_t base_ms = 1'700'000'000'000;
constexpr int haste = 10; // how much faster than ours the time of these tests runs, so that a window soon closes

timestamp_ms at(std::int64_t ms) {
    return timestamp_ms(milliseconds(ms));
}

struct frame_seen {
    frame_type type{};
    timestamp_ms time{};
};

std::vector<frame_seen> frames_of(simulated_disk& disk, std::uint64_t segno = 1) {
    const std::vector<std::uint8_t> bytes = disk.read(segment_name(segno));
    std::vector<frame_seen> out;
    store_uuid uuid;
    std::copy_n(bytes.begin() + 16, uuid.size(), uuid.begin());
    for (std::uint64_t offset = segment_header_size; offset < bytes.size(); offset += 512) {
        if (const auto h = decode_frame_header(bytes_view{bytes}.subspan(offset), uuid)) {
            out.push_back({h->fields.type, h->fields.time});
        }
    }
    return out;
}

std::size_t count_of(const std::vector<frame_seen>& frames, frame_type type) {
    return static_cast<std::size_t>(std::ranges::count(frames, type, &frame_seen::type));
}

template <class Condition>
bool comes_true(const Condition& condition) {
    const auto deadline = steady::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (steady::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

small_log roomy() {
    small_log s;
    s.first_segment_size = s.segment_size = 256 * 1024;
    return s;
}

struct telling_writer {
    explicit telling_writer(simulated_disk& disk, milliseconds of = window, const small_log& shape = roomy(),
                            milliseconds commit_idle = milliseconds(1))
        : log(disk, shape), writer(log.directory.supply(), options_with(of, commit_idle), make_callbacks()) {
        writer.start();
    }
    static log_writer_options options_with(milliseconds of, milliseconds commit_idle) {
        log_writer_options o;
        o.sync_interval = long_time;
        o.commit_idle = commit_idle;
        o.room_retry = milliseconds(1);
        o.window = of;
        return o;
    }
    log_callbacks make_callbacks() {
        log_callbacks cb;
        cb.now = [this] { return now(); };
        cb.on_durable = [](std::span<const record_tag>, std::uint64_t) {};
        return cb;
    }
    timestamp_ms now() const {
        return at(base_ms) + std::chrono::duration_cast<milliseconds>(haste * (steady::now() - began));
    }
    void put(bool opens_window, std::size_t size = 40) {
        BOOST_REQUIRE(comes_true([&] { return writer.reserve(log_room::ordinary, 1); }));
        record_tag tag;
        tag.opens_window = opens_window;
        const std::uint64_t sequence = writer.enqueue(log_room::ordinary, log_urgency::now, record_type::family_word, 1,
                                                      make_body(1, 1, size), tag);
        BOOST_REQUIRE(comes_true([&] { return writer.durable_through() >= sequence; }));
    }

    const steady::time_point began = steady::now();
    opened_log log;
    log_writer writer;
};

// What is written to the log while four times as long passes as the writer would wait between two COMMITs.
std::uint64_t written_in_idleness(const telling_writer& w) {
    const std::uint64_t before = w.writer.stats().syncs;
    std::this_thread::sleep_for(window);
    return w.writer.stats().syncs - before;
}

void put_serving(small_store& store, const serving_record& r) {
    const serving_bytes body = encode_serving(r);
    const std::size_t size = encode_record(store.appender.payload(), static_cast<std::uint16_t>(record_type::serving),
                                           serving_version, body);
    BOOST_REQUIRE(!store.appender.append(frame_type::data, static_cast<std::uint32_t>(size), 1, store.now));
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_served_time)

BOOST_AUTO_TEST_CASE(while_a_window_is_open_the_time_is_told_four_times_a_window_and_then_no_more) {
    const auto disk = std::make_shared<simulated_disk>();
    telling_writer w(*disk);
    w.put(true);
    const timestamp_ms closed = frames_of(*disk).front().time + window + window_slack;
    BOOST_REQUIRE(comes_true([&] { return frames_of(*disk).back().time >= closed; }));
    BOOST_TEST(written_in_idleness(w) == 0U);
    const std::vector<frame_seen> frames = frames_of(*disk);
    BOOST_TEST(count_of(frames, frame_type::data) == 1U);
    BOOST_TEST(count_of(frames, frame_type::commit) == frames.size() - 1);
    // Only the last one is told of a time at which the window had closed; between two lies a quarter of it.
    BOOST_TEST((frames[frames.size() - 2].time < closed));
    for (std::size_t i = 2; i < frames.size(); ++i) {
        BOOST_TEST((frames[i].time - frames[i - 1].time).count() >= (haste * window / 4).count() - haste);
    }
    BOOST_TEST(frames.size() <= 2 + static_cast<std::size_t>((window + window_slack) / (haste * window / 4)) + 1);
}

BOOST_AUTO_TEST_CASE(an_idle_server_writes_nothing) {
    const auto disk = std::make_shared<simulated_disk>();
    telling_writer w(*disk);
    w.put(false); // a sign-up, a login
    BOOST_REQUIRE(comes_true([&] { return frames_of(*disk).size() == 2; }));
    BOOST_TEST(written_in_idleness(w) == 0U);
    BOOST_TEST(count_of(frames_of(*disk), frame_type::commit) == 1U);
}

BOOST_AUTO_TEST_CASE(without_windows_no_time_is_told) {
    const auto disk = std::make_shared<simulated_disk>();
    telling_writer w(*disk, milliseconds(0));
    w.put(true);
    BOOST_REQUIRE(comes_true([&] { return frames_of(*disk).size() == 2; }));
    BOOST_TEST(written_in_idleness(w) == 0U);
}

BOOST_AUTO_TEST_CASE(a_later_rotation_keeps_the_time_being_told) {
    const auto disk = std::make_shared<simulated_disk>();
    telling_writer w(*disk);
    w.put(true);
    BOOST_REQUIRE(comes_true([&] { return frames_of(*disk).size() > 3; }));
    w.put(true);
    const std::vector<frame_seen> so_far = frames_of(*disk);
    const auto last = std::ranges::find(so_far.rbegin(), so_far.rend(), frame_type::data, &frame_seen::type);
    const timestamp_ms closed = last->time + window + window_slack;
    BOOST_TEST(comes_true([&] { return frames_of(*disk).back().time >= closed; }));
}

BOOST_AUTO_TEST_CASE(where_a_segment_is_full_the_time_is_told_in_the_next_one) {
    const auto disk = std::make_shared<simulated_disk>();
    small_log tight;
    tight.first_segment_size = tight.segment_size = 13 * 1024;
    telling_writer w(*disk, window, tight, long_time);
    BOOST_REQUIRE(comes_true([&] { return w.writer.stats().segments_created >= 2; }));
    const segment_header first = w.log.directory.internals().at->segment;
    for (std::uint64_t end = first.first_frame(); end + 512 <= zone_end(first, segment_zone::ordinary); end += 512) {
        w.put(true);
    }
    const timestamp_ms closed = w.now() + window + window_slack;
    BOOST_REQUIRE(comes_true([&] {
        return disk->exists(segment_name(2)) && !frames_of(*disk, 2).empty() &&
               frames_of(*disk, 2).back().time >= closed;
    }));
    BOOST_TEST((frames_of(*disk, 1).back().type == frame_type::seal));
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_the_reserved_tail_is_not_spent_on_the_time) {
    const auto disk = std::make_shared<simulated_disk>();
    telling_writer w(*disk, window, {});
    BOOST_REQUIRE(comes_true([&] { return w.writer.stats().segments_created >= 2; }));
    disk->set_capacity(1);
    while (w.writer.reserve(log_room::ordinary, 1)) {
        w.writer.release(log_room::ordinary, 1);
        w.put(true, 200);
    }
    BOOST_TEST(written_in_idleness(w) == 0U);
}

BOOST_AUTO_TEST_CASE(a_crash_ends_what_was_served_with_the_last_time_that_was_told) {
    const auto disk = std::make_shared<simulated_disk>();
    timestamp_ms last;
    {
        telling_writer w(*disk);
        w.put(true);
        BOOST_REQUIRE(comes_true([&] { return frames_of(*disk).size() > 4; }));
        last = frames_of(*disk).back().time;
    } // destroyed without a stop: as if killed
    disk->cut_power(false);
    const opened_log again(*disk, roomy());
    BOOST_TEST((again.report.last_time >= last));
    BOOST_TEST(again.report.records == 1U);
}

BOOST_AUTO_TEST_CASE(a_seal_before_the_first_batch_tells_no_time_after_the_outage) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk, roomy());
        store.now = at(base_ms - 1000);
        store.append({{1, 1}});
    }
    telling_writer w(*disk, window, roomy(), long_time);
    BOOST_REQUIRE(w.writer.seal().has_value());
    BOOST_TEST((frames_of(*disk, 1).back().type == frame_type::seal));
    BOOST_TEST((frames_of(*disk, 1).back().time == at(base_ms - 1000)));
    w.put(false); // the store's first record is that of the outage
    BOOST_REQUIRE(w.writer.seal().has_value());
    BOOST_TEST((frames_of(*disk, 2).back().time >= at(base_ms)));
}

BOOST_AUTO_TEST_CASE(when_it_was_served_comes_back_from_the_log) {
    const auto disk = std::make_shared<simulated_disk>();
    const outage first{at(base_ms - 9000), at(base_ms - 5000)}, second{at(base_ms - 4000), at(base_ms - 1000)};
    {
        small_store store(*disk);
        put_serving(store, first);
        store.append({{1, 1}});
        put_serving(store, second);
    }
    const opened_log again(*disk);
    BOOST_TEST_REQUIRE(again.report.outages.all().size() == 2U);
    BOOST_TEST((again.report.outages.all()[0] == first));
    BOOST_TEST((again.report.outages.all()[1] == second));
    BOOST_TEST((again.state == key_values{{1, 1}})); // the store is not shown them
    BOOST_TEST((again.report.last_time == at(base_ms)));
    BOOST_TEST(again.report.notes.size() <= 1U); // "no direct I/O", no "records of a newer format"
}

BOOST_AUTO_TEST_CASE(a_serving_record_in_the_future_is_a_floor_as_a_frame_is) {
    const auto disk = std::make_shared<simulated_disk>();
    {
        small_store store(*disk);
        put_serving(store, outage{at(base_ms), at(base_ms + 500'000'000)});
    }
    BOOST_TEST((opened_log(*disk).report.last_time == at(base_ms + 500'000'000)));
}

BOOST_AUTO_TEST_CASE(the_floor_is_taken_from_the_last_clock_that_was_set) {
    const auto disk = std::make_shared<simulated_disk>();
    const std::int64_t ahead = 864'000'000;
    {
        small_store store(*disk);
        store.append({{1, 1}});
        store.now = at(base_ms + ahead);
        store.append({{2, 2}});
        store.stop_cleanly(); // and the manifests say so, too
    }
    {
        small_store store(*disk);
        BOOST_TEST((store.log.report.last_time == at(base_ms + ahead)));
        store.now = at(base_ms + 1000);
        put_serving(store, clock_set{at(base_ms + 1000), at(base_ms + ahead)});
    } // killed before a manifest was written
    {
        small_store store(*disk);
        BOOST_TEST((store.log.report.last_time == at(base_ms + 1000)));
        store.now = at(base_ms + 5000);
        store.append({{3, 3}});
        store.make_spare();
        store.make_spare();
        BOOST_TEST(store.snapshot()); // from now on the manifests, too, and the log before may be absent
    }
    const opened_log again(*disk);
    BOOST_TEST((again.report.last_time == at(base_ms + 5000)));
    BOOST_TEST(again.report.snapshot_lsn > 0U);
}

BOOST_AUTO_TEST_CASE(records_that_make_no_sense_are_refused_and_newer_ones_passed_over) {
    for (const bool is_newer : {false, true}) {
        const auto disk = std::make_shared<simulated_disk>();
        {
            small_store store(*disk);
            const serving_bytes body{}; // of no kind
            const std::size_t size =
                encode_record(store.appender.payload(), static_cast<std::uint16_t>(record_type::serving),
                              is_newer ? serving_version + 1 : serving_version, body);
            BOOST_REQUIRE(!store.appender.append(frame_type::data, static_cast<std::uint32_t>(size), 1, store.now));
        }
        const std::optional<refused> refusal = refusal_on_open(*disk);
        BOOST_TEST(refusal.has_value() == !is_newer);
        BOOST_TEST((is_newer || refusal->kind() == storage::exit_code::corrupt));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(serving_record_codec)

namespace {

record_view view_of(std::span<const std::uint8_t> body, std::uint16_t version = serving_version) {
    record_view v;
    v.type = static_cast<std::uint16_t>(record_type::serving);
    v.version = version;
    v.body = body;
    return v;
}
serving_fault fault_of(std::span<const std::uint8_t> body, std::uint16_t version = serving_version) {
    serving_record out;
    return decode_serving(view_of(body, version), out);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_specification) {
    const serving_bytes body = encode_serving(outage{at(0x0102), at(0x0304)});
    BOOST_TEST((body == serving_bytes{1, 2, 1, 0, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0, 0}));
    const serving_bytes set = encode_serving(clock_set{at(1), at(2)});
    BOOST_TEST((set == serving_bytes{2, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(what_was_encoded_is_read_again) {
    for (const serving_record& r : {serving_record(outage{at(5), at(5)}), serving_record(outage{at(-5), at(base_ms)}),
                                    serving_record(clock_set{at(5), at(base_ms)})}) {
        serving_record read;
        const serving_bytes body = encode_serving(r);
        BOOST_TEST((decode_serving(view_of(body), read) == serving_fault::none));
        BOOST_TEST((read == r));
    }
}

BOOST_AUTO_TEST_CASE(anything_else_is_malformed_and_a_later_version_is_newer) {
    const serving_bytes good = encode_serving(outage{at(1), at(2)});
    BOOST_TEST((fault_of(std::span(good).first(good.size() - 1)) == serving_fault::malformed));
    std::vector<std::uint8_t> longer(good.begin(), good.end());
    longer.push_back(0);
    BOOST_TEST((fault_of(longer) == serving_fault::malformed));
    for (const int what : {0, 3, 255}) {
        serving_bytes other = good;
        other[0] = static_cast<std::uint8_t>(what);
        BOOST_TEST((fault_of(other) == serving_fault::malformed));
    }
    BOOST_TEST((fault_of(encode_serving(outage{at(3), at(2)})) == serving_fault::malformed)); // began before it stopped
    BOOST_TEST((fault_of(encode_serving(clock_set{at(3), at(3)})) == serving_fault::malformed)); // not set back
    BOOST_TEST((fault_of(encode_serving(outage{at(1), timestamp_ms::max()})) == serving_fault::malformed));
    BOOST_TEST((fault_of(good, 0) == serving_fault::malformed));
    BOOST_TEST((fault_of(good, serving_version + 1) == serving_fault::newer));
}

BOOST_AUTO_TEST_SUITE_END()
