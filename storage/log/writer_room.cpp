// What room the log has, and the thread that keeps segments ahead of the writer.
#include "storage/log/writer_state.hpp"

#include <pthread.h>

#include <algorithm>

namespace pawl::storage {

// After the appender has moved: on the writer's thread, for only that may look at the appender.
void log_writer::state::appender_moved() {
    const append_point& at = appender.at();
    const std::uint64_t ordinary_end = zone_end(at.segment, segment_zone::ordinary);
    const std::uint64_t ending_end = zone_end(at.segment, segment_zone::ending);
    room_ordinary = ordinary_end - std::min(ordinary_end, at.offset);
    room_tail = ending_end - std::min(ending_end, at.offset) - room_ordinary;
    refresh_room();
}

void log_writer::state::refresh_room() {
    ledger.set_room(room_ordinary, room_tail, supply.spares().usable(), supply.spares().sum_usable(&capacity_of));
    // Without a spare a torn segment could not be written anew after a crash (R3).
    ledger.set_closed(unrepaired || (spare_failed && supply.spares().count() == 0), unrepaired);
}

// The usual size, or less on a small disk: a quarter of what is free at most.
std::uint64_t log_writer::state::next_segment_size() const {
    constexpr std::uint64_t share = 4;
    const std::uint64_t free = supply.files().free_bytes();
    std::uint64_t size = supply.segment_size();
    while (size / 2 >= supply.first_segment_size() && size / 2 % supply.wal_pad() == 0 && size > free / share) {
        size /= 2;
    }
    return size;
}

void log_writer::state::spare_was_made(const std::error_code& ec) {
    spare_failed = static_cast<bool>(ec);
    retry_at = steady::now() + options.room_retry;
    if (!ec) {
        ++numbers.segments_created;
    }
    refresh_room();
}

// A store that is ready can go on in another segment. A new one has no spare yet, and what is made here is as small as
// its first segment, so that the start stays quick. Where there is no room the store starts all the same, and the
// maintenance thread looks for some (R6).
void log_writer::state::make_first_spares() {
    const std::lock_guard lock(mutex);
    const std::uint64_t size = appender.at().segment.file_size; // the one for repair must be able to stand in for it
    while (!unrepaired && !spare_failed && supply.spares().usable() == 0) {
        spare_was_made(supply.spares().make_one(size));
    }
}

// Makes spares ahead, and looks for room again while there is none.
void log_writer::state::run_maintenance() noexcept {
    ::pthread_setname_np(::pthread_self(), "pawl-spares");
    std::uint64_t size = next_segment_size();
    std::unique_lock lock(mutex);
    while (!abandoned && !finished && going()) {
        if (unrepaired || supply.spares().has_enough(size)) {
            maintenance.wait(lock);
            continue;
        }
        if (spare_failed && steady::now() < retry_at) {
            maintenance.wait_until(lock, retry_at);
            continue;
        }
        lock.unlock();
        size = next_segment_size();
        const std::error_code ec = supply.spares().make_one(size);
        tell_of_room(ec, "no next segment can be made");
        lock.lock();
        spare_was_made(ec);
        work.notify_all();
        changed.notify_all();
    }
}

// The two threads that ask for room don't do it at once: spares are made only once nothing is left to repair.
void log_writer::state::tell_of_room(const std::error_code& ec, const char* what) {
    const bool none = static_cast<bool>(ec);
    if (none != told_of_no_room && cb.on_room) {
        cb.on_room(none ? supply.files().path() + ": " + what + ": " + ec.message() : std::string());
    }
    told_of_no_room = none;
}

} // namespace pawl::storage
