#include "tools/replay/plan.hpp"

#include "storage/entity/all.hpp"
#include "storage/exit_code.hpp"

#include <array>

namespace pawl::tools {

namespace {

template <class Record>
Record decoded(const storage::record_view& record) {
    Record out;
    if (decode(record, out) != storage::decoding::ok) {
        throw storage::refused(storage::exit_code::corrupt,
                               "record " + std::to_string(record.lsn) + " makes no sense; run: pawlctl log verify");
    }
    return out;
}

} // namespace

const char* name_of(step_kind kind) noexcept {
    constexpr std::array<const char*, step_kinds> names{
        "sign_up",     "log_in",         "refresh",         "reuse",          "log_out",
        "log_out_all", "log_out_others", "change_password", "remove_account", "not_repeatable"};
    return names.at(static_cast<std::size_t>(kind));
}

void replay_plan::emit(step_kind kind, timestamp_ms time, user_id user, const family_id& family,
                       std::uint32_t generation) const {
    out_({kind, time, user, family, generation});
}

// A family's records may come before its user's.
replay_plan::known_user& replay_plan::ensure_user(user_id id, timestamp_ms time) {
    known_user& known = users_[id.value];
    if (!known.signed_up && !known.deleted) {
        known.signed_up = true;
        emit(step_kind::sign_up, time, id);
    }
    return known;
}

void replay_plan::see(const user& u, timestamp_ms time) {
    const bool fresh = users_.find(u.id.value) == users_.end() || users_[u.id.value].version == 0;
    known_user& known = users_[u.id.value];
    if (known.version >= u.version) {
        return;
    }
    if (!u.deleted) {
        ensure_user(u.id, time);
    }
    const known_user before = known;
    known.version = u.version;
    known.epoch = u.gate.epoch;
    known.enabled = u.gate.enabled;
    known.deleted = u.deleted;
    if (fresh) {
        return;
    }
    if (u.deleted && !before.deleted) {
        return emit(step_kind::remove_account, time, u.id);
    }
    if (u.gate.epoch <= before.epoch) {
        if (u.gate.enabled != before.enabled) {
            emit(step_kind::not_repeatable, time, u.id);
        }
        return;
    }
    const bool spares = u.gate.survivor != family_id{};
    switch (u.gate.reason) {
    case gate_reason::logout_all:
        return emit(spares ? step_kind::log_out_others : step_kind::log_out_all, time, u.id, u.gate.survivor);
    case gate_reason::password_change:
        return emit(spares ? step_kind::change_password : step_kind::not_repeatable, time, u.id, u.gate.survivor);
    default:
        return emit(step_kind::not_repeatable, time, u.id);
    }
}

void replay_plan::see_word(const family_id& id, family_word word, timestamp_ms time) {
    const auto found = families_.find(id);
    if (found == families_.end()) {
        return; // began before what is kept
    }
    known_family& f = found->second;
    for (; f.live && f.generation < word.generation(); ++f.generation) {
        emit(step_kind::refresh, time, f.user, id, f.generation + 1);
    }
    if (!f.live || word.live()) {
        return;
    }
    f.live = false;
    switch (word.status()) {
    case family_status::logout:
        return emit(step_kind::log_out, time, f.user, id, f.generation);
    case family_status::reuse:
        return emit(step_kind::reuse, time, f.user, id, f.generation);
    default:
        return emit(step_kind::not_repeatable, time, f.user, id, f.generation);
    }
}

void replay_plan::see(const storage::record_view& record) {
    storage::visit_record(record.type, [&]<class Record>(storage::as<Record>) {
        if constexpr (requires(const Record& r) { see(r, record.time); }) {
            see(decoded<Record>(record), record.time);
        }
    });
}

void replay_plan::see(const storage::family_created_record& r, timestamp_ms time) {
    if (families_.contains(r.facts.id)) {
        return see_word(r.facts.id, r.word, time);
    }
    known_user& owner = ensure_user(r.facts.user, time);
    families_[r.facts.id] = {r.facts.user, r.word.generation(), r.facts.epoch, r.word.live()};
    if (r.word.live() && !owner.deleted) {
        emit(step_kind::log_in, time, r.facts.user, r.facts.id, r.word.generation());
    }
}

void replay_plan::see(const storage::family_word_record& r, timestamp_ms time) {
    see_word(r.id, r.word, time);
}

} // namespace pawl::tools
