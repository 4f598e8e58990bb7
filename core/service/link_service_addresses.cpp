// Links about addresses: proven, changed, a change undone.
#include "core/service/durable_answer.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/link_service.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/owner_proof.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

failure refused_field(std::string field, std::string why) {
    validation checks;
    checks.refuse(std::move(field), std::move(why));
    return checks.take();
}

// A user who is gone since the link was looked at.
failure of_link(failure why) {
    return why.code == errc::user_not_found ? failure(errc::link_used) : why;
}

task<result<void>> settle_link(store& data, user_change change) {
    task<result<user_ptr>> settling = settle(data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return of_link(settled.error());
    }
    co_return result<void>();
}

} // namespace

// --- Verification.

task<result<void>> link_service::ask_verification(principal who, caller from) {
    if (std::optional<failure> no_mail = mails_.why_not()) {
        co_return *std::move(no_mail);
    }
    const user_ptr u = context_.data.find_user(who.user->id);
    if (!u || not_admitted(context_, who, *u)) {
        task<failure> refusing = refusal(context_.data, errc::invalid_access_token, rests_on_session(context_, who));
        co_return co_await std::move(refusing);
    }
    const result<ticket> seen = context_.data.observe_user(u->id, u->version);
    if (!seen) {
        co_return seen.error();
    }
    if (u->email_verified) {
        task<failure> refusing = refusal(context_.data, errc::already_verified, seen);
        co_return co_await std::move(refusing);
    }
    if (const std::optional<seconds> wait = limiter_.take_of_network(from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    result<ticket> rests = seen;
    if (may_be_sent(u.get(), fold_login_name(u->email), from)) {
        rests = mails_.send(wish_for(mail_kind::verify_email, *u, from));
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    co_return co_await std::move(accepted);
}

task<result<void>> link_service::verify(secret_string capsule, std::optional<principal> who,
                                        std::optional<secret_string> password, caller from) {
    task<result<held_link>> holding = hold(capsule, link_purpose::verify_email);
    const result<held_link> held = co_await std::move(holding);
    if (!held) {
        co_return held.error();
    }
    if (who && who->user->id != held->user->id) {
        co_return errc::link_invalid; // of another account than that of the session
    }
    if (!who) {
        task<result<void>> proving = prove_password(context_, held->user, *std::move(password), from);
        const result<void> proven = co_await std::move(proving);
        if (!proven) {
            co_return proven.error();
        }
    }
    const opened_link& shown = held->shown;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        const link_decision d = decide(shown, link_purpose::verify_email, u);
        if (d == link_decision::already_done) {
            return user_edit::keep;
        }
        if (d != link_decision::good) {
            return failure_of(d);
        }
        if (!who) {
            if (std::optional<failure> stale = proof_is_stale(*held->user, u)) {
                return *std::move(stale);
            }
        }
        u.email_verified = true;
        u.email_verified_at = context_.time.now();
        return user_edit::replace;
    };
    user_change change = who ? change_own_user(context_, *who, edit) : change_user(context_.data, held->user->id, edit);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_by_link(context_, event_kind::email_verified, held->user->id, from, {}));
    }
    task<result<void>> settling = settle_link(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

// --- Another address.

task<result<void>> link_service::ask_change(principal who, secret_string current, std::string new_email, caller from) {
    if (std::optional<failure> no_mail = mails_.why_not()) {
        co_return *std::move(no_mail);
    }
    std::string why;
    const std::optional<std::string> address = check_email(new_email, why);
    if (!address) {
        co_return refused_field("new_email", why);
    }
    task<result<user_ptr>> proving = prove_owner(context_, who, std::move(current), from);
    const result<user_ptr> owner = co_await std::move(proving);
    if (!owner) {
        co_return owner.error();
    }
    const user& u = **owner;
    if (*address == u.email) {
        co_return refused_field("new_email", "is the address of the account already");
    }
    if (const std::optional<seconds> wait = limiter_.take_of_network(from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    const std::string folded = fold_login_name(*address);
    const bool of_user = limiter_.take_of_address(fold_login_name(u.email), std::nullopt);
    const bool allowed = limiter_.take_of_address(folded, std::nullopt) && of_user;
    const user_ptr holder = context_.data.find_user_by_login(folded);
    result<ticket> rests = context_.data.observe_user(u.id, u.version);
    if (allowed && rests) {
        const bool is_taken = holder && holder->id != u.id;
        mail_wish wish = wish_for(is_taken ? mail_kind::sign_up_taken : mail_kind::change_email, u, from);
        wish.address = *address;
        wish.body.about = *address;
        wish.user = is_taken ? holder->id : u.id;
        wish.lang = is_taken ? holder->locale : u.locale;
        const ticket seen = *rests;
        rests = mails_.send(wish);
        rests = rests ? result<ticket>(later(seen, *rests)) : rests;
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    co_return co_await std::move(accepted);
}

task<result<void>> link_service::change_email(secret_string capsule, caller from) {
    task<result<held_link>> holding = hold(capsule, link_purpose::change_email);
    const result<held_link> held = co_await std::move(holding);
    if (!held) {
        co_return held.error();
    }
    const opened_link& shown = held->shown;
    std::string before;
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (const link_decision d = decide(shown, link_purpose::change_email, u); d != link_decision::good) {
            return failure_of(d);
        }
        const timestamp now = context_.time.now();
        before = u.email;
        if (std::optional<failure> full = keep_as_former(u, now)) {
            return *std::move(full);
        }
        if (u.email_verified) { // a mistyped address is told nothing
            mail_wish wish = wish_for(mail_kind::undo_email, u, from);
            wish.body.about = shown.link.address;
            result<mail> undo = mails_.make(wish);
            if (!undo) {
                return undo.error();
            }
            mails.push_back(*std::move(undo));
        }
        forget_former(u, shown.link.address, now);
        move_address(u, shown.link.address, now);
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, held->user->id, edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_by_link(context_, event_kind::email_changed, held->user->id,
                                                                from, "was " + before));
    }
    task<result<void>> settling = settle_link(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<void>> link_service::undo_email(secret_string capsule, caller from) {
    task<result<held_link>> holding = hold(capsule, link_purpose::undo_email);
    const result<held_link> held = co_await std::move(holding);
    if (!held) {
        co_return held.error();
    }
    const mail_link& link = held->shown.link;
    std::string before;
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (const link_decision d = decide(held->shown, link_purpose::undo_email, u); d != link_decision::good) {
            return failure_of(d);
        }
        const timestamp now = context_.time.now();
        before = u.email;
        forget_former(u, link.address, now);
        move_address(u, link.address, now);
        u.undo_floor = std::max(now, link.issued);
        ++u.factor_epoch;
        std::erase_if(u.factors, [&](const user_factor& f) { return f.created_at >= link.issued; });
        close_gate(u, gate_reason::logout_all, family_id{}, now);
        if (result<mail> sent = mails_.make(wish_for(mail_kind::reset_password, u, from))) {
            mails.push_back(*std::move(sent)); // where none can be sent, the owner can ask for one
        }
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, held->user->id, edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_by_link(context_, event_kind::email_change_undone,
                                                                held->user->id, from, "was " + before));
        change.wait_for = later(change.wait_for, record_revocation(context_, held->user->id, from));
    }
    task<result<void>> settling = settle_link(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

} // namespace pawl
