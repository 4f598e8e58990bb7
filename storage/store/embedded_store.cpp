// Lifecycle, figures, durability. The port beside it: embedded_store_lookups.cpp, embedded_store_families.cpp,
// embedded_store_users.cpp, embedded_store_registry.cpp.
#include "storage/store/embedded_store.hpp"

#include "core/family/decide.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace pawl::storage {

embedded_store::embedded_store(std::unique_ptr<record_log> log, embedded_store_options options, const clock& time)
    : state_(std::make_unique<store_state>(std::move(log), std::move(options), time)) {}

namespace {

// What was not served until now, and how that is told.
void begin_serving(store_state& s) {
    if (s.recovery.fresh) {
        s.outages = s.options.outages;
        return;
    }
    s.outages = s.recovery.outages;
    if (s.recovery.last_time == timestamp_ms{}) {
        return; // killed before the first frame
    }
    const timestamp_ms now = s.time.now_ms();
    const timestamp_ms stopped = s.recovery.last_time;
    if (now < stopped && s.options.sets_clock) {
        s.serving_said = clock_set{now, stopped};
        s.outages.set_clock(stopped, now);
    } else {
        const outage last{stopped, std::max(stopped, now)};
        s.serving_said = last;
        s.outages.add(last);
    }
    const std::optional<timestamp> rotation = last_rotation_until(s, to_seconds(now));
    const std::optional<seconds> age =
        rotation ? served_age(*rotation, to_seconds(now), s.outages) : std::optional<seconds>();
    s.window_at_start =
        age && s.options.lost_response_window > seconds(0) && *age <= s.options.lost_response_window + window_slack;
}

} // namespace

std::unique_ptr<embedded_store> embedded_store::open_on(std::unique_ptr<record_log> log, embedded_store_options options,
                                                        const clock& time) {
    std::unique_ptr<embedded_store> made(new embedded_store(std::move(log), std::move(options), time));
    store_state& s = *made->state_;
    const auto began = std::chrono::steady_clock::now();
    recover(s);
    s.recovery_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began).count());
    if (s.options.on_recovered) {
        s.options.on_recovered(s.recovery);
    }

    s.durable_lsn.store(s.recovery.next_lsn - 1);
    begin_serving(s);

    log_callbacks callbacks;
    callbacks.on_durable = [&s](std::span<const record_tag> batch, std::uint64_t through) {
        s.on_durable(batch, through);
    };
    callbacks.on_batch = [&s](const durable_batch& batch) { s.on_batch(batch); };
    callbacks.on_failed = [&s](const std::string& why) { s.on_failed(why); };
    callbacks.on_room = s.options.on_room;
    callbacks.now = [&s] { return s.time.now_ms(); };
    s.log->start(std::move(callbacks));
    s.upkeep = std::make_unique<maintenance>(s);
    // Where the clock goes back a snapshot waits for the record of that: it would take the floor back before it.
    if (s.options.maintenance_thread && !made->clock_goes_back()) {
        s.upkeep->start_thread();
    }
    const outage* const last = s.serving_said ? std::get_if<outage>(&*s.serving_said) : nullptr;
    s.serving_untold = last != nullptr && (s.window_at_start || last->length() > milliseconds(0));
    if (s.serving_untold && s.window_at_start) {
        s.tell_serving(log_urgency::now);
    }
    return made;
}

bool embedded_store::clock_goes_back() const noexcept {
    return state_->serving_said && std::holds_alternative<clock_set>(*state_->serving_said);
}

result<ticket> embedded_store::record_clock() {
    store_state& s = *state_;
    if (!clock_goes_back()) {
        return ticket::none;
    }
    const std::optional<log_room> room = s.reserve(log_room::ordinary, true);
    if (!room) {
        return failure{errc::storage_unavailable, no_room_retry_after};
    }
    record_tag tag;
    tag.opens_window = s.window_at_start;
    const ticket recorded{s.log->enqueue(*room, log_urgency::now, record_type::serving, serving_version,
                                         encode_serving(*s.serving_said), tag)};
    if (s.options.maintenance_thread) {
        s.upkeep->start_thread(); // a snapshot seals behind what is queued now
    }
    return recorded;
}

