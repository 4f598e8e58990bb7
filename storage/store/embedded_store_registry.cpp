// Clients, APIs, scopes, consents, revoked tokens: lookups, and changes one at a time under the table's mutex; publish
// and enqueue are one step.
#include "storage/store/embedded_store.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace pawl::storage {

namespace {

// JSON numbers are exact up to here; versions rise by one with every change.
constexpr std::uint64_t imported_version_max = std::uint64_t{1} << 53U;

// Views that were replaced and wait to be freed: of many clients each is large, and an import replaces many a second.
constexpr std::size_t retired_views_max = 64;

// --- Whether a change ends something, and may use the reserved tail of the log.
bool closes(const client& before, const client& desired) {
    return desired.removed || (before.enabled && !desired.enabled) || before.epoch != desired.epoch;
}
bool closes(const api& /*before*/, const api& desired) {
    return desired.removed;
}
bool closes(const scope& /*before*/, const scope& desired) {
    return desired.removed;
}

client tombstone(const client& c) {
    return tombstone_of(c);
}
template <class Record>
Record tombstone(const Record& r) {
    return r;
}

template <class Record>
void set_number(Record& r, std::uint32_t number) {
    r.number.value = static_cast<decltype(r.number.value)>(number);
}

template <named_entity Record>
bool can_be_stored(const Record& r) {
    return within_bounds(r) && declaration<Record>::sound(r);
}

// Publishes `record`, which can be stored, and enqueues it. Under the mutex.
template <named_entity Record>
result<ticket> take(store_state& s, const std::shared_ptr<const Record>& record, log_room wanted) {
    const std::vector<std::uint8_t> body = encode_body(*record);
    if (body.empty()) {
        return errc::validation_failed;
    }
    registry_table& table = s.entities;
    registry_kind<Record>& kind = table.of<Record>();
    auto change = kind.prepare(record);
    std::unique_ptr<registry_table::catalogue_view> all;
    if constexpr (std::same_as<Record, api>) {
        all = table.prepare_catalogue(*change.next, table.scopes.current());
    } else if constexpr (std::same_as<Record, scope>) {
        all = table.prepare_catalogue(table.apis.current(), *change.next);
    }
    const std::optional<log_room> room = s.reserve(wanted);
    if (!room) {
        return no_room();
    }
    table.begin();
    kind.publish(std::move(change));
    if (all) {
        table.publish(std::move(all));
    }
    const ticket t = s.enqueue_entity(declaration<Record>::type, version_of(*record), body, *room);
    table.end(static_cast<std::uint64_t>(t));
    if (s.garbage.pending() > retired_views_max) {
        s.upkeep->nudge();
    }
    return t;
}

// What a refusal rests on. Under the mutex.
ticket refusal_rests_on(const embedded_store& store, const registry_table& table) {
    const ticket latest{table.latest_under_mutex()};
    return store.is_durable(latest) ? ticket::none : latest;
}

template <named_entity Record>
result<put_result> put_new(embedded_store& store, store_state& s, const Record& desired) {
    const registry_kind<Record>& kind = s.entities.of<Record>();
    const auto refused = [&](put_outcome why) { return put_result{why, refusal_rests_on(store, s.entities), 0}; };
    auto record = std::make_shared<Record>(desired);
    const std::uint32_t number = kind.next_number(record->version, s.entities.consents);
    set_number(*record, number == 0 ? registry_bounds<Record>::first : number);
    if (record->removed || !can_be_stored(*record)) {
        return errc::validation_failed;
    }
    if (kind.current().find(declaration<Record>::name_of_one(*record)) != nullptr) {
        return refused(put_outcome::taken);
    }
    if (number == 0 || kind.current().by_number.size() >= registry_bounds<Record>::count) {
        return refused(put_outcome::full);
    }
    const result<ticket> taken = take<Record>(s, record, log_room::ordinary);
    if (!taken) {
        return taken.error();
    }
    return put_result{put_outcome::done, *taken, number};
}

template <named_entity Record>
result<put_result> put(embedded_store& store, store_state& s, const Record& desired) {
    using says = declaration<Record>;
    const std::lock_guard lock(s.entities.mutex);
    if (desired.number.value == 0) {
        return put_new(store, s, desired);
    }
    const auto refused = [&](put_outcome why) { return put_result{why, refusal_rests_on(store, s.entities), 0}; };
    const auto* const there = s.entities.of<Record>().current().find(says::key(desired));
    if (there == nullptr) {
        return refused(put_outcome::gone);
    }
    const std::shared_ptr<const Record> before = *there;
    if (before->version + 1 != desired.version) {
        return refused(put_outcome::conflict);
    }
    const auto record = std::make_shared<const Record>(desired.removed ? tombstone(desired) : desired);
    if (says::name_of_one(*before) != says::name_of_one(*record) || !can_be_stored(*record)) {
        return errc::validation_failed;
    }
    const result<ticket> taken =
        take<Record>(s, record, closes(*before, *record) ? log_room::ending : log_room::ordinary);
    if (!taken) {
        return taken.error();
    }
    return put_result{put_outcome::done, *taken, says::key(*record)};
}

template <named_entity Record>
result<imported> import_one(embedded_store& store, store_state& s, const Record& r) {
    using says = declaration<Record>;
    using bounds = registry_bounds<Record>;
    const std::uint32_t number = says::key(r);
    if (number < bounds::first || number > bounds::last || r.version > imported_version_max || !can_be_stored(r)) {
        return imported{import_outcome::refused};
    }
    const auto record = std::make_shared<const Record>(r);
    const std::lock_guard lock(s.entities.mutex);
    const registry_kind<Record>& kind = s.entities.of<Record>();
    const auto refused = [&](import_outcome why) { return imported{why, refusal_rests_on(store, s.entities)}; };
    if (const std::shared_ptr<const Record> there = kind.find_any(number)) {
        return refused(*there == r ? import_outcome::same : import_outcome::id_taken);
    }
    if (!r.removed && kind.current().find(says::name_of_one(r)) != nullptr) {
        return refused(import_outcome::name_taken);
    }
    if (!r.removed && kind.current().by_number.size() >= bounds::count) {
        return refused(import_outcome::refused);
    }
    const result<ticket> taken = take<Record>(s, record, log_room::ordinary);
    if (!taken) {
        return taken.error().code == errc::validation_failed ? result<imported>(imported{import_outcome::refused})
                                                             : result<imported>(taken.error());
    }
    return imported{import_outcome::added, *taken};
}

} // namespace

