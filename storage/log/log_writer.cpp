#include "storage/log/log_writer.hpp"

#include "storage/log/directory_state.hpp"
#include "storage/log/room_ledger.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::storage {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t queue_bytes_at_start = 1U << 20U;
constexpr std::size_t queue_records_at_start = 8192;

constexpr char sentence_failed[] = "storage has failed; the process must be restarted";
constexpr char sentence_stopping[] = "the server is stopping";
constexpr char sentence_full[] = "the disk is full: no room for the next log segment";
constexpr char sentence_repair[] = "the disk is full: no room to write the last log segment anew";

// Records in the order of their sequence numbers, encoded. Memory is kept from one use to the next.
struct record_queue {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint32_t> sizes;
    std::vector<record_tag> tags;

    void prepare() {
        bytes.reserve(queue_bytes_at_start);
        sizes.reserve(queue_records_at_start);
        tags.reserve(queue_records_at_start);
    }
    void clear() noexcept {
        bytes.clear();
        sizes.clear();
        tags.clear();
    }
    bool empty() const noexcept { return sizes.empty(); }
};

std::size_t bucket_of(std::uint64_t value, std::size_t buckets) noexcept {
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(value)), buckets - 1);
}

} // namespace

struct log_writer::state {
    state(log_directory& d, const log_writer_options& o, callbacks c)
        : directory(d.internals()), options(o), cb(std::move(c)),
          appender(*directory.files, directory.keys, directory.uuid, *directory.at),
          ledger(directory.options.wal_pad, spare_capacity(), o.queue_records_max) {
        unrepaired = directory.repair.has_value();
        pending.prepare();
        draining.prepare();
    }

    // Threads.
    void run_writer() noexcept;
    void run_maintenance() noexcept;
    // Steps of the writer; `lock` is held when they are called and when they return.
    bool repair_first(std::unique_lock<std::mutex>& lock);
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    bool batch_is_due(steady::time_point now) const;
    bool commit_is_due(steady::time_point now) const;
    void write_queue(std::unique_lock<std::mutex>& lock);
    bool make_room(std::unique_lock<std::mutex>& lock, std::uint32_t first_size, segment_zone& zone);
    void write_batch(std::unique_lock<std::mutex>& lock, segment_zone zone);
    bool write_plain(std::unique_lock<std::mutex>& lock, frame_type type);
    bool roll(std::unique_lock<std::mutex>& lock, const segment_header& next);
    void answer_seal(std::unique_lock<std::mutex>& lock);
    void finish_cleanly(std::unique_lock<std::mutex>& lock);
    void fail(std::unique_lock<std::mutex>& lock, const std::string& what, const std::error_code& ec);

    std::uint64_t spare_capacity() const {
        const segment_header h = directory.new_segment_header(0, directory.options.segment_size);
        return zone_end(h, segment_zone::ordinary) - h.first_frame();
    }
    void refresh_room();
    void record_sync(std::uint64_t records);
    bool going() const noexcept { return !abandoned && !failed.load(std::memory_order_relaxed); }

    log_directory::state& directory;
    const log_writer_options options;
    const callbacks cb;
    log_appender appender; // of the writer's thread

    mutable std::mutex mutex;
    std::condition_variable work, changed, maintenance; // writer sleeps; others wait for it; maintenance sleeps
    room_ledger ledger;
    record_queue pending;                                  // filled by enqueue
    record_queue draining;                                 // of the writer's thread
    std::size_t cursor = 0, byte_cursor = 0;               // in draining
    std::uint64_t next_sequence = 1, drained_sequence = 0; // drained: the last one written
    bool urgent = false;                                   // a record that wants a batch at once is pending
    steady::time_point lazy_since{}, last_append{};
    bool stopping = false, abandoned = false, finished = false, clean = false;
    bool seal_wanted = false;
    std::uint64_t seal_after = 0;
    std::optional<log_position> sealed_at;
    std::uint64_t seals_answered = 0;
    bool spare_failed = false; // the last attempt to make one
    bool unrepaired = false;   // the last segment is not written anew yet (directory.repair, which the writer works on)
    steady::time_point retry_at{};

