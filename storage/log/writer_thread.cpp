// The writer's thread: batches, seals and the end of the log. What room there is: writer_room.cpp.
#include "storage/log/writer_state.hpp"

#include "core/family/served_time.hpp"

#include <boost/assert.hpp>

#include <pthread.h>

#include <algorithm>
#include <bit>

namespace pawl::storage {
namespace {

constexpr milliseconds commit_retry_min{10};
constexpr int times_told_a_window = 4;

std::size_t bucket_of(std::uint64_t value, std::size_t buckets) noexcept {
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(value)), buckets - 1);
}

} // namespace

void log_writer::state::run_writer() noexcept {
    ::pthread_setname_np(::pthread_self(), "pawl-log");
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
        } else if (time_is_due(now)) {
            tell_time(lock);
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
            stopped = true; // nothing was taken, nothing is owed
            return false;
        }
        lock.unlock();
        const std::error_code ec = supply.try_repair();
        tell_of_room(is_no_space(ec) ? ec : std::error_code{}, "the last segment cannot be written anew");
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
    if (stopping || seal_wanted || pending.bytes.size() >= frame_payload_max) {
        return true;
    }
    return (urgent && !gather.holds(pending.sizes.size(), now)) || now - lazy_since >= options.sync_interval;
}

bool log_writer::state::wakes_for_record(bool first, bool first_urgent) const noexcept {
    if (pending.bytes.size() >= frame_payload_max) {
        return true;
    }
    // The writer that sleeps looks for a deadline at the first record, and at the first urgent one; the one that holds
    // a batch back knows it.
    return holding ? pending.sizes.size() >= gather.target() : first || first_urgent;
}

bool log_writer::state::commit_is_due(steady::time_point now) const {
    // Where there is no ordinary room left, the tail is kept for what must be said: no COMMIT.
    return appender.at().last_type == frame_type::data && now - last_append >= options.commit_idle &&
           appender.capacity(segment_zone::ordinary).has_value() && ledger.has_room(log_room::ordinary);
}

bool log_writer::state::tells_time() const {
    return last_frame_time < window_open_until;
}

bool log_writer::state::time_is_due(steady::time_point now) const {
    // Not in the reserved tail; where this segment is full but for that, the next one is begun.
    return tells_time() && now - last_append >= options.window / times_told_a_window &&
           ledger.has_room(log_room::ordinary) &&
           (appender.capacity(segment_zone::ordinary) || supply.spares().usable() > 0);
}

// A SEAL tells the time as well as a COMMIT.
void log_writer::state::tell_time(std::unique_lock<std::mutex>& lock) {
    if (appender.capacity(segment_zone::ordinary)) {
        write_plain(lock, frame_type::commit);
    } else if (const std::optional<segment_header> next = supply.spares().take()) {
        roll(lock, *next);
    }
}

void log_writer::state::wait_for_work(std::unique_lock<std::mutex>& lock) {
    std::optional<steady::time_point> until;
    const auto not_later_than = [&](steady::time_point t) { until = until ? std::min(*until, t) : t; };
    const steady::time_point begun = steady::now();
    holding = (urgent || pending.empty()) && gather.holds(pending.sizes.size(), begun);
    if (holding) {
        not_later_than(gather.until());
    }
    if (!pending.empty()) {
        not_later_than(lazy_since + options.sync_interval);
    }
    if (appender.at().last_type == frame_type::data) {
        const steady::time_point due = last_append + options.commit_idle;
        // Past due and not written: there is no room just now.
        not_later_than(due > begun ? due : begun + std::max(options.commit_idle, commit_retry_min));
    }
    if (tells_time()) {
        const steady::time_point due = last_append + options.window / times_told_a_window;
        not_later_than(due > begun ? due : begun + std::max(options.commit_idle, commit_retry_min));
    }
    if (until) {
        work.wait_until(lock, *until);
    } else {
        work.wait(lock);
    }
    holding = false;
}

// Takes all that is pending and writes it, a batch at a time.
void log_writer::state::write_queue(std::unique_lock<std::mutex>& lock) {
    std::swap(pending, draining);
    urgent = false;
    cursor = byte_cursor = 0;
    while (going() && cursor < draining.sizes.size()) {
        segment_zone zone = segment_zone::ordinary;
        if (make_room(lock, draining.group_size(cursor), zone)) {
            write_batch(lock, zone);
        }
    }
    if (going()) {
        gather.written(draining.sizes.size(), pending.sizes.size(), last_append,
                       std::chrono::nanoseconds(appender.last_sync_ns()));
        draining.clear();
    }
}

