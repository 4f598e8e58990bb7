#include "core/service/account_service.hpp"

#include "core/service/durable_answer.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/owner_proof.hpp"
#include "core/service/password_try.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <optional>
#include <utility>

namespace pawl {

namespace {

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

std::optional<failure> throttled(const service_context& context, const std::string& account, const caller& from) {
    if (const std::optional<seconds> wait = context.limiter.reserve(account, from.address)) {
        return failure(errc::too_many_attempts, *wait);
    }
    return std::nullopt;
}

// A validated sign-up as the record it becomes, but for id and hash.
result<user> checked_sign_up(const service_context& context, const sign_up_request& request) {
    validation checks;
    std::string why;
    user u;
    u.email = checks.accept("email", check_email(request.email, why), why);
    // Without an email there is nothing to compare a username that looks like one with.
    if (request.username) {
        u.username = checks.accept("username", check_username(*request.username, u.email, why), why);
    } else {
        u.username = u.email;
    }
    u.first_name = checks.accept("first_name", check_personal_name(request.first_name, why), why);
    u.surname = checks.accept("surname", check_personal_name(request.surname, why), why);
    const std::optional<std::string> weak =
        check_new_password(request.password.reveal(), context.settings.passwords, u.email, u.username);
    if (weak) {
        checks.refuse("password", *weak);
    }
    if (checks.failed()) {
        return checks.take();
    }
    return u;
}

failure chosen_by_link() {
    validation checks;
    checks.refuse("password", "is chosen with the link that is mailed: send the email alone");
    return checks.take();
}

// The tail of password change and removal: re-applied to the fresh record while the proof and the session hold, with
// the event of the revocation. Awaited directly: `context` outlives the call.
task<result<void>> change_proven(const service_context& context, principal who, user_ptr verified, caller from,
                                 event_kind act, mailing_edit_function edit) {
    const mailing_edit_function proven_edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (std::optional<failure> stale = proof_is_stale(*verified, u)) {
            return *std::move(stale);
        }
        return edit(u, mails);
    };
    user_change change = change_own_user(context, who, proven_edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_own_act(context, act, who.user->id, from));
        change.wait_for = later(change.wait_for, record_revocation(context, who.user->id, from));
    }
    task<result<user_ptr>> settling = settle(context.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

} // namespace

task<result<user_ptr>> account_service::sign_up(sign_up_request request, caller from) {
    const sign_up_policy& policy = context_.settings.sign_up;
    const sign_up_decision decision = decide_sign_up(policy, sign_up_way::password, request.email);
    if (decision == sign_up_decision::sign_up_closed) {
        co_return errc::sign_up_closed;
    }
    if (decision == sign_up_decision::address_alone) {
        co_return chosen_by_link();
    }
    result<user> checked = checked_sign_up(context_, request);
    if (!checked) {
        co_return checked.error();
    }
    if (decision == sign_up_decision::domain_not_allowed) {
        co_return errc::domain_not_allowed;
    }
    const std::string account = sign_up_name(checked->email);
    if (std::optional<failure> limited = throttled(context_, account, from)) {
        co_return *std::move(limited);
    }
    secret_string normalized = normalize_password(request.password.reveal());
    task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
    result<std::string> hashed = co_await std::move(hashing);
    if (!hashed) {
        context_.limiter.give_back(account, from.address); // nothing was tried
        co_return hashed.error();
    }
    auto created = std::make_shared<user>(*std::move(checked));
    created->password_hash = *std::move(hashed);
    created->created_at = context_.time.now();
    std::vector<mail> mails;
    if (decision == sign_up_decision::make_pending) {
        make_pending(*created);
    } else if (std::optional<failure> unsent = ask_for_proof(context_, *created, from, mails)) {
        context_.limiter.give_back(account, from.address);
        co_return *std::move(unsent);
    }
    const result<store::insert_user_result> inserted = context_.data.insert_user(*created, mails);
    if (!inserted) {
        context_.limiter.give_back(account, from.address); // none of the client's doing
        co_return inserted.error();
    }
    if (inserted->email_taken || inserted->username_taken) {
        task<failure> refused = refusal(context_.data, inserted->email_taken ? errc::email_taken : errc::username_taken,
                                        inserted->wait_for);
        co_return co_await std::move(refused);
    }
    context_.limiter.passed(account, from.address);
    created->id = inserted->id;
    const ticket noted = record_own_act(context_, event_kind::signed_up, created->id, from);
    task<result<void>> accepted = acceptance(context_.data, later(inserted->wait_for, noted));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    count(context_.counters.sign_ups);
    co_return user_ptr(std::move(created));
}

task<result<user_ptr>> account_service::change_profile(principal who, profile_change wanted, caller from) {
    bool renames = false;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        validation checks;
        std::string why;
        const user before = u;
        if (wanted.username) {
            u.username = checks.accept("username", check_username(*wanted.username, u.email, why), why);
        }
        if (wanted.first_name) {
            u.first_name = checks.accept("first_name", check_personal_name(*wanted.first_name, why), why);
        }
        if (wanted.surname) {
            u.surname = checks.accept("surname", check_personal_name(*wanted.surname, why), why);
        }
        if (checks.failed()) {
            return checks.take();
        }
        renames = u.username != before.username;
        const bool same = !renames && u.first_name == before.first_name && u.surname == before.surname;
        return same ? user_edit::keep : user_edit::replace;
    };
    user_change change = change_own_user(context_, who, edit);
    if (change.replaced && renames) {
        change.wait_for =
            later(change.wait_for, record_own_act(context_, event_kind::username_changed, who.user->id, from));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<void>> account_service::change_password(principal who, secret_string current, secret_string desired,
                                                    caller from) {
    const std::optional<std::string> weak =
        check_new_password(desired.reveal(), context_.settings.passwords, who.user->email, who.user->username);
    if (weak) {
        validation checks;
        checks.refuse("new_password", *weak);
        co_return checks.take();
    }
    task<result<user_ptr>> proving = prove_owner(context_, who, std::move(current), from);
    const result<user_ptr> owner = co_await std::move(proving);
    if (!owner) {
        co_return owner.error();
    }
    secret_string normalized = normalize_password(desired.reveal());
    task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
    const result<std::string> hashed = co_await std::move(hashing);
    if (!hashed) {
        co_return hashed.error();
    }
    const family_id survivor = who.session;
    mailing_edit_function edit = [&, survivor](user& u, std::vector<mail>& mails) -> result<user_edit> {
        u.password_hash = *hashed;
        u.must_change_password = false;
        if (u.password_changed_at != timestamp{}) { // where none is kept, the record stays one that 0.1 reads
            u.password_changed_at = context_.time.now();
        }
        close_gate(u, gate_reason::password_change, survivor, context_.time.now());
        add_notice(context_, mail_kind::password_changed, u, from, mails);
        return user_edit::replace;
    };
    task<result<void>> changing =
        change_proven(context_, std::move(who), *owner, from, event_kind::password_changed, std::move(edit));
    co_return co_await std::move(changing);
}

task<result<void>> account_service::remove(principal who, secret_string current, caller from) {
    task<result<user_ptr>> proving = prove_owner(context_, who, std::move(current), from);
    const result<user_ptr> owner = co_await std::move(proving);
    if (!owner) {
        co_return owner.error();
    }
    mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        add_notice(context_, mail_kind::account_removed, u, from, mails);
        make_tombstone(u, context_.time.now());
        return user_edit::replace;
    };
    task<result<void>> changing =
        change_proven(context_, std::move(who), *owner, from, event_kind::account_removed, std::move(edit));
    co_return co_await std::move(changing);
}

task<result<user_ptr>> account_service::set_enabled(user_id id, bool enabled) {
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (u.gate.enabled == enabled) {
            return user_edit::keep;
        }
        u.gate.enabled = enabled;
        u.pending_approval = u.pending_approval && !enabled;
        if (!enabled) { // enabling leaves the epoch: what disabling ended stays ended
            close_gate(u, gate_reason::disabled, family_id{}, context_.time.now());
        }
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    if (change.replaced && !enabled) {
        change.wait_for = later(change.wait_for, record_revocation(context_, id, caller{}));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<user_ptr>> account_service::set_superuser(user_id id, bool is_superuser) {
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (u.is_superuser == is_superuser) {
            return user_edit::keep;
        }
        u.is_superuser = is_superuser;
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<user_ptr>> account_service::set_roles(user_id id, std::vector<std::string> roles) {
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (u.roles == roles) {
            return user_edit::keep;
        }
        u.roles = roles;
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, id, edit);
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

} // namespace pawl