    std::atomic<bool> failed{false};
    std::atomic<std::uint64_t> durable{0};
    log_stats numbers; // under mutex
    std::thread writer, keeper;
    std::mutex seal_mutex; // one seal() at a time
};

// --- Room.

void log_writer::state::refresh_room() {
    const append_point& at = appender.at();
    const std::uint64_t ordinary_end = zone_end(at.segment, segment_zone::ordinary);
    const std::uint64_t ending_end = zone_end(at.segment, segment_zone::ending);
    const std::uint64_t ordinary = ordinary_end - std::min(ordinary_end, at.offset);
    ledger.set_room(ordinary, ending_end - std::min(ending_end, at.offset) - ordinary, directory.shelf->usable());
    // Without a spare a torn segment could not be written anew after a crash (R3).
    ledger.set_closed(unrepaired || (spare_failed && directory.shelf->count() == 0), unrepaired);
}

// Makes spares ahead, and looks for room again while there is none.
void log_writer::state::run_maintenance() noexcept {
    std::unique_lock lock(mutex);
    while (!abandoned && !finished && going()) {
        if (unrepaired || directory.shelf->count() >= spare_shelf::wanted) {
            maintenance.wait(lock);
            continue;
        }
        if (spare_failed && steady::now() < retry_at) {
            maintenance.wait_until(lock, retry_at);
            continue;
        }
        lock.unlock();
        const std::error_code ec = directory.shelf->make_one();
        lock.lock();
        spare_failed = static_cast<bool>(ec);
        retry_at = steady::now() + options.room_retry;
        if (!ec) {
            ++numbers.segments_created;
        }
        refresh_room();
        work.notify_all();
        changed.notify_all();
    }
}

// --- The writer's thread.

void log_writer::state::run_writer() noexcept {
    std::unique_lock lock(mutex);
    last_append = steady::now();
    if (!repair_first(lock)) {
        finished = true;
        changed.notify_all();
        maintenance.notify_all();
        return;
    }
    if (const std::error_code ec = appender.open()) {
        fail(lock, "the log segment cannot be opened", ec);
    }
    while (going()) {
        const steady::time_point now = steady::now();
        if (batch_is_due(now)) {
            write_queue(lock);
        } else if (seal_wanted) {
            answer_seal(lock);
        } else if (stopping) {
            finish_cleanly(lock);
            break;
        } else if (commit_is_due(now)) {
            write_plain(lock, frame_type::commit);
        } else {
            wait_for_work(lock);
        }
    }
    finished = true;
    changed.notify_all();
    maintenance.notify_all();
}

// True once the log may be written to.
bool log_writer::state::repair_first(std::unique_lock<std::mutex>& lock) {
    while (unrepaired) {
        if (abandoned || stopping) {
            return false;
        }
        lock.unlock();
        const std::error_code ec = directory.try_repair();
        lock.lock();
        unrepaired = static_cast<bool>(ec);
        if (ec && !is_no_space(ec)) {
            fail(lock, "the last log segment cannot be written anew", ec);
            return false;
        }
        if (unrepaired) {
            work.wait_for(lock, options.room_retry);
        }
    }
    refresh_room();
    maintenance.notify_all();
    return true;
}

bool log_writer::state::batch_is_due(steady::time_point now) const {
    if (pending.empty()) {
        return false;
    }
    return urgent || stopping || seal_wanted || pending.bytes.size() >= frame_payload_max ||
           now - lazy_since >= options.sync_interval;
}

bool log_writer::state::commit_is_due(steady::time_point now) const {
    // Where there is no ordinary room left, the tail is kept for what must be said: no COMMIT.
    return appender.at().last_type == frame_type::data && now - last_append >= options.commit_idle &&
           appender.capacity(segment_zone::ordinary).has_value() && ledger.has_room(log_room::ordinary);
}

