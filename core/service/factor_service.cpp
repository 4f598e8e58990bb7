#include "core/service/factor_service.hpp"

#include "core/capsule/capsule.hpp"
#include "core/factor/decide_factor.hpp"
#include "core/factor/factor_capsules.hpp"
#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/password_try.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <utility>

namespace pawl {

namespace {

std::string about_factor(const user_factor& f) {
    return (f.kind == factor_kind::totp ? "totp " : "recovery ") + std::to_string(f.number);
}

ticket record_factor(const service_context& context, event_kind kind, user_id id, const std::string& about,
                     const caller& from) {
    security_event event;
    event.kind = kind;
    event.user = id;
    event.by = id;
    event.presented = use_of(from, context.time.now());
    event.about = about;
    return context.data.append_event(event);
}

user_factor* find_factor(user& u, std::uint32_t number) {
    const auto at = std::ranges::find(u.factors, number, &user_factor::number);
    return at == u.factors.end() ? nullptr : &*at;
}

// Takes it away, and the recovery codes with the last of the others; devices that were remembered are forgotten.
void take_away(user& u, std::uint32_t number) {
    std::erase_if(u.factors, [&](const user_factor& f) { return f.number == number; });
    if (!has_second_factor(u)) {
        u.factors.clear();
    }
    ++u.factor_epoch;
}

bool has_room_for(const user& u) {
    return u.factors.size() < factors_max && u.next_factor < UINT32_MAX;
}

result<std::string> checked_name(const std::string& typed) {
    validation checks;
    std::string why;
    std::string name = checks.accept("name", check_personal_name(typed, why), why);
    if (!checks.failed() && name.size() > factor_name_size_max) {
        checks.refuse("name", "must be at most " + std::to_string(factor_name_size_max) + " bytes long");
    }
    return checks.failed() ? result<std::string>(checks.take()) : result<std::string>(std::move(name));
}

struct read_factors {
    told_factors told;
    result<ticket> rests = ticket::none;
};
read_factors read(const service_context& context, const user& u) {
    read_factors out;
    out.rests = context.data.observe_user(u.id, u.version);
    for (const user_factor& f : u.factors) {
        const factor_state state = context.data.find_factor(u.id, f.number);
        if (out.rests) {
            out.rests = later(*out.rests, context.data.observe_factor(u.id, f.number));
        }
        if (f.kind == factor_kind::recovery) {
            const int used = std::popcount(recovery_word::of(state.word).used);
            out.told.recovery_left += static_cast<std::uint32_t>(std::max(0, f.count - used));
        }
        out.told.factors.push_back({f, state});
    }
    return out;
}

offered_totp offer(const service_context& context, const user& u) {
    const key_ring_ptr keys = context.keys();
    const capsule_ring& ring = *keys->capsules;
    const totp_kind& kind = context.settings.totp;
    enrolment e{context.time.now(), u.id, {}};
    e.factor.number = u.next_factor + 1;
    e.factor.key_id = ring.sealing_id();
    context.random.fill(e.factor.salt);
    e.factor.digits = kind.digits;
    e.factor.period = kind.period;
    e.factor.algorithm = static_cast<std::uint8_t>(kind.algorithm);
    const secret_bytes secret = totp_secret(ring, u.id, e.factor).value_or(secret_bytes());
    return {seal_enrolment(ring, e, mark_of(context), context.random), base32_text(secret),
            totp_uri(context.settings.issuer, u.email, secret, e.factor)};
}

// The factor that the capsule offers to this user, with the step that the code proves.
result<user_factor> proven_totp(const service_context& context, const user& u, const secret_string& capsule,
                                const secret_string& code) {
    const key_ring_ptr keys = context.keys();
    const std::optional<enrolment> offered = open_enrolment(*keys->capsules, capsule.reveal(), mark_of(context));
    const timestamp now = context.time.now();
    if (!offered || offered->user != u.id) {
        return errc::link_invalid;
    }
    if (offered->issued > now || now - offered->issued >= enrol_ttl) {
        return errc::link_expired;
    }
    user_factor made = offered->factor;
    const factor_decision decided =
        decide_factor(0, made, matches_of(*keys->capsules, u.id, made, normal_totp(code.reveal()), now), now);
    if (decided.what != factor_verdict::accepted) {
        return errc::second_factor_failed;
    }
    made.proven_step = totp_word::of(decided.next).step;
    made.created_at = now;
    return made;
}

// Adds it where the account's factors are those that it was offered for.
user_edit_function adds(const user_factor& made) {
    return [made](user& u) -> result<user_edit> {
        if (made.number != u.next_factor + 1) {
            return errc::link_used;
        }
        if (!has_room_for(u)) {
            return errc::too_many_factors;
        }
        u.next_factor = made.number;
        u.factors.push_back(made);
        return user_edit::replace;
    };
}

// Waits for the change, and for the event of it where there was one. Awaited directly.
task<result<user_ptr>> settle_with(const service_context& context, user_change change, event_kind kind,
                                   std::string about, caller from) {
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_factor(context, kind, change.record->id, about, from));
    }
    task<result<user_ptr>> settling = settle(context.data, std::move(change));
    co_return co_await std::move(settling);
}

