// What the writer's callers and its two threads share. Internal to log_writer.
#pragma once

#include "storage/log/commit_delay.hpp"
#include "storage/log/log_writer.hpp"
#include "storage/log/segment_supply.hpp"
#include "storage/log/space_reservation.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pawl::storage {

// Records in the order of their sequence numbers, encoded. Memory is kept from one use to the next.
struct record_queue {
    static constexpr std::size_t bytes_at_start = 1U << 20U, records_at_start = 8192;

    std::vector<std::uint8_t> bytes;
    std::vector<std::uint32_t> sizes;
    std::vector<record_tag> tags;

    void prepare() {
        bytes.reserve(bytes_at_start);
        sizes.reserve(records_at_start);
        tags.reserve(records_at_start);
    }
    void clear() noexcept {
        bytes.clear();
        sizes.clear();
        tags.clear();
    }
    bool empty() const noexcept { return sizes.empty(); }
    // Bytes that it takes, with its header.
    std::uint32_t add(const new_record& r) {
        BOOST_ASSERT(r.body.size() <= record_body_size_max);
        const std::size_t at = bytes.size();
        const std::size_t size = record_header_size + r.body.size();
        bytes.resize(at + size);
        encode_record(bytes.data() + at, static_cast<std::uint16_t>(r.type), r.version, r.body);
        sizes.push_back(static_cast<std::uint32_t>(size));
        tags.push_back(r.tag);
        return static_cast<std::uint32_t>(size);
    }
    // Of the group that begins at this record: the place behind its last one, and its bytes.
    std::size_t group_end(std::size_t at) const noexcept {
        while (tags[at].with_next) {
            ++at;
        }
        return at + 1;
    }
    std::uint32_t group_size(std::size_t at) const noexcept {
        std::uint32_t sum = 0;
        for (const std::size_t end = group_end(at); at < end; ++at) {
            sum += sizes[at];
        }
        return sum;
    }
};

struct log_writer::state {
    using steady = std::chrono::steady_clock;

    state(segment_supply& from, const log_writer_options& o, callbacks c)
        : supply(from), options(o), cb(std::move(c)),
          appender(supply.files(), supply.keys(), supply.uuid(), supply.begin()),
          gather(o.gather_max, o.gather_syncs_max), ledger(supply.wal_pad(), usual_capacity(), o.queue_records_max) {
        unrepaired = supply.is_torn();
        pending.prepare();
        draining.prepare();
    }

    // Threads.
    void run_writer() noexcept;
    void run_maintenance() noexcept;
    // Before the threads: what the log goes on in once the current segment is full.
    void make_first_spares();
    std::uint64_t next_segment_size() const;
    void spare_was_made(const std::error_code& ec);
    // Steps of the writer; `lock` is held when they are called and when they return.
    bool repair_first(std::unique_lock<std::mutex>& lock);
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    bool batch_is_due(steady::time_point now) const;
    bool commit_is_due(steady::time_point now) const;
    // The same while a window is open: so that the time is told.
    bool tells_time() const;
    bool time_is_due(steady::time_point now) const;
    void tell_time(std::unique_lock<std::mutex>& lock);
    // Whether the writer must be woken for a record just queued: the first one, or the first urgent one.
    bool wakes_for_record(bool first, bool first_urgent) const noexcept;
    void write_queue(std::unique_lock<std::mutex>& lock);
    bool make_room(std::unique_lock<std::mutex>& lock, std::uint32_t first_size, segment_zone& zone);
    void write_batch(std::unique_lock<std::mutex>& lock, segment_zone zone);
    bool write_plain(std::unique_lock<std::mutex>& lock, frame_type type);
    bool roll(std::unique_lock<std::mutex>& lock, const segment_header& next);
    void answer_seal(std::unique_lock<std::mutex>& lock);
    void finish_cleanly(std::unique_lock<std::mutex>& lock);
    // After a try to get room: tells where it changed whether there is any.
    void tell_of_room(const std::error_code& ec, const char* what);
    void fail(std::unique_lock<std::mutex>& lock, const std::string& what, const std::error_code& ec);

    static std::uint64_t capacity_of(const segment_header& h) noexcept {
        return zone_end(h, segment_zone::ordinary) - h.first_frame();
    }
    std::uint64_t usual_capacity() const {
        segment_header h;
        h.file_size = supply.segment_size();
        h.wal_pad = supply.wal_pad();
        return capacity_of(h);
    }
    void appender_moved();
    void refresh_room();
    void record_sync(std::uint64_t records);
    bool going() const noexcept { return !abandoned && !failed.load(std::memory_order_relaxed); }

    segment_supply& supply;
    const log_writer_options options;
    const callbacks cb;
    log_appender appender; // of the writer's thread

    mutable std::mutex mutex;
    std::condition_variable work, changed, maintenance; // writer sleeps; others wait for it; maintenance sleeps
    commit_delay gather;
    bool holding = false; // the writer waits for more records than there are, or for gather.until()
    space_reservation ledger;
    record_queue pending;                                  // filled by enqueue
    record_queue draining;                                 // of the writer's thread
    std::size_t cursor = 0, byte_cursor = 0;               // in draining
    std::uint64_t next_sequence = 1, drained_sequence = 0; // drained: the last one written
    bool urgent = false;                                   // a record that wants a batch at once is pending
    steady::time_point lazy_since{}, last_append{};
    timestamp_ms last_frame_time{}, window_open_until{}; // service time: of the last frame; of the last window
    bool batch_written = false;                          // by this process
    bool stopping = false, abandoned = false, finished = false, stopped = false;
    bool seal_wanted = false;
    std::uint64_t seal_after = 0;
    std::optional<log_start> sealed_at;
    std::uint64_t seals_answered = 0;
    std::uint64_t room_ordinary = 0, room_tail = 0; // of the current segment
    bool spare_failed = false;                      // the last attempt to make one
    bool told_of_no_room = false;
    bool unrepaired = false; // the last segment is not written anew yet (supply.try_repair(), which the writer calls)
    steady::time_point retry_at{};

    std::atomic<bool> failed{false};
    std::atomic<std::uint64_t> durable{0};
    log_stats numbers; // under mutex
    std::thread writer, keeper;
    std::mutex seal_mutex; // one seal() at a time
};

} // namespace pawl::storage