void log_writer::state::wait_for_work(std::unique_lock<std::mutex>& lock) {
    std::optional<steady::time_point> until;
    const auto not_later_than = [&](steady::time_point t) { until = until ? std::min(*until, t) : t; };
    if (!pending.empty()) {
        not_later_than(lazy_since + options.sync_interval);
    }
    if (appender.at().last_type == frame_type::data) {
        const steady::time_point due = last_append + options.commit_idle;
        // Past due and not written: there is no room; a new spare will wake us.
        if (due > steady::now()) {
            not_later_than(due);
        }
    }
    if (until) {
        work.wait_until(lock, *until);
    } else {
        work.wait(lock);
    }
}

// Takes all that is pending and writes it, a batch at a time.
void log_writer::state::write_queue(std::unique_lock<std::mutex>& lock) {
    std::swap(pending, draining);
    urgent = false;
    cursor = byte_cursor = 0;
    while (going() && cursor < draining.sizes.size()) {
        segment_zone zone = segment_zone::ordinary;
        if (make_room(lock, draining.sizes[cursor], zone)) {
            write_batch(lock, zone);
        }
    }
    if (going()) {
        draining.clear();
    }
}

// True where a record of `first_size` fits now, in `zone`. May go on to the next segment, or wait for one.
bool log_writer::state::make_room(std::unique_lock<std::mutex>& lock, std::uint32_t first_size, segment_zone& zone) {
    const auto fits = [&](segment_zone z) {
        const std::optional<std::uint32_t> capacity = appender.capacity(z);
        return capacity && *capacity >= first_size;
    };
    for (;;) {
        zone = segment_zone::ordinary;
        if (fits(zone)) {
            return true;
        }
        if (const std::optional<segment_header> next = directory.shelf->take()) {
            if (!roll(lock, *next)) {
                return false;
            }
            continue;
        }
        zone = segment_zone::ending;
        if (spare_failed && fits(zone)) {
            return true;
        }
        maintenance.notify_all();
        changed.notify_all();
        work.wait_for(lock, options.room_retry);
        if (!going()) {
            return false;
        }
    }
}

void log_writer::state::write_batch(std::unique_lock<std::mutex>& lock, segment_zone zone) {
    const std::uint32_t capacity = *appender.capacity(zone);
    std::uint32_t bytes = 0;
    std::size_t end = cursor;
    while (end < draining.sizes.size() && draining.sizes[end] <= capacity - bytes) {
        bytes += draining.sizes[end];
        ++end;
    }
    const auto records = static_cast<std::uint32_t>(end - cursor);
    BOOST_ASSERT(records > 0);
    lock.unlock();
    std::copy_n(draining.bytes.data() + byte_cursor, bytes, appender.payload());
    const std::error_code ec = appender.append(frame_type::data, bytes, records, cb.now());
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot be written", ec);
        return;
    }
    record_sync(records);
    ledger.written(bytes, records);
    refresh_room();
    const std::span<const record_tag> tags{draining.tags.data() + cursor, records};
    drained_sequence += records;
    cursor = end;
    byte_cursor += bytes;
    durable.store(drained_sequence, std::memory_order_release);
    lock.unlock();
    cb.on_durable(tags, drained_sequence);
    lock.lock();
}

// A frame without records.
bool log_writer::state::write_plain(std::unique_lock<std::mutex>& lock, frame_type type) {
    lock.unlock();
    const std::error_code ec = appender.append(type, 0, 0, cb.now());
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot be written", ec);
        return false;
    }
    record_sync(0);
    refresh_room();
    return true;
}

bool log_writer::state::roll(std::unique_lock<std::mutex>& lock, const segment_header& next) {
    lock.unlock();
    const std::error_code ec = appender.roll(next, cb.now());
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot go on in its next segment", ec);
        return false;
    }
    record_sync(0);
    refresh_room();
    maintenance.notify_all();
    return true;
}