using change_function = std::function<user_change(const user_edit_function& edit)>;

// Awaited directly: `change` outlives the call.
task<result<user_factor>> confirm(const service_context& context, user_ptr owner, secret_string capsule,
                                  secret_string code, std::string name, caller from, const change_function& change) {
    const result<std::string> checked = checked_name(name);
    if (!checked) {
        co_return checked.error();
    }
    const std::string account = "factor " + std::to_string(owner->id.value);
    if (const std::optional<seconds> wait = reserve_factor_try(context, account)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    result<user_factor> made = proven_totp(context, *owner, capsule, code);
    if (made.has_value() || made.error().code != errc::second_factor_failed) {
        give_back_factor_try(context, account);
    }
    if (!made) {
        co_return made.error();
    }
    made->name = *checked;
    task<result<user_ptr>> settling =
        settle_with(context, change(adds(*made)), event_kind::factor_added, about_factor(*made), from);
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return *made;
}

// What an act of the owner needs first: the account, and a session that was proven lately. Awaited directly.
task<result<user_ptr>> recent_owner(const service_context& context, principal who) {
    user_ptr current = context.data.find_user(who.user->id);
    if (!current) {
        const result<ticket> gone = rests_on_session(context, who);
        task<failure> refused = refusal(context.data, errc::invalid_access_token, gone);
        co_return co_await std::move(refused);
    }
    if (std::optional<failure> stale = not_recent(context, who, *current)) {
        const result<ticket> rests = context.data.observe_user(current->id, current->version);
        task<failure> refused = refusal(context.data, *std::move(stale), rests);
        co_return co_await std::move(refused);
    }
    co_return current;
}

task<result<void>> without_value(task<result<user_ptr>> settling) {
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

task<result<told_factors>> told(const service_context& context, user_ptr owner) {
    read_factors out = read(context, *owner);
    task<result<void>> accepted = acceptance(context.data, out.rests);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return std::move(out.told);
}

} // namespace

task<result<told_factors>> factor_service::list(principal who) {
    task<result<told_factors>> telling = list(who.user->id);
    result<told_factors> out = co_await std::move(telling);
    if (!out && out.error().code == errc::user_not_found) {
        const result<ticket> gone = rests_on_session(context_, who);
        task<failure> refused = refusal(context_.data, errc::invalid_access_token, gone);
        co_return co_await std::move(refused);
    }
    co_return out;
}

task<result<told_factors>> factor_service::list(user_id id) {
    user_ptr owner = context_.data.find_user(id);
    if (!owner) {
        co_return errc::user_not_found;
    }
    task<result<told_factors>> telling = told(context_, std::move(owner));
    co_return co_await std::move(telling);
}

task<result<offered_totp>> factor_service::offer_totp(principal who) {
    task<result<user_ptr>> asking = recent_owner(context_, std::move(who));
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    if (!has_room_for(**owner)) {
        co_return errc::too_many_factors;
    }
    co_return offer(context_, **owner);
}

task<result<offered_totp>> factor_service::offer_totp(secret_string step) {
    task<result<continued_login>> continuing = continue_login(context_, step);
    const result<continued_login> begun = co_await std::move(continuing);
    if (!begun) {
        co_return begun.error();
    }
    if (!begun->is_enrolment || has_second_factor(*begun->holder) || !has_room_for(*begun->holder)) {
        co_return errc::step_expired; // who has a factor needs a session to add one
    }
    co_return offer(context_, *begun->holder);
}

task<result<user_factor>> factor_service::confirm_totp(principal who, secret_string capsule, secret_string code,
                                                       std::string name, caller from) {
    const change_function change = [&](const user_edit_function& edit) { return change_own_user(context_, who, edit); };
    task<result<user_factor>> confirming =
        confirm(context_, who.user, std::move(capsule), std::move(code), std::move(name), from, change);
    co_return co_await std::move(confirming);
}

task<result<user_factor>> factor_service::confirm_totp(secret_string step, secret_string capsule, secret_string code,
                                                       std::string name, caller from) {
    task<result<continued_login>> continuing = continue_login(context_, step);
    const result<continued_login> begun = co_await std::move(continuing);
    if (!begun) {
        co_return begun.error();
    }
    if (!begun->is_enrolment) {
        co_return errc::step_expired;
    }
    const user_ptr owner = begun->holder;
    // On the fresh record: the step is good for the first factor alone, and for this password.
    const change_function change = [&](const user_edit_function& edit) {
        return change_user(context_.data, owner->id, [&](user& u) -> result<user_edit> {
            const bool stands =
                u.gate == owner->gate && u.password_hash == owner->password_hash && !has_second_factor(u);
            return stands ? edit(u) : result<user_edit>(errc::step_expired);
        });
    };
    task<result<user_factor>> confirming =
        confirm(context_, owner, std::move(capsule), std::move(code), std::move(name), from, change);
    co_return co_await std::move(confirming);
}

task<result<new_recovery>> factor_service::make_recovery(principal who, caller from) {
    task<result<user_ptr>> asking = recent_owner(context_, who);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    const key_ring_ptr keys = context_.keys();
    new_recovery out;
    out.facts.kind = factor_kind::recovery;
    out.facts.key_id = keys->capsules->sealing_id();
    out.facts.count = recovery_codes_made;
    out.facts.created_at = context_.time.now();
    context_.random.fill(out.facts.salt);
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        std::erase_if(u.factors, [](const user_factor& f) { return f.kind == factor_kind::recovery; });
        if (!has_room_for(u)) {
            return errc::too_many_factors;
        }
        out.facts.number = ++u.next_factor;
        u.factors.push_back(out.facts);
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling =
        settle_with(context_, std::move(change), event_kind::factor_added, about_factor(out.facts), from);
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    for (std::uint8_t i = 0; i < out.facts.count; ++i) {
        out.codes.push_back(recovery_code(*keys->capsules, who.user->id, out.facts, i).value_or(secret_string()));
    }
    co_return out;
}

task<result<void>> factor_service::rename(principal who, std::uint32_t factor, std::string name, caller from) {
    const result<std::string> checked = checked_name(name);
    if (!checked) {
        co_return checked.error();
    }
    task<result<user_ptr>> asking = recent_owner(context_, who);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    std::string about;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        const bool same = f->name == *checked;
        f->name = *checked;
        return same ? user_edit::keep : user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling = settle_with(context_, std::move(change), event_kind::factor_renamed, about, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::remove(principal who, std::uint32_t factor, bool keeps_sessions, caller from) {
    task<result<user_ptr>> asking = recent_owner(context_, who);
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    std::string about;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        const user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        take_away(u, factor);
        if (!keeps_sessions) {
            close_gate(u, gate_reason::logout_all, who.session, context_.time.now());
        }
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    if (change.replaced && !keeps_sessions) {
        change.wait_for = later(change.wait_for, record_revocation(context_, who.user->id, from));
    }
    task<result<user_ptr>> settling = settle_with(context_, std::move(change), event_kind::factor_removed, about, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::forget_devices(principal who, caller from) {
    const user_edit_function edit = [](user& u) -> result<user_edit> {
        if (u.next_factor == 0) { // no device was ever remembered
            return user_edit::keep;
        }
        ++u.factor_epoch;
        return user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    task<result<user_ptr>> settling = settle_with(context_, std::move(change), event_kind::devices_forgotten, {}, from);
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

task<result<void>> factor_service::remove(operator_caller by, user_id id, std::uint32_t factor) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    std::string about = "all";
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (factor == 0) {
            if (u.factors.empty()) {
                return user_edit::keep;
            }
            u.factors.clear();
            ++u.factor_epoch;
            return user_edit::replace;
        }
        const user_factor* const f = find_factor(u, factor);
        if (f == nullptr) {
            return errc::factor_not_found;
        }
        about = about_factor(*f);
        take_away(u, factor);
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::factor_removed, id, family_id{}, about));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    task<result<void>> ending = without_value(std::move(settling));
    co_return co_await std::move(ending);
}

} // namespace pawl