embedded_store::~embedded_store() {
    stop(milliseconds(10'000));
    if (state_) {
        state_->upkeep.reset();
        state_->log.reset();
        if (state_->memory_stays) {
            static_cast<void>(state_.release());
            return;
        }
        state_->garbage.flush();
    }
}

void embedded_store::leave_memory_behind() noexcept {
    state_->memory_stays = !slab_memory::leaks_are_looked_for();
}

bool embedded_store::stop(milliseconds limit) {
    if (state_->stopping.exchange(true)) {
        return true;
    }
    const auto deadline = std::chrono::steady_clock::now() + limit;
    if (state_->upkeep && !state_->upkeep->stop_thread(limit)) {
        return false;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (state_->upkeep && !state_->log->stop(std::max(left, milliseconds(0)))) {
        return false;
    }
    return true;
}

void embedded_store::maintain_once() {
    state_->upkeep->round(maintenance::sweeping::now);
}

snapshot_report embedded_store::take_snapshot() {
    return state_->upkeep->snapshot();
}

std::optional<timestamp> embedded_store::last_expiry(timestamp created_until) const {
    return state_->upkeep->last_expiry(created_until);
}

bool embedded_store::is_on_disk() const noexcept {
    return state_->log->is_on_disk();
}

store_statistics embedded_store::statistics() const {
    const store_state& s = *state_;
    const maintenance::figures done = s.upkeep->look();
    store_statistics out;
    out.families = s.families.size();
    out.families_by_status = s.families.by_status();
    out.families_alive = done.families_alive;
    out.families_surplus = done.families_surplus;
    out.users = s.users.size();
    out.tombstones = done.tombstones;
    out.login_names = s.users.names();
    out.user_agents = s.agents.size();
    out.family_buckets = s.families.buckets();
    out.family_bytes = s.families.bytes();
    out.slabs_given_back = s.families.slabs_given_back();
    out.retired_pending = s.garbage.pending();
    out.waiting = s.waiters.waiting();
    out.sweeps = done.sweeps;
    out.families_dropped = done.families_dropped;
    out.users_dropped = done.users_dropped;
    out.snapshots = done.snapshots;
    out.snapshots_failed = done.snapshots_failed;
    out.snapshot_bytes = done.snapshot_bytes;
    out.snapshot_ms = done.snapshot_ms;
    out.events_lost = s.events_lost.load(std::memory_order_relaxed);
    {
        const std::lock_guard lock(state_->users.mutex);
        out.next_user_id = s.users.next_id;
    }
    out.clients = count_clients();
    const catalogue_ptr all = find_catalogue();
    out.apis = all->apis.size();
    out.scopes = all->scopes.size();
    out.revoked_tokens = s.entities.count_revoked();
    out.recovery = s.recovery;
    out.recovered_users = s.recovered_users;
    out.recovered_families = s.recovered_families;
    out.recovery_ms = s.recovery_ms;
    out.words_without_family = s.words_without_family;
    out.families_without_user = s.families_without_user;
    out.log = s.log->stats();
    return out;
}

std::uint64_t embedded_store::restore_mark() const noexcept {
    return state_->recovery.restore_mark;
}

std::uint64_t embedded_store::durable_lsn() const noexcept {
    return state_->durable_lsn.load();
}

void embedded_store::set_tap(std::shared_ptr<commit_listener> tap) {
    store_state& s = *state_;
    const std::lock_guard lock(s.tap_mutex);
    s.tap.swap(tap);
    s.tapped.store(s.tap != nullptr);
}

task<bool> embedded_store::durable(ticket t) {
    return state_->waiters.wait(static_cast<std::uint64_t>(t));
}

bool embedded_store::is_durable(ticket t) const noexcept {
    return !state_->waiters.failed() && state_->waiters.is_durable(static_cast<std::uint64_t>(t));
}

const char* embedded_store::why_not_ready() const noexcept {
    if (state_->waiters.failed()) {
        return "storage has failed";
    }
    if (state_->stopping.load(std::memory_order_relaxed)) {
        return "storage is stopping";
    }
    return state_->log->why_not_ready();
}

const outage_list& embedded_store::outages() const noexcept {
    return state_->outages;
}

} // namespace pawl::storage
