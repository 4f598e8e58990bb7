// Setting a TOTP up: offered, then confirmed; by a session, or by the step of a sign-in.
#include "core/capsule/capsule.hpp"
#include "core/factor/decide_factor.hpp"
#include "core/factor/factor_capsules.hpp"
#include "core/factor/new_factor.hpp"
#include "core/factor/word.hpp"
#include "core/service/factor_change.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/second_factor.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace pawl {

namespace {

offered_totp offer_of(const service_context& context, const user& u, const user_factor& facts, secret_string capsule) {
    const key_ring_ptr keys = context.keys();
    const secret_bytes secret = totp_secret(*keys->capsules, u.id, facts).value_or(secret_bytes());
    return {std::move(capsule), base32_text(secret), totp_uri(context.settings.issuer, u.email, secret, facts)};
}

offered_totp offer(const service_context& context, const user& u) {
    const key_ring_ptr keys = context.keys();
    const capsule_ring& ring = *keys->capsules;
    enrolment e{context.time.now(), u.id, new_totp(context.settings.totp, ring.sealing_id(), context.random)};
    e.factor.number = u.next_factor + 1;
    return offer_of(context, u, e.factor, seal_enrolment(ring, e, mark_of(context), context.random));
}

// What the capsule offers to this user, and nothing of it is stored yet. link_invalid, link_expired.
result<enrolment> opened_offer(const service_context& context, const user& u, const secret_string& capsule) {
    const key_ring_ptr keys = context.keys();
    std::optional<enrolment> offered = open_enrolment(*keys->capsules, capsule.reveal(), mark_of(context));
    const timestamp now = context.time.now();
    if (!offered || offered->user != u.id) {
        return errc::link_invalid;
    }
    if (offered->issued > now || now - offered->issued >= enrol_ttl) {
        return errc::link_expired;
    }
    return *std::move(offered);
}

// The factor that the capsule offers to this user, with the step that the code proves.
result<user_factor> proven_totp(const service_context& context, const user& u, const secret_string& capsule,
                                const secret_string& code) {
    const key_ring_ptr keys = context.keys();
    const result<enrolment> offered = opened_offer(context, u, capsule);
    if (!offered) {
        return offered.error();
    }
    const timestamp now = context.time.now();
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

// Adds it where the account's factors are those that it was offered for. `context` and `from` outlive it.
mailing_edit_function adds(const service_context& context, const user_factor& made, const caller& from) {
    return [&context, &from, made](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (made.number != u.next_factor + 1) {
            return errc::link_used;
        }
        if (!has_room_for_factor(u)) {
            return errc::too_many_factors;
        }
        u.next_factor = made.number;
        u.factors.push_back(made);
        add_notice(context, mail_kind::factor_added, u, from, mails, notice_about(made));
        return user_edit::replace;
    };
}

// What the TOTP was offered in, and the code that was shown with it.
void count_confirmation(const service_context& context, const result<user_factor>& made) {
    check_counters& checks = context.counters.checks;
    if (made) {
        checks.codes.count(checked_code::totp, code_outcome::accepted);
        return; // of the capsule only its use tells
    }
    const errc why = made.error().code;
    if (why == errc::second_factor_failed) {
        checks.codes.count(checked_code::totp, code_outcome::wrong);
    }
    checks.capsules.count(checked_capsule::enrol, why == errc::link_invalid   ? capsule_outcome::invalid
                                                  : why == errc::link_expired ? capsule_outcome::expired
                                                                              : capsule_outcome::good);
}

using change_function = std::function<user_change(const mailing_edit_function& edit)>;

// Awaited directly: `change` outlives the call.
task<result<user_factor>> confirm(const service_context& context, user_ptr owner, secret_string capsule,
                                  secret_string code, std::string name, caller from, const change_function& change) {
    const result<std::string> checked = checked_factor_name(name);
    if (!checked) {
        co_return checked.error();
    }
    const std::string account = "factor " + std::to_string(owner->id.value);
    if (const std::optional<seconds> wait = reserve_factor_try(context, account)) {
        context.counters.checks.codes.count(checked_code::totp, code_outcome::throttled);
        co_return failure(errc::too_many_attempts, *wait);
    }
    result<user_factor> made = proven_totp(context, *owner, capsule, code);
    if (made.has_value() || made.error().code != errc::second_factor_failed) {
        give_back_factor_try(context, account);
    }
    count_confirmation(context, made);
    if (!made) {
        co_return made.error();
    }
    made->name = *checked;
    user_change changed = change(adds(context, *made, from));
    task<result<user_ptr>> settling =
        settle_factor_change(context, std::move(changed), event_kind::factor_added, about_factor(*made), from);
    const result<user_ptr> settled = co_await std::move(settling);
    const bool overtaken = !settled && settled.error().code == errc::link_used;
    context.counters.checks.capsules.count(checked_capsule::enrol,
                                           overtaken ? capsule_outcome::used : capsule_outcome::good);
    if (!settled) {
        co_return settled.error();
    }
    co_return *made;
}

} // namespace

task<result<offered_totp>> factor_service::offer_totp(account_owner who) {
    task<result<user_ptr>> asking = recent_owner(context_, std::move(who));
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    if (!has_room_for_factor(**owner)) {
        co_return errc::too_many_factors;
    }
    co_return offer(context_, **owner);
}

task<result<offered_totp>> factor_service::offer_again(account_owner who, secret_string capsule) {
    task<result<user_ptr>> asking = recent_owner(context_, std::move(who));
    const result<user_ptr> owner = co_await std::move(asking);
    if (!owner) {
        co_return owner.error();
    }
    const result<enrolment> offered = opened_offer(context_, **owner, capsule);
    if (!offered) {
        co_return offered.error();
    }
    co_return offer_of(context_, **owner, offered->factor, std::move(capsule));
}

task<result<offered_totp>> factor_service::offer_totp(secret_string step) {
    task<result<continued_login>> continuing = continue_login(context_, step);
    const result<continued_login> begun = co_await std::move(continuing);
    if (!begun) {
        co_return begun.error();
    }
    if (!begun->is_enrolment || has_second_factor(*begun->holder) || !has_room_for_factor(*begun->holder)) {
        co_return errc::step_expired; // who has a factor needs a session to add one
    }
    co_return offer(context_, *begun->holder);
}

task<result<user_factor>> factor_service::confirm_totp(principal who, secret_string capsule, secret_string code,
                                                       std::string name, caller from) {
    const change_function change = [&](const mailing_edit_function& edit) {
        return change_own_user(context_, who, edit);
    };
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
    const change_function change = [&](const mailing_edit_function& edit) {
        return change_user(context_.data, owner->id, [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
            const bool stands =
                u.gate == owner->gate && u.password_hash == owner->password_hash && !has_second_factor(u);
            return stands ? edit(u, mails) : result<user_edit>(errc::step_expired);
        });
    };
    task<result<user_factor>> confirming =
        confirm(context_, owner, std::move(capsule), std::move(code), std::move(name), from, change);
    co_return co_await std::move(confirming);
}

} // namespace pawl