void log_writer::state::record_sync(std::uint64_t records) {
    last_append = steady::now();
    const std::uint64_t bytes = appender.bytes_written() - numbers.bytes;
    numbers.bytes += bytes;
    directory.count_log_bytes(bytes);
    const std::uint64_t ns = appender.last_sync_ns();
    ++numbers.syncs;
    numbers.sync_ns_total += ns;
    numbers.sync_ns_max = std::max(numbers.sync_ns_max, ns);
    ++numbers.sync_histogram[bucket_of(ns / 16000, numbers.sync_histogram.size())];
    if (records > 0) {
        ++numbers.batches;
        numbers.records += records;
        ++numbers.batch_histogram[bucket_of(records, numbers.batch_histogram.size())];
    }
}

void log_writer::state::answer_seal(std::unique_lock<std::mutex>& lock) {
    // Everything that was queued when seal() was called is durable: the queue was drained before this.
    BOOST_ASSERT(drained_sequence >= seal_after);
    sealed_at.reset();
    bool ok = appender.segment_is_empty();
    while (!ok && going()) {
        if (const std::optional<segment_header> next = directory.shelf->take()) {
            ok = roll(lock, *next);
            break;
        }
        if (spare_failed || stopping) {
            break;
        }
        maintenance.notify_all();
        work.wait_for(lock, options.room_retry);
    }
    if (ok) {
        const log_start& next = appender.at().next;
        sealed_at = log_position{next.lsn, next.segno, next.batch_seq, next.chain};
        directory.note_seal(next.lsn);
    }
    seal_wanted = false;
    ++seals_answered;
    changed.notify_all();
}

void log_writer::state::finish_cleanly(std::unique_lock<std::mutex>& lock) {
    // A stop with nothing written since the last one leaves the disk alone.
    if (appender.at().last_type == frame_type::clean) {
        clean = true;
        return;
    }
    if (!write_plain(lock, frame_type::clean)) {
        return;
    }
    const std::uint64_t clean_seq = appender.at().next.batch_seq - 1;
    const timestamp_ms now = cb.now();
    lock.unlock();
    std::error_code ec;
    {
        const std::lock_guard manifest_lock(directory.manifest_mutex);
        manifest next = directory.current;
        next.floor_batch_seq = clean_seq;
        next.time = std::max(next.time, now);
        ec = directory.publish(next);
    }
    lock.lock();
    // The log is whole either way: without the floor the next start just trusts the page cache less.
    clean = !ec;
}

void log_writer::state::fail(std::unique_lock<std::mutex>& lock, const std::string& what, const std::error_code& ec) {
    if (failed.exchange(true)) {
        return;
    }
    changed.notify_all();
    maintenance.notify_all();
    lock.unlock();
    if (cb.on_failed) {
        cb.on_failed(what + ": " + directory.files->path() + "/" + segment_name(appender.at().segment.segno) + ": " +
                     ec.message());
    }
    lock.lock();
}

// --- Public.

log_writer::log_writer(log_directory& directory, const log_writer_options& options, callbacks cb) {
    BOOST_ASSERT(directory.internals().recovered && directory.internals().at);
    state_ = std::make_unique<state>(directory, options, std::move(cb));
    const std::lock_guard lock(state_->mutex);
    state_->refresh_room();
}

log_writer::~log_writer() {
    state& s = *state_;
    {
        const std::lock_guard lock(s.mutex);
        s.abandoned = true;
        s.work.notify_all();
        s.maintenance.notify_all();
        s.changed.notify_all();
    }
    for (std::thread* const t : {&s.writer, &s.keeper}) {
        if (t->joinable()) {
            t->join();
        }
    }
}

void log_writer::start() {
    BOOST_ASSERT(!state_->writer.joinable());
    state_->writer = std::thread([s = state_.get()] { s->run_writer(); });
    state_->keeper = std::thread([s = state_.get()] { s->run_maintenance(); });
}