// --- Lookups.

client_ptr embedded_store::find_client(client_number number) const {
    const rcu_read_guard section;
    const client_ptr* const found = state_->entities.clients.current().find(number.value);
    return found == nullptr ? nullptr : *found;
}

client_ptr embedded_store::find_client(std::string_view client_id) const {
    const rcu_read_guard section;
    const client_ptr* const found = state_->entities.clients.current().find(client_id);
    return found == nullptr ? nullptr : *found;
}

bool embedded_store::is_origin_of_client(std::string_view origin) const {
    const rcu_read_guard section;
    return std::ranges::binary_search(state_->entities.clients.current().origins, origin);
}

std::vector<client_ptr> embedded_store::clients_after(client_number after, std::size_t limit) const {
    const rcu_read_guard section;
    const auto& current = state_->entities.clients.current();
    const std::size_t from = current.place_above(after.value);
    const auto begin = current.by_number.begin() + static_cast<std::ptrdiff_t>(from);
    const std::size_t count = std::min(limit, current.by_number.size() - from);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

std::size_t embedded_store::count_clients() const {
    const rcu_read_guard section;
    return state_->entities.clients.current().by_number.size();
}

catalogue_ptr embedded_store::find_catalogue() const {
    return state_->entities.find_catalogue();
}

bool embedded_store::is_revoked(const token_id& id) const {
    return state_->entities.is_revoked(id);
}

ticket embedded_store::rests_on() const noexcept {
    const ticket latest{state_->entities.latest()};
    return is_durable(latest) ? ticket::none : latest;
}

// --- Changes.

result<put_result> embedded_store::put_client(const client& desired) {
    return put(*this, *state_, desired);
}

result<put_result> embedded_store::put_api(const api& desired) {
    return put(*this, *state_, desired);
}

result<put_result> embedded_store::put_scope(const scope& desired) {
    return put(*this, *state_, desired);
}

result<put_result> embedded_store::put_revoked(const revoked_token& token) {
    store_state& s = *state_;
    if (!declaration<revoked_token>::sound(token)) {
        return errc::validation_failed;
    }
    const std::lock_guard lock(s.entities.mutex);
    registry_table& table = s.entities;
    const auto rests = [&] { return refusal_rests_on(*this, table); };
    if (table.is_revoked(token.id)) {
        return put_result{put_outcome::done, rests(), 0};
    }
    if (table.count_revoked_of(token.client) >= revoked_tokens_max) {
        return put_result{put_outcome::full, rests(), 0};
    }
    auto prepared = table.prepare_revoked(token);
    const std::optional<log_room> room = s.reserve(log_room::ending);
    if (!room) {
        return no_room();
    }
    record_buffer buffer;
    table.begin();
    table.add_revoked(std::move(prepared));
    const ticket t = s.enqueue_entity(declaration<revoked_token>::type, version_of(token), buffer.encode(token), *room);
    table.end(static_cast<std::uint64_t>(t));
    return put_result{put_outcome::done, t, 0};
}

result<imported> embedded_store::import_client(const client& c) {
    return import_one(*this, *state_, c);
}

result<imported> embedded_store::import_api(const api& a) {
    return import_one(*this, *state_, a);
}

result<imported> embedded_store::import_scope(const scope& s) {
    return import_one(*this, *state_, s);
}

// --- Consents: in memory by user, beside the clients.

namespace {

bool is_there(const store_state& s, user_id user) {
    const rcu_read_guard section;
    const user_slot* const slot = s.users.find(section, user);
    const user_version* const version = slot == nullptr ? nullptr : slot->current.load(std::memory_order_acquire);
    return version != nullptr && !version->record->deleted;
}

consent_ptr find(const store_state& s, user_id user, client_number client) {
    const rcu_read_guard section;
    const consent_ptr* const found = s.entities.consents.find(section, user, client);
    return found == nullptr ? nullptr : *found;
}

// Publishes it and enqueues it. Under the mutex.
result<ticket> take_consent(store_state& s, const consent& desired) {
    registry_table& table = s.entities;
    consent_table::prepared change = table.consents.prepare(std::make_shared<const consent>(desired));
    const std::optional<log_room> room = s.reserve(stands(desired) ? log_room::ordinary : log_room::ending);
    if (!room) {
        return no_room();
    }
    record_buffer buffer;
    table.begin();
    table.consents.publish(std::move(change));
    const ticket t = s.enqueue_entity(declaration<consent>::type, version_of(desired), buffer.encode(desired), *room);
    table.end(static_cast<std::uint64_t>(t));
    return t;
}

} // namespace

consent_ptr embedded_store::find_consent(user_id user, client_number client) const {
    return find(*state_, user, client);
}

std::vector<consent_ptr> embedded_store::consents_of(user_id user) const {
    return state_->entities.consents.of(user);
}

result<put_result> embedded_store::put_consent(const consent& desired) {
    store_state& s = *state_;
    if (!declaration<consent>::sound(desired)) {
        return errc::validation_failed;
    }
    const std::lock_guard lock(s.entities.mutex);
    const auto refused = [&](put_outcome why) { return put_result{why, refusal_rests_on(*this, s.entities), 0}; };
    if (!is_there(s, desired.user) || s.entities.clients.current().find(desired.client.value) == nullptr) {
        return refused(put_outcome::gone);
    }
    const consent_ptr before = find(s, desired.user, desired.client);
    if (desired.version != (before ? before->version + 1 : 1)) {
        return refused(put_outcome::conflict);
    }
    if (!before && !s.entities.consents.has_room(desired.user)) {
        return refused(put_outcome::full);
    }
    const result<ticket> taken = take_consent(s, desired);
    if (!taken) {
        return taken.error();
    }
    return put_result{put_outcome::done, *taken, 0};
}

result<imported> embedded_store::import_consent(const consent& c) {
    store_state& s = *state_;
    if (!declaration<consent>::sound(c) || c.version > imported_version_max) {
        return imported{import_outcome::refused};
    }
    const std::lock_guard lock(s.entities.mutex);
    const auto refused = [&](import_outcome why) { return imported{why, refusal_rests_on(*this, s.entities)}; };
    if (!is_there(s, c.user)) {
        return refused(import_outcome::no_user);
    }
    if (const consent_ptr there = find(s, c.user, c.client)) {
        return refused(*there == c ? import_outcome::same : import_outcome::id_taken);
    }
    if (s.entities.clients.current().find(c.client.value) == nullptr || !s.entities.consents.has_room(c.user)) {
        return refused(import_outcome::refused);
    }
    const result<ticket> taken = take_consent(s, c);
    if (!taken) {
        return taken.error();
    }
    return imported{import_outcome::added, *taken};
}

} // namespace pawl::storage
