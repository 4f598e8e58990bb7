// What is done by links in mails: an address is proven or changed, a password is reset, a change of the address undone,
// an account made, an invitation taken. What a link is: core/account/link.hpp; how many mails may be asked for:
// core/account/link_limits.hpp. Who the operators are and what they do with links: link_service_operators.cpp.
#pragma once

#include "core/account/link.hpp"
#include "core/mail/mail.hpp"
#include "core/port/link_limiter.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/mail_service.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pawl {

// An operator's wish for an account that its user completes.
struct invitation {
    std::string email;
    std::vector<std::string> roles;
    seconds life{0}; // of the link; 0: as usual
};
inline constexpr int invitation_days_max = 30;

// What the invited user says.
struct completion {
    secret_string capsule;
    secret_string password;
    std::optional<std::string> username; // absent: the email
    std::string first_name, surname;
};

// What an operator is answered: the link is mailed, or shown to the operator (--admin-links show).
struct operators_link {
    user_ptr user;
    std::string url; // empty: mailed
    timestamp expires_at{};
};

class link_service {
public:
    // All outlive it. `mails` is that of the context.
    link_service(service_context context, mail_service& mails, consent_service& consents, link_limiter& limiter)
        : context_(std::move(context)), mails_(mails), consents_(consents), limiter_(limiter) {}

    // The link that a waiting mail is sent with: see link_maker. Any thread.
    std::optional<std::string> link_for(const mail& m, const user_ptr& u) const;

    // What a link is for and whether it is good now, for the page that it opens. Changes nothing.
    struct looked {
        link_decision decision = link_decision::link_invalid;
        link_purpose purpose{};
        std::string address;       // that it is about: of the link, else of the account
        bool wants_factor = false; // reset_password alone: see reset()
    };
    looked look(std::string_view capsule) const;

    // --- Anyone. mail_off, mail_queue_full, validation_failed, too_many_attempts (of the caller's network),
    // storage_unavailable: the same for every address. Success says nothing of whether a mail is sent.
    task<result<void>> forgot(std::string email, caller from);

    // A sign-up by mail (--sign-up confirm): a link to who has no account, else a mail that says so. Stores nothing of
    // the account. As forgot(); sign_up_closed, domain_not_allowed. `lang`: of the mail to a new address.
    task<result<void>> ask_sign_up(std::string email, std::string lang, caller from);

    // --- Who has a link. link_invalid, link_expired, link_used, storage_unavailable; and
    // validation_failed, password_queue_full, hash_memory_unavailable. Every session ends. What an account had before
    // its address was first proven is dropped: it may have been made by another than who has the mailbox. Where the
    // account has a second factor, and its address was proven before, a code of it is wanted, too:
    // second_factor_required where `codes` are empty; second_factor_failed, too_many_attempts.
    task<result<void>> reset(secret_string capsule, secret_string desired, shown_codes codes, caller from);
    // By a session of the account, or its password (exactly one is given): the mailbox alone does not bless an account
    // that a stranger made. Success, too, where it is done already. wrong_password, too_many_attempts ...
    task<result<void>> verify(secret_string capsule, std::optional<principal> who,
                              std::optional<secret_string> password, caller from);
    // email_taken, too_many_attempts (as many addresses were given up as are kept).
    task<result<void>> change_email(secret_string capsule, caller from);
    // The address of before is the account's again whatever is there now; every session ends, factors that were added
    // since are gone, and a link to reset the password is sent. email_taken.
    task<result<void>> undo_email(secret_string capsule, caller from);
    // The account of an invitation, or of a sign-up by mail: the policy is asked once more (sign_up_closed,
    // domain_not_allowed), and tries are counted as sign-ups are (too_many_attempts). validation_failed,
    // username_taken, password_queue_full, hash_memory_unavailable.
    task<result<user_ptr>> complete(completion wanted, caller from);

    // --- A signed-in user. mail_off, mail_queue_full, too_many_attempts, invalid_access_token, storage_unavailable.
    // already_verified.
    task<result<void>> ask_verification(principal who, caller from);
    // A link to the new address, which changes nothing yet. wrong_password, validation_failed. The same for an address
    // that has an account.
    task<result<void>> ask_change(principal who, secret_string current, std::string new_email, caller from);

    // --- Operators. not_admin, invalid_access_token, mail_off, mail_queue_full, storage_unavailable.
    // A pending, disabled user, and the mail to it. validation_failed, email_taken.
    task<result<operators_link>> invite(operator_caller by, invitation wanted);
    // The account is gone before it began. user_not_found: or it is no pending invitation.
    task<result<void>> withdraw_invitation(operator_caller by, user_id id);
    // user_not_found, also where it is disabled.
    task<result<operators_link>> send_reset(operator_caller by, user_id id);
    // A mail that asks the user to prove the address. already_verified, user_not_found.
    task<result<void>> send_verification(operator_caller by, user_id id);

private:
    std::string url_of(const secret_string& capsule) const;
    std::optional<opened_link> open(const secret_string& capsule) const;
    link_decision decide(const opened_link& shown, link_purpose wanted, const user& u) const;
    // What refuses the link; waits for what that rests on. Awaited directly.
    task<failure> refused(link_decision why, const user_ptr& u);
    // The link and its user, or the refusal. Awaited directly.
    struct held_link {
        opened_link shown;
        user_ptr user;
        bool done = false; // already_done
    };
    task<result<held_link>> hold(const secret_string& capsule, link_purpose wanted);
    // Of a link of a sign-up: used where the address has an account.
    link_decision decide_address(const opened_link& shown) const;
    task<result<user_ptr>> make_account(opened_link shown, completion wanted, caller from);
    task<result<user_ptr>> take_invitation(completion wanted, caller from);
    bool may_be_sent(const user* u, std::string_view folded, const caller& from);
    result<operators_link> shown_link(mail_kind kind, const user_ptr& u, seconds life);
    // What the code waits for. Awaited directly.
    task<result<ticket>> prove_for_reset(const user_ptr& owner, shown_codes codes, const caller& from);
    task<result<void>> withdraw_consents(user_id id, const caller& from);

    service_context context_;
    mail_service& mails_;
    consent_service& consents_;
    link_limiter& limiter_;
};

// Whether the account waits for its invited user: made by an operator, without a password yet.
inline bool is_invited(const user& u) {
    return u.pending_approval && !u.gate.enabled && u.password_hash.empty() && !u.deleted;
}

} // namespace pawl