bool log_writer::stop(milliseconds limit) {
    state& s = *state_;
    std::unique_lock lock(s.mutex);
    s.stopping = true;
    s.work.notify_all();
    if (!s.writer.joinable() || !s.changed.wait_until(lock, steady::now() + limit, [&] { return s.finished; })) {
        return false;
    }
    const bool clean = s.clean;
    lock.unlock();
    s.writer.join();
    s.keeper.join();
    return clean;
}

bool log_writer::reserve(log_room room, std::uint32_t records) noexcept {
    const std::lock_guard lock(state_->mutex);
    return !state_->stopping && state_->going() && state_->ledger.reserve(room, records);
}

void log_writer::release(log_room room, std::uint32_t records) noexcept {
    const std::lock_guard lock(state_->mutex);
    state_->ledger.release(room, records);
}

std::uint64_t log_writer::enqueue(log_room room, log_urgency urgency, record_type type, std::uint16_t version,
                                  std::span<const std::uint8_t> body, const record_tag& tag) noexcept {
    BOOST_ASSERT(body.size() <= record_body_size_max);
    state& s = *state_;
    const std::size_t size = record_header_size + body.size();
    std::uint64_t sequence = 0;
    bool wake = false;
    {
        const std::lock_guard lock(s.mutex);
        s.ledger.enqueued(room, size);
        const bool first = s.pending.empty();
        const std::size_t at = s.pending.bytes.size();
        s.pending.bytes.resize(at + size);
        encode_record(s.pending.bytes.data() + at, static_cast<std::uint16_t>(type), version, body);
        s.pending.sizes.push_back(static_cast<std::uint32_t>(size));
        s.pending.tags.push_back(tag);
        sequence = s.next_sequence++;
        if (first) {
            s.lazy_since = steady::now();
        }
        // The writer wakes for the first record (to note its deadline) and for the first urgent one.
        wake = first || (urgency == log_urgency::now && !s.urgent) || at + size >= frame_payload_max;
        s.urgent = s.urgent || urgency == log_urgency::now;
    }
    if (wake) {
        s.work.notify_all();
    }
    return sequence;
}

std::uint64_t log_writer::durable_through() const noexcept {
    return state_->durable.load(std::memory_order_acquire);
}

bool log_writer::failed() const noexcept {
    return state_->failed.load(std::memory_order_acquire);
}

const char* log_writer::why_not_ready() const noexcept {
    const state& s = *state_;
    const std::lock_guard lock(s.mutex);
    if (s.failed.load(std::memory_order_relaxed)) {
        return sentence_failed;
    }
    if (s.stopping || s.abandoned) {
        return sentence_stopping;
    }
    if (s.unrepaired) {
        return sentence_repair;
    }
    return s.spare_failed && !s.ledger.has_room(log_room::ordinary) ? sentence_full : nullptr;
}

std::optional<log_position> log_writer::seal() {
    state& s = *state_;
    const std::lock_guard one(s.seal_mutex);
    std::unique_lock lock(s.mutex);
    if (!s.going() || s.finished || !s.writer.joinable()) {
        return std::nullopt;
    }
    const std::uint64_t answered = s.seals_answered;
    s.seal_after = s.next_sequence - 1;
    s.seal_wanted = true;
    s.work.notify_all();
    s.changed.wait(lock, [&] { return s.seals_answered != answered || !s.going() || s.finished; });
    return s.seals_answered != answered && s.going() ? s.sealed_at : std::nullopt;
}

log_stats log_writer::stats() const noexcept {
    state& s = *state_;
    const std::lock_guard lock(s.mutex);
    log_stats out = s.numbers;
    out.queue_records = s.ledger.queued_records();
    out.sealed_bytes_since_snapshot = s.directory.log_bytes_since_snapshot();
    return out;
}

} // namespace pawl::storage