// True where a group of `first_size` bytes fits now, in `zone`. May go on to the next segment, or wait for one.
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
        if (const std::optional<segment_header> next = supply.spares().take()) {
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
    while (end < draining.sizes.size()) {
        const std::uint32_t group = draining.group_size(end);
        if (group > capacity - bytes) {
            break; // as a whole into the next frame
        }
        bytes += group;
        end = draining.group_end(end);
    }
    const auto records = static_cast<std::uint32_t>(end - cursor);
    BOOST_ASSERT(records > 0);
    lock.unlock();
    if (options.before_write) {
        options.before_write();
    }
    std::copy_n(draining.bytes.data() + byte_cursor, bytes, appender.payload());
    const durable_batch batch{appender.at().next.lsn, records, cb.now(),
                              std::span(draining.bytes).subspan(byte_cursor, bytes)};
    supply.throttle().begin();
    const std::error_code ec = appender.append(frame_type::data, bytes, records, batch.time);
    supply.throttle().end();
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot be written", ec);
        return;
    }
    record_sync(records);
    ledger.written(bytes, records);
    appender_moved();
    const std::span<const record_tag> tags{draining.tags.data() + cursor, records};
    batch_written = true;
    last_frame_time = batch.time;
    if (options.window > milliseconds(0) &&
        std::ranges::any_of(tags, [](const record_tag& tag) { return tag.opens_window; })) {
        window_open_until = batch.time + options.window + window_slack;
    }
    drained_sequence += records;
    cursor = end;
    byte_cursor += bytes;
    durable.store(drained_sequence, std::memory_order_release);
    lock.unlock();
    if (cb.on_batch) {
        cb.on_batch(batch);
    }
    cb.on_durable(tags, drained_sequence);
    lock.lock();
}

// A frame without records.
bool log_writer::state::write_plain(std::unique_lock<std::mutex>& lock, frame_type type) {
    lock.unlock();
    const timestamp_ms time = cb.now();
    const std::error_code ec = appender.append(type, 0, 0, time);
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot be written", ec);
        return false;
    }
    last_frame_time = time;
    record_sync(0);
    appender_moved();
    return true;
}

bool log_writer::state::roll(std::unique_lock<std::mutex>& lock, const segment_header& next) {
    lock.unlock();
    // Before the first batch, which tells of the outage, a SEAL tells no time after it: a cut between the two would
    // make the outage time served.
    const timestamp_ms time = batch_written ? cb.now() : std::min(cb.now(), supply.last_time());
    const std::error_code ec = appender.roll(next, time);
    lock.lock();
    if (ec) {
        fail(lock, "the log cannot go on in its next segment", ec);
        return false;
    }
    last_frame_time = time;
    record_sync(0);
    appender_moved();
    maintenance.notify_all();
    return true;
}

void log_writer::state::record_sync(std::uint64_t records) {
    last_append = steady::now();
    const std::uint64_t bytes = appender.bytes_written() - numbers.bytes;
    numbers.bytes += bytes;
    supply.count_log_bytes(bytes);
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
        if (const std::optional<segment_header> next = supply.spares().take()) {
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
        sealed_at = appender.at().next;
        supply.note_seal(sealed_at->lsn);
    }
    seal_wanted = false;
    ++seals_answered;
    changed.notify_all();
}

void log_writer::state::finish_cleanly(std::unique_lock<std::mutex>& lock) {
    // A stop with nothing written since the last one leaves the disk alone.
    if (appender.at().last_type == frame_type::clean) {
        stopped = true;
        return;
    }
    if (!write_plain(lock, frame_type::clean)) {
        return;
    }
    const std::uint64_t clean_seq = appender.at().next.batch_seq - 1;
    const timestamp_ms now = cb.now();
    lock.unlock();
    supply.note_clean_stop(clean_seq, now);
    lock.lock();
    stopped = true;
}

void log_writer::state::fail(std::unique_lock<std::mutex>& lock, const std::string& what, const std::error_code& ec) {
    if (failed.exchange(true)) {
        return;
    }
    changed.notify_all();
    maintenance.notify_all();
    lock.unlock();
    if (cb.on_failed) {
        cb.on_failed(what + ": " + supply.files().path() + "/" + segment_name(appender.at().segment.segno) + ": " +
                     ec.message());
    }
    lock.lock();
}

} // namespace pawl::storage
