// Logins and what follows from them: issue, rotate, replay, reuse, revoke, list.
#pragma once

#include "core/service/second_factor.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct login_answer {
    issued_tokens tokens;
    std::optional<wanted_factor> wanted{}; // then there are no tokens: more has to be shown
    secret_string device{};                // a remembered device; empty: none was asked for
};

class session_service {
public:
    explicit session_service(service_context context) : context_(std::move(context)) {}

    // `name` is an email or a username. Counts the attempt, tries the password (password_try.hpp), then issues a new
    // family, of the client that asks, under the epoch read together with the hash it verified. Rehashes where cost
    // changed. login_failed, too_many_attempts, password_queue_full, hash_memory_unavailable, storage_unavailable.
    // Where operators defined scopes, invalid_scope too (user_scopes.hpp). second_factor_required and
    // enrolment_required where a password is not enough.
    task<result<issued_tokens>> login(std::string name, secret_string password, new_session wanted);

    // The same with a second factor where one is wanted (core/factor/decide_login.hpp). `codes` are tried where the
    // user has a factor, and passed over where not. `device` stands for them; `remembers`: give one.
    // second_factor_failed, too.
    task<result<login_answer>> sign_in(std::string name, secret_string password, new_session wanted, shown_codes codes,
                                       secret_string device, bool remembers);
    // The second step of such a sign-in. step_expired, second_factor_failed, enrolment_required, too_many_attempts ...
    task<result<login_answer>> sign_in_step(secret_string step, shown_codes codes, bool remembers, token_client client,
                                            caller from);
    // A new session in the place of this one (status superseded), proven now: by the password, a code, or both. At
    // least one is given. `acr_wanted`: refuse (second_factor_required) if what is given proves less. wrong_password,
    // second_factor_failed, too_many_attempts, invalid_access_token ...
    task<result<issued_tokens>> step_up(principal who, secret_string password, shown_codes codes,
                                        std::uint8_t acr_wanted, caller from);

    // One presentation of a refresh token (decide.hpp) by `client`; the token of another client's family is
    // invalid_refresh_token, and nothing changes (case 3). refresh_token_reused, session_revoked, session_expired,
    // storage_unavailable.
    // `scope` narrows the access token of a family that has scopes, `resources` (RFC 8707) that of a client's family:
    // invalid_scope, invalid_target before anything has changed. Of another client than the first party: invalid_client
    // where it is disabled or removed by now, unauthorized_client where its grants have no refresh_token; with `openid`
    // there is a new ID token, so password_queue_full too.
    task<result<refreshed>> refresh(secret_string token, token_client client, caller from,
                                    std::optional<std::string> scope = {}, std::vector<std::string> resources = {});

    // Ends the family of any genuine generation, expired or not, of any client; success also where it is unknown or has
    // ended already (RFC 7009 2.2).
    task<result<void>> logout(secret_string token, caller from);
    task<result<void>> logout_session(family_id session, caller from);
    // Closes the user's gate on every family.
    task<result<void>> logout_all(principal who, caller from);

    // The user's living families, most recently used first.
    task<result<std::vector<family_details>>> list(principal who);
    // session_not_found for what is not this user's or has ended; one that has only expired is ended.
    task<result<void>> end(principal who, family_id session, caller from);
    // Every living family of the user but the caller's.
    task<result<void>> end_others(principal who, caller from);

private:
    service_context context_;
};

} // namespace pawl
