// Lifecycle, lookups, durability. Changes of families and users: embedded_store_families.cpp, embedded_store_users.cpp.
#include "storage/store/embedded_store.hpp"

#include "core/family/decide.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace pawl::storage {

std::array<std::uint8_t, 16> subject_of(user_id id) noexcept {
    std::array<std::uint8_t, 16> out{};
    for (std::size_t i = 0; i < 8; ++i) {
        out[i] = static_cast<std::uint8_t>(id.value >> (8 * i));
    }
    return out;
}

user_id user_of(const record_tag& tag) noexcept {
    user_id id;
    for (std::size_t i = 8; i-- > 0;) {
        id.value = (id.value << 8U) | tag.subject[i];
    }
    return id;
}

// The log's thread. What is known durable is advanced before anybody is woken, so that whoever looks then sees it.
void store_state::on_durable(std::span<const record_tag> batch, std::uint64_t sequence_through) {
    for (const record_tag& tag : batch) {
        const rcu_read_guard section;
        if (tag.what == record_tag::kind::family) {
            family_id id;
            id.bytes = tag.subject;
            if (family_node* const node = families.find(section, id)) {
                node->advance_durable(family_word(tag.value));
            }
        } else if (tag.what == record_tag::kind::user) {
            if (user_slot* const slot = users.find(section, user_of(tag))) {
                slot->advance_durable(tag.value);
            }
        }
    }
    waiters.advance(sequence_through);
}

// Without a tap this is one store and one load a batch. The order of the two is what set_tap()'s callers rely on:
// whoever sets a tap and then asks for durable_lsn() is shown every batch after it.
void store_state::on_batch(const durable_batch& batch) {
    durable_lsn.store(batch.first_lsn + batch.records - 1);
    if (!tapped.load()) {
        return;
    }
    std::shared_ptr<commit_listener> shown;
    {
        const std::lock_guard lock(tap_mutex);
        shown = tap;
    }
    if (shown) {
        shown->on_batch(batch);
    }
}

void store_state::on_failed(const std::string& why) {
    waiters.fail();
    if (options.on_fatal) {
        options.on_fatal(why);
    }
}

std::optional<log_room> store_state::reserve(log_room room, bool or_ending) noexcept {
    if (stopping.load(std::memory_order_relaxed)) {
        return std::nullopt;
    }
    if (log->reserve(room, 1)) {
        return room;
    }
    if (or_ending && room == log_room::ordinary && log->reserve(log_room::ending, 1)) {
        return log_room::ending;
    }
    return std::nullopt;
}

// No room: the next record tries again.
void store_state::tell_serving(log_urgency urgency) noexcept {
    const std::optional<log_room> room = reserve(log_room::ordinary);
    if (!room) {
        return;
    }
    if (!serving_untold.exchange(false)) {
        log->release(*room, 1);
        return;
    }
    record_tag tag;
    tag.opens_window = window_at_start;
    log->enqueue(*room, urgency, record_type::serving, serving_version, encode_serving(*serving_said), tag);
}

ticket store_state::enqueue_family(const rcu_read_guard&, family_node& node, family_word w, const use_view* use,
                                   log_room room, log_urgency urgency) noexcept {
    const use_view used = use != nullptr ? *use : node.last_use();
    const std::uint32_t ended_after = w.live() ? 0 : node.ended_after();
    const record_tag tag{node.id.bytes, w.bits(), record_tag::kind::family, w.live() && w.generation() > 0};
    tell_serving_first();
    record_buffer buffer;
    if (!node.logged.load(std::memory_order_acquire)) {
        const family_created_record record{node.facts(), w, ended_after, used};
        const std::uint64_t sequence =
            log->enqueue(room, urgency, record_type::family_created, version_of(record), buffer.encode(record), tag);
        node.logged.store(true, std::memory_order_release);
        return ticket{sequence};
    }
    const family_word_record record{node.id, w, ended_after, used};
    return ticket{
        log->enqueue(room, urgency, record_type::family_word, version_of(record), buffer.encode(record), tag)};
}

ticket store_state::enqueue_user(const user& u, std::span<const std::uint8_t> body, log_room room) noexcept {
    const record_tag tag{subject_of(u.id), u.version, record_tag::kind::user, false};
    tell_serving_first();
    return ticket{log->enqueue(room, log_urgency::now, record_type::user, version_of(u), body, tag)};
}

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

    log_writer::callbacks callbacks;
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

