// The factors of an account: set up, list, rename, remove; by their owner, or by operators, who remove and never add.
// Adding and changing needs a session that was proven lately (second_factor.hpp): reauthentication_required.
#pragma once

#include "core/factor/word.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/last_proof.hpp"
#include "core/service/services.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pawl {

struct told_factor {
    user_factor facts;
    factor_state state; // its use
};
struct told_factors {
    std::vector<told_factor> factors;
    std::uint32_t recovery_left = 0; // codes that were not used yet
};

// A TOTP that is not there yet: nothing of it is stored.
struct offered_totp {
    secret_string capsule; // an enrolment: 10 minutes
    secret_string secret;  // Base32
    secret_string uri;     // otpauth://
};
struct new_recovery {
    user_factor facts;
    std::vector<secret_string> codes; // told once
};

class factor_service {
public:
    explicit factor_service(service_context context) : context_(std::move(context)) {}

    // invalid_access_token where the account is gone; storage_unavailable: so with all of these.
    task<result<told_factors>> list(principal who);
    // too_many_factors.
    task<result<offered_totp>> offer_totp(account_owner who);
    // Of a sign-in that a factor is set up for first: `step` is its login_step. step_expired.
    task<result<offered_totp>> offer_totp(secret_string step);
    // The same TOTP again, of a capsule that was offered to this user: its page is shown once more. link_invalid,
    // link_expired.
    task<result<offered_totp>> offer_again(account_owner who, secret_string capsule);
    // The factor is there once a code of its secret was shown, and that code is used. link_invalid, link_expired,
    // link_used (the account's factors are others by now), second_factor_failed, too_many_attempts, validation_failed.
    task<result<user_factor>> confirm_totp(principal who, secret_string capsule, secret_string code, std::string name,
                                           caller from);
    task<result<user_factor>> confirm_totp(secret_string step, secret_string capsule, secret_string code,
                                           std::string name, caller from);
    // A new set of codes in the place of the old one.
    task<result<new_recovery>> make_recovery(account_owner who, caller from);
    // factor_not_found, validation_failed.
    task<result<void>> rename(principal who, std::uint32_t factor, std::string name, caller from);
    // Remembered devices are forgotten, and every other session ends unless `keeps_sessions`. With the last factor the
    // recovery codes go. factor_not_found.
    task<result<void>> remove(account_owner who, std::uint32_t factor, bool keeps_sessions, caller from);
    task<result<void>> forget_devices(principal who, caller from);
    // Whether the session was proven lately, as adding and removing a factor wants it: nothing, or what refuses it.
    task<result<void>> check_recent(account_owner who);

    // --- By operators: user_not_found, factor_not_found, not_admin ...
    task<result<told_factors>> list(user_id id);
    // One, or all of them (0). Sessions stay, remembered devices do not.
    task<result<void>> remove(operator_caller by, user_id id, std::uint32_t factor);

private:
    service_context context_;
};

} // namespace pawl
