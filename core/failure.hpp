// What can be refused, and why: one enumeration for the whole domain. Words on the wire, HTTP statuses and sentences
// are chosen in one table, app/http/errors.cpp; here are only causes.
#pragma once

#include "core/clock.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace pawl {

enum class errc : std::uint8_t {
    // Refresh tokens and sessions.
    invalid_refresh_token = 1, // forged, garbled, of another client; no state was changed
    refresh_token_reused,      // this presentation was called reuse and ended the family
    session_revoked,           // the family was ended earlier, or its user's gate closed
    session_expired,           // idle or absolute expiry, or swept
    session_not_found,         // no such session of this user
    // Bearer access tokens.
    missing_access_token, // no bearer at all
    invalid_access_token, // not genuine, expired, or its family is not alive
    // Credentials.
    login_failed,      // unknown user, disabled user, wrong or empty password: never said which
    wrong_password,    // the current password of a signed-in user did not verify
    too_many_attempts, // throttled; retry_after says for how long
    email_taken,
    username_taken,
    validation_failed, // fields say what is wrong
    user_not_found,
    // Capacity.
    password_queue_full, // hash pool and queue are full; retry_after
    storage_unavailable, // the store can't take (or stand by) a change now; retry_after
    // Operators (docs/admin-api.md).
    not_admin,            // a genuine access token, but not of a superuser
    key_not_found,        // no such signing or refresh key
    key_active,           // the key that signs or mints can't be retired
    key_in_use,           // tokens of this key may still be presented
    key_file_read_only,   // a credential of the service manager, which no server may write
    signing_key_external, // HS256: SECRET_KEY is not in the key file
    too_many_keys,
    snapshot_under_way,
    not_on_disk,               // this world is in memory only
    operations_busy,           // too many operators' requests wait; retry_after
    events_gone,               // the log does not go on from there: retention took it, or it never went so far
    events_of_another_history, // a restore was made since, or before: the number means another event, or none
    // What the operator has configured.
    sign_up_closed,   // --sign-up closed or invite
    claims_too_large, // what --claims adds of this user does not fit into a token
    // Capacity, too.
    hash_memory_unavailable, // a hash got no memory, and decided nothing; retry_after
    // Clients, APIs, scopes (docs/provider.md).
    client_not_found,
    client_id_taken,
    api_not_found,
    api_taken, // its identifier
    scope_not_found,
    scope_taken,          // its name
    secret_not_found,     // no such secret of this client
    still_named,          // a client or a scope names what is to be removed
    too_many_entities,    // as many clients, APIs or scopes as there may be
    jwks_uri_off,         // the server fetches nothing from elsewhere
    invalid_client,       // unknown, disabled, or not proven to be it (RFC 6749 5.2); never said which
    unauthorized_client,  // this client may not do that
    invalid_scope,        // unknown, malformed, or more than this client may have
    invalid_target,       // an API that is unknown, or not this client's (RFC 8707 2)
    token_of_another,     // RFC 7009 2.1: the token was not issued to this client
    too_many_revocations, // of one client
    too_many_assertions,  // the table of used ones is full; retry_after
    insufficient_scope,   // a genuine access token without the scope that is wanted (RFC 6750 3.1)
    // Sign-in for clients.
    invalid_code,      // an authorization code: forged, expired, of another client or redirect URI, wrong verifier
    code_reused,       // this code was used before, so what it gave has been ended
    consent_not_found, // the user allows that client nothing
    too_many_consents, // of one user
    forward_denied,    // forward auth: a user without the role or scope that the host asks for
    // Second factors (docs/accounts.md).
    second_factor_required,    // a right password of a user who has to show more
    second_factor_failed,      // wrong, used, or of a factor that is gone: never said which
    step_expired,              // the sign-in's first step was too long ago, or something changed since
    reauthentication_required, // the session was not proven lately, or not by enough; retry_after: the window
    enrolment_required,        // the user has to have a second factor, and has none
    factor_not_found,
    too_many_factors, // of one user
    // Mail (docs/mail.md).
    mail_off,        // no relay is configured
    mail_queue_full, // as many mails wait as there may be; retry_after
    mail_not_found,  // unknown, or final and forgotten
    // Links of mails, and steps of the set-up of a factor (docs/accounts.md).
    link_invalid,     // not ours, not this user's, or for something else
    link_expired,     // ours, and too old
    link_used,        // used, or overtaken by a change
    already_verified, // the address of the account is proven
    // Who may sign up, and in (docs/accounts.md).
    domain_not_allowed, // an address of a domain that --sign-up-domain does not name
    approval_pending,   // a right password of an account that no operator has allowed yet
    email_not_verified, // a right password, and --require-verified-email
};

// One member of a request that is not acceptable. `message` is a sentence fragment for people.
struct field_error {
    std::string field;
    std::string message;
};

struct failure {
    errc code{};
    std::vector<field_error> fields{};
    seconds retry_after{0};

    failure() = default;         // result<T>::error() of Boost 1.81 wants it; no code is none of the causes
    failure(errc c) : code(c) {} // NOLINT(google-explicit-constructor): `return errc::login_failed;` is the point
    failure(errc c, std::vector<field_error> f) : code(c), fields(std::move(f)) {}
    failure(errc c, seconds after) : code(c), retry_after(after) {}
};

template <class T>
using result = boost::system::result<T, failure>;

// Required by result<T>::value(); Pawl tests has_value() first, so this is a broken invariant.
[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

} // namespace pawl
