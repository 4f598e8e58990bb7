// Words of second factors: each changed by one compare-exchange under the lock of its shard; publish and enqueue are
// one step.
#include "storage/store/embedded_store.hpp"
#include "storage/store/factor_table.hpp"
#include "storage/store/store_state.hpp"

#include <algorithm>

namespace pawl::storage {

namespace {

// What the user's record says of the factor now; std::nullopt where it has none of that number.
std::optional<factor_kind> kind_of(const store_state& s, const factor_key& key) {
    const rcu_read_guard section;
    const user_slot* const slot = s.users.find(section, key.user);
    const user_version* const version = slot == nullptr ? nullptr : slot->current.load(std::memory_order_acquire);
    if (version == nullptr) {
        return std::nullopt;
    }
    const auto& all = version->record->factors;
    const auto at = std::ranges::find(all, key.factor, &user_factor::number);
    return at == all.end() ? std::nullopt : std::optional(at->kind);
}

// Under the lock of the shard, with room reserved and the entry there: nothing throws.
ticket publish(store_state& s, factor_table::entry& e, const factor_state& desired, log_room room) noexcept {
    e.word = desired.word;
    e.kind = desired.kind;
    e.used_at = desired.used_at;
    e.used_from = desired.used_from;
    record_buffer buffer;
    const ticket t =
        s.enqueue_entity(declaration<factor_state>::type, version_of(desired), buffer.encode(desired), room);
    e.sequence = static_cast<std::uint64_t>(t);
    return t;
}

} // namespace

bool has_factor(const store_state& s, const factor_key& key) noexcept {
    return kind_of(s, key).has_value();
}

factor_state embedded_store::find_factor(user_id user, std::uint32_t factor) const {
    const factor_key key{user, factor};
    return state_->factors.with(key, [&](const factor_table::entry* e) {
        return e == nullptr ? factor_state{user, factor, factor_kind::totp, 0, timestamp{}, peer_address{}}
                            : state_of(key, *e);
    });
}

result<exchange_result> embedded_store::exchange_factor(const factor_state& desired, std::uint64_t expected) {
    store_state& s = *state_;
    const factor_key key{desired.user, desired.factor};
    return s.factors.change(key, [&](factor_table::word_map& words) -> result<exchange_result> {
        const auto known = words.find(key);
        // Within the lock: a word of a factor that was removed before is never written after one that says so.
        if (kind_of(s, key) != desired.kind) {
            return exchange_result{exchange_outcome::gone};
        }
        if ((known == words.end() ? 0 : known->second.word) != expected) {
            return exchange_result{exchange_outcome::conflict};
        }
        const auto at = known == words.end() ? words.try_emplace(key).first : known;
        const std::optional<log_room> room = s.reserve(log_room::ordinary);
        if (!room) {
            return failure(errc::storage_unavailable, no_room_retry_after);
        }
        return exchange_result{exchange_outcome::exchanged, publish(s, at->second, desired, *room)};
    });
}

result<imported> embedded_store::import_factor(const factor_state& read) {
    store_state& s = *state_;
    const factor_key key = declaration<factor_state>::key(read);
    if (!declaration<factor_state>::sound(read)) {
        return imported{import_outcome::refused};
    }
    return s.factors.change(key, [&](factor_table::word_map& words) -> result<imported> {
        if (kind_of(s, key) != read.kind) {
            return imported{import_outcome::no_user};
        }
        const auto known = words.find(key);
        const factor_state desired = known == words.end() ? read : merged(state_of(key, known->second), read);
        if (known != words.end() && desired == state_of(key, known->second)) {
            return imported{import_outcome::same, ticket{known->second.sequence}};
        }
        const auto at = known == words.end() ? words.try_emplace(key).first : known;
        const std::optional<log_room> room = s.reserve(log_room::ordinary);
        if (!room) {
            return failure(errc::storage_unavailable, no_room_retry_after);
        }
        return imported{import_outcome::added, publish(s, at->second, desired, *room)};
    });
}

ticket embedded_store::observe_factor(user_id user, std::uint32_t factor) const {
    const ticket t = state_->factors.with(
        {user, factor}, [](const factor_table::entry* e) { return ticket{e == nullptr ? 0 : e->sequence}; });
    return is_durable(t) ? ticket::none : t;
}

} // namespace pawl::storage
