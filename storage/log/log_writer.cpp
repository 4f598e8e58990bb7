#include "storage/log/log_writer.hpp"

#include "storage/log/writer_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl::storage {
namespace {

constexpr milliseconds stop_limit_max{24 * 3600 * 1000}; // longer ones would overflow the clock

constexpr char sentence_failed[] = "storage has failed; the process must be restarted";
constexpr char sentence_stopping[] = "the server is stopping";
constexpr char sentence_full[] = "the disk is full: no room for the next log segment";
constexpr char sentence_repair[] = "the disk is full: no room to write the last log segment anew";
constexpr char sentence_making_room[] = "the next log segment is being made";

} // namespace

log_writer::log_writer(segment_supply& supply, const log_writer_options& options, callbacks cb) {
    state_ = std::make_unique<state>(supply, options, std::move(cb));
    const std::lock_guard lock(state_->mutex);
    state_->appender_moved();
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
    state_->make_first_spares();
    state_->writer = std::thread([s = state_.get()] { s->run_writer(); });
    state_->keeper = std::thread([s = state_.get()] { s->run_maintenance(); });
}

bool log_writer::stop(milliseconds limit) {
    state& s = *state_;
    std::unique_lock lock(s.mutex);
    s.stopping = true;
    s.work.notify_all();
    if (!s.writer.joinable() || !s.changed.wait_until(lock, state::steady::now() + std::min(limit, stop_limit_max),
                                                      [&] { return s.finished; })) {
        return false;
    }
    const bool stopped = s.stopped;
    lock.unlock();
    s.writer.join();
    s.keeper.join();
    return stopped;
}

bool log_writer::reserve(log_room room, std::uint32_t records) noexcept {
    const std::lock_guard lock(state_->mutex);
    return !state_->stopping && state_->going() && state_->ledger.reserve(room, records);
}

void log_writer::release(log_room room, std::uint32_t records) noexcept {
    const std::lock_guard lock(state_->mutex);
    state_->ledger.release(room, records);
}

std::uint64_t log_writer::enqueue_group(log_room room, log_urgency urgency,
                                        std::span<const new_record> group) noexcept {
    BOOST_ASSERT(!group.empty() && group.size() <= group_records_max);
    state& s = *state_;
    std::uint64_t sequence = 0;
    bool wake = false;
    {
        const std::lock_guard lock(s.mutex);
        const bool first = s.pending.empty();
        for (const new_record& r : group) {
            s.ledger.enqueued(room, s.pending.add(r));
            s.pending.tags.back().with_next = &r != &group.back();
        }
        BOOST_ASSERT(s.pending.group_size(s.pending.sizes.size() - group.size()) <= group_size_max);
        s.next_sequence += group.size();
        sequence = s.next_sequence - 1;
        if (first) {
            s.lazy_since = state::steady::now();
        }
        wake = s.wakes_for_record(first, urgency == log_urgency::now && !s.urgent);
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
    if (s.ledger.has_room(log_room::ordinary)) {
        return nullptr;
    }
    return s.spare_failed ? sentence_full : sentence_making_room;
}

std::optional<log_start> log_writer::seal() {
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
    out.sealed_bytes_since_snapshot = s.supply.log_bytes_since_snapshot();
    return out;
}

} // namespace pawl::storage
