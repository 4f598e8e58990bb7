// Accounts that are made by links: a sign-up by mail (--sign-up confirm), and an invitation that is taken.
#include "core/service/durable_answer.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/link_service.hpp"
#include "core/service/mail_cause.hpp"
#include "core/service/password_try.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/user/names.hpp"

#include <memory>
#include <utility>

namespace pawl {

namespace {

failure refused_field(std::string field, std::string why) {
    validation checks;
    checks.refuse(std::move(field), std::move(why));
    return checks.take();
}

failure failure_of(sign_up_decision why) {
    switch (why) {
    case sign_up_decision::domain_not_allowed:
        return {errc::domain_not_allowed};
    case sign_up_decision::password_too:
        return refused_field("password", "is required");
    default:
        return {errc::sign_up_closed};
    }
}

// What the user says of itself, beside the address.
struct own_words {
    std::string username, first_name, surname;
};
result<own_words> checked_words(const password_rules& rules, const completion& wanted, const std::string& email) {
    validation checks;
    std::string why;
    own_words out;
    out.username =
        wanted.username ? checks.accept("username", check_username(*wanted.username, email, why), why) : email;
    out.first_name = checks.accept("first_name", check_personal_name(wanted.first_name, why), why);
    out.surname = checks.accept("surname", check_personal_name(wanted.surname, why), why);
    if (const std::optional<std::string> weak =
            check_new_password(wanted.password.reveal(), rules, email, out.username)) {
        checks.refuse("password", *weak);
    }
    if (checks.failed()) {
        return checks.take();
    }
    return out;
}

void take_words(user& u, const own_words& words, const std::string& hashed) {
    u.username = words.username;
    u.first_name = words.first_name;
    u.surname = words.surname;
    u.password_hash = hashed;
}

void prove_address(user& u, timestamp now) {
    u.email_verified = true;
    u.email_verified_at = now;
}

} // namespace

// --- Sign-up by mail.

task<result<void>> link_service::ask_sign_up(std::string email, std::string lang, caller from) {
    const sign_up_decision decision = decide_sign_up(context_.settings.sign_up, sign_up_way::address, email);
    if (decision == sign_up_decision::sign_up_closed || decision == sign_up_decision::password_too) {
        co_return failure_of(decision);
    }
    if (std::optional<failure> no_mail = mails_.why_not()) {
        co_return *std::move(no_mail);
    }
    std::string why;
    const std::optional<std::string> address = check_email(email, why);
    if (!address) {
        co_return refused_field("email", why);
    }
    if (decision != sign_up_decision::send_link) {
        co_return failure_of(decision);
    }
    if (const std::optional<seconds> wait = limiter_.take_of_network(from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    const std::string folded = fold_login_name(*address);
    const user_ptr holder = context_.data.find_user_by_login(folded);
    const bool allowed = may_be_sent(holder.get(), folded, from);
    // One record either way, and one wait: the time tells nothing.
    result<ticket> rests = ticket::none;
    if (allowed && (!holder || holder->gate.enabled)) {
        mail_wish wish =
            wish_for(holder ? mail_kind::sign_up_taken : mail_kind::sign_up, holder ? *holder : user{}, from);
        if (!holder) {
            wish.address = *address;
            wish.lang = std::move(lang);
        }
        rests = mails_.send(wish);
    } else {
        rests = record_by_link(context_, event_kind::sign_up_refused, holder ? holder->id : user_id{}, from, {});
    }
    task<result<void>> accepted = acceptance(context_.data, rests);
    co_return co_await std::move(accepted);
}

link_decision link_service::decide_address(const opened_link& shown) const {
    const link_decision decision =
        decide_link(*context_.keys()->capsules, shown, link_purpose::sign_up, nullptr, context_.time.now());
    const bool is_taken = context_.data.find_user_by_login(fold_login_name(shown.link.address)) != nullptr;
    return is_taken && decision != link_decision::link_invalid ? link_decision::link_used : decision;
}

task<result<user_ptr>> link_service::make_account(opened_link shown, completion wanted, caller from) {
    const std::string email = shown.link.address;
    const link_decision seen = decide_address(shown);
    count_link(context_, link_purpose::sign_up, seen);
    if (seen != link_decision::good) {
        const user_ptr holder = context_.data.find_user_by_login(fold_login_name(email));
        task<failure> refusing = refused(seen, holder);
        co_return co_await std::move(refusing);
    }
    const sign_up_decision decision = decide_sign_up(context_.settings.sign_up, sign_up_way::link, email);
    if (decision != sign_up_decision::make && decision != sign_up_decision::make_pending) {
        co_return failure_of(decision); // the policy is another by now
    }
    const result<own_words> words = checked_words(context_.settings.passwords, wanted, email);
    if (!words) {
        co_return words.error();
    }
    const std::string account = sign_up_name(email);
    if (const std::optional<seconds> wait = context_.limiter.reserve(account, from.address)) {
        co_return failure(errc::too_many_attempts, *wait);
    }
    secret_string normalized = normalize_password(wanted.password.reveal());
    task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
    const result<std::string> hashed = co_await std::move(hashing);
    if (!hashed) {
        context_.limiter.give_back(account, from.address); // nothing was tried
        co_return hashed.error();
    }
    auto created = std::make_shared<user>();
    created->email = email;
    created->created_at = context_.time.now();
    take_words(*created, *words, *hashed);
    prove_address(*created, created->created_at);
    if (decision == sign_up_decision::make_pending) {
        make_pending(*created);
    }
    const result<store::insert_user_result> inserted = context_.data.insert_user(*created);
    if (!inserted) {
        context_.limiter.give_back(account, from.address); // none of the client's doing
        co_return inserted.error();
    }
    if (inserted->email_taken || inserted->username_taken) { // of two completions at once one gets here
        task<failure> refusing =
            refusal(context_.data, inserted->email_taken ? errc::link_used : errc::username_taken, inserted->wait_for);
        co_return co_await std::move(refusing);
    }
    context_.limiter.passed(account, from.address);
    created->id = inserted->id;
    const ticket noted = record_own_act(context_, event_kind::signed_up, created->id, from);
    task<result<void>> accepted = acceptance(context_.data, later(inserted->wait_for, noted));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    context_.counters.sign_ups.fetch_add(1, std::memory_order_relaxed);
    co_return user_ptr(std::move(created));
}

// --- An invitation.

task<result<user_ptr>> link_service::complete(completion wanted, caller from) {
    std::optional<opened_link> shown = open(wanted.capsule);
    if (shown && shown->link.purpose == link_purpose::sign_up) {
        task<result<user_ptr>> making = make_account(*std::move(shown), std::move(wanted), std::move(from));
        co_return co_await std::move(making);
    }
    task<result<user_ptr>> taking = take_invitation(std::move(wanted), std::move(from));
    co_return co_await std::move(taking);
}

task<result<user_ptr>> link_service::take_invitation(completion wanted, caller from) {
    task<result<held_link>> holding = hold(wanted.capsule, link_purpose::invite);
    const result<held_link> held = co_await std::move(holding);
    if (!held) {
        co_return held.error();
    }
    const result<own_words> words = checked_words(context_.settings.passwords, wanted, held->user->email);
    if (!words) {
        co_return words.error();
    }
    secret_string normalized = normalize_password(wanted.password.reveal());
    task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
    const result<std::string> hashed = co_await std::move(hashing);
    if (!hashed) {
        co_return hashed.error();
    }
    const opened_link& shown = held->shown;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        if (const link_decision d = decide(shown, link_purpose::invite, u); d != link_decision::good) {
            return pawl::failure_of(d);
        }
        take_words(u, *words, *hashed);
        u.pending_approval = false;
        u.gate.enabled = true;
        if (shown.link.mailed) {
            prove_address(u, context_.time.now());
        }
        return user_edit::replace;
    };
    user_change change = change_user(context_.data, held->user->id, edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_own_act(context_, event_kind::signed_up, held->user->id, from));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error().code == errc::user_not_found ? failure(errc::link_used) : settled.error();
    }
    context_.counters.sign_ups.fetch_add(1, std::memory_order_relaxed);
    co_return *settled;
}

} // namespace pawl