namespace {

// Word and gate of one moment: the gate did not change while the word was read. Versions are freed after a grace
// period, so within the section the same pointer is the same version.
family_state state_of(const rcu_read_guard&, const family_node& node) {
    family_state out{.facts = node.facts(), .word = {}, .gate = {}, .user_version = 0};
    const user_version* version = node.owner->current.load(std::memory_order_acquire);
    for (;;) {
        out.word = node.load();
        const user_version* const again = node.owner->current.load(std::memory_order_acquire);
        if (again == version) {
            break;
        }
        version = again;
    }
    BOOST_ASSERT(version != nullptr);
    out.gate = version->record->gate;
    out.user_version = version->record->version;
    return out;
}

family_details details_of(const rcu_read_guard& section, const family_node& node) {
    const use_view use = node.last_use();
    return {state_of(section, node), {use.at, use.address, std::string(use.agent)}};
}

user_ptr record_of(const rcu_read_guard&, const user_slot* slot) {
    if (slot == nullptr) {
        return nullptr;
    }
    const user_version* const version = slot->current.load(std::memory_order_acquire);
    return version == nullptr || version->record->deleted ? nullptr : version->record;
}

} // namespace

std::optional<family_state> embedded_store::find_family(const family_id& id) const {
    const rcu_read_guard section;
    const family_node* const node = state_->families.find(section, id);
    if (node == nullptr) {
        return std::nullopt;
    }
    return state_of(section, *node);
}

std::optional<family_details> embedded_store::find_family_details(const family_id& id) const {
    const rcu_read_guard section;
    const family_node* const node = state_->families.find(section, id);
    if (node == nullptr) {
        return std::nullopt;
    }
    return details_of(section, *node);
}

user_ptr embedded_store::find_user(user_id id) const {
    const rcu_read_guard section;
    return record_of(section, state_->users.find(section, id));
}

std::string embedded_store::usual_hash(std::string_view folded, const hash_costs::key& secret) const {
    return state_->users.usual_hash(folded, secret);
}

user_ptr embedded_store::find_user_by_login(std::string_view folded) const {
    const rcu_read_guard section;
    return record_of(section, state_->users.find_login(section, folded));
}

std::vector<user_ptr> embedded_store::users_after(user_id after, std::size_t limit) const {
    std::vector<user_ptr> out;
    for (user_id looked_at = after; out.size() < limit; after = looked_at) {
        for (user_ptr& record : state_->users.records(looked_at, limit - out.size())) {
            out.push_back(std::move(record));
        }
        if (looked_at == after) {
            break;
        }
    }
    return out;
}

namespace {

// Walks the list of the user: `see(node, dead)` for each family, where `dead` is what dead_on_disk() says. Where it met
// many dead ones it sets them aside, so that the next walk is short again.
template <class F>
void walk_list(store_state& s, const rcu_read_guard& section, user_slot& owner, timestamp now, F&& see) {
    const user_version& version = *owner.current.load(std::memory_order_acquire);
    std::size_t dead = 0, others = 0;
    for (const family_node* node = owner.first_family(); node != nullptr;
         node = node->next_of_user.load(std::memory_order_acquire)) {
        const bool is_dead = dead_on_disk(*node, owner, version, now);
        ++(is_dead ? dead : others);
        see(*node, is_dead);
    }
    if (user_families::worth_setting_aside(dead, others)) {
        s.families.lists().set_dead_aside(section, owner, now);
    }
}

} // namespace

std::vector<family_details> embedded_store::families_of(user_id id) const {
    std::vector<family_details> out;
    const rcu_read_guard section;
    user_slot* const slot = state_->users.find(section, id);
    if (slot == nullptr) {
        return out;
    }
    walk_list(*state_, section, *slot, state_->time.now(),
              [&](const family_node& node, bool) { out.push_back(details_of(section, node)); });
    const std::vector<family_node*> aside = state_->families.lists().set_aside(section, *slot);
    if (aside.empty()) {
        return out;
    }
    for (const family_node* const node : aside) {
        out.push_back(details_of(section, *node));
    }
    // What was set aside meanwhile was seen twice.
    const auto id_of = [](const family_details& f) { return f.state.facts.id; };
    std::ranges::sort(out, {}, id_of);
    const auto twice = std::ranges::unique(out, {}, id_of);
    out.erase(twice.begin(), twice.end());
    return out;
}

std::vector<family_details> embedded_store::living_families_of(user_id id, timestamp now) const {
    std::vector<family_details> out;
    const rcu_read_guard section;
    user_slot* const slot = state_->users.find(section, id);
    if (slot == nullptr) {
        return out;
    }
    if (state_->families.lists().clock_went_back(now)) {
        for (const family_node* const node : state_->families.lists().set_aside(section, *slot)) {
            out.push_back(details_of(section, *node));
        }
    }
    walk_list(*state_, section, *slot, now, [&](const family_node& node, bool dead) {
        if (!dead) {
            out.push_back(details_of(section, node));
        }
    });
    return out;
}

std::size_t embedded_store::count_alive(user_id id, timestamp now) const {
    const std::vector<family_details> all = living_families_of(id, now);
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const family_details& f) {
        return alive(f.state.word, f.state.facts, f.state.gate, now);
    }));
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
