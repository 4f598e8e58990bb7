// Security-relevant facts, in the past tense. They are appended to the log as evidence, never merged into state.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/ids.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// Stored on disk: numbers are never reused.
enum class event_kind : std::uint8_t {
    reuse_detected = 1,   // an old token came back and the family ended
    reuse_suspected = 2,  // three generations in a row were replayed, from differing places
    family_healed = 3,    // a token was ahead of the store and the store caught up
    family_ahead = 4,     // a token was ahead of the store and the family was ended
    sessions_revoked = 5, // logout/all, password change, disable, delete
    // What an operator did (docs/admin-api.md): `by` says who, `about` with what.
    user_created = 6,
    user_changed = 7, // `about` names the members
    user_removed = 8,
    user_logged_out = 9, // every session of the user
    session_ended = 10,  // one session
    session_minted = 11, // a session was opened for the user without its password
    key_added = 12,      // `about`: "signing KID", "refresh ID"
    key_retired = 13,    // `about` as in key_added
    // Refused logins, a bounded part of them (core/throttle/attempt_journal.hpp): `about` says how many like them were
    // not recorded.
    login_failed = 14,    // the password was wrong, or no user has that name (then `user` is 0)
    login_throttled = 15, // too many before: the password was not looked at
    // Also a bounded part: the predecessor of a current token came back and was given the same successor.
    token_replayed = 16,
    // What users did of themselves, `by` them:
    signed_up = 17,
    password_changed = 18, // a sessions_revoked goes with it
    account_removed = 19,  // a sessions_revoked goes with it
    // By the user or by an operator (then a user_changed is beside it): `by` says who.
    username_changed = 20,
    // What an operator did with clients, APIs and scopes (docs/provider.md): `about` has the client_id, the identifier
    // or the name, and for a change or a secret what it was.
    client_created = 21,
    client_changed = 22,
    client_removed = 23,
    client_logged_out = 24, // every token of the client
    client_secret_added = 25,
    client_secret_retired = 26,
    api_created = 27,
    api_changed = 28,
    api_removed = 29,
    scope_created = 30,
    scope_changed = 31,
    scope_removed = 32,
    // By a client (then `about` has its client_id and `by` is 0): a token without a session was ended.
    token_revoked = 33,
    // An authorization code came back, so the session that it had opened was ended: `last` is that session's last use.
    code_reused = 34,
    // What a user allows a client, `about` has its client_id: allowed (more), by the user; withdrawn, by the user or an
    // operator.
    consent_granted = 35,
    consent_withdrawn = 36,
    // Second factors, `about` has the kind and the number ("totp 3"). By the user, a removal by an operator too.
    factor_added = 37,
    factor_removed = 38,
    factor_renamed = 39,
    recovery_used = 40,
    second_factor_failed = 41, // after a right password, or in a session: a bounded part of them, as of login_failed
    stepped_up = 42,           // a session took the place of another, after its user proved more
    devices_forgotten = 43,    // remembered devices ask for the factor again
    // By links of mails: the user is the one who had the link.
    email_verified = 44,
    email_changed = 45,       // `about` has the address before
    email_change_undone = 46, // `about` has the address before; a sessions_revoked goes with it
    // A link to reset the password was asked for and is not sent: no user has that address (then `user` is 0), or too
    // many were asked for. One that is sent is a mail.
    reset_refused = 47,
    password_reset = 48, // a sessions_revoked goes with it
    invited = 49,        // by an operator: a pending account was made
    approved = 50,       // by an operator: an account that waited for that can be used
    // A link to make an account was asked for and is not sent: the address is that of a disabled account (then `user`
    // is its), or too many were asked for. One that is sent is a mail.
    sign_up_refused = 51,
};
inline constexpr event_kind last_event_kind = event_kind::sign_up_refused;
constexpr bool is_operators(event_kind k) {
    return (k >= event_kind::user_created && k <= event_kind::key_retired) ||
           (k >= event_kind::client_created && k <= event_kind::scope_removed) || k == event_kind::invited ||
           k == event_kind::approved;
}
// These are about a token of one generation where another was current.
constexpr bool has_generations(event_kind k) {
    return k < event_kind::user_created || k == event_kind::token_replayed || k == event_kind::code_reused;
}
// Whose `by` has to be told: it may be another than the user.
constexpr bool has_actor(event_kind k) {
    return is_operators(k) || k == event_kind::username_changed || k == event_kind::token_revoked ||
           k == event_kind::consent_granted || k == event_kind::consent_withdrawn || k == event_kind::factor_removed;
}
// These have `by` and `about`.
constexpr bool has_words(event_kind k) {
    return k >= event_kind::user_created;
}

// Both sides of the evidence: what was presented now, and what the family last knew.
struct security_event {
    event_kind kind{};
    user_id user;
    family_id family{}; // all zero where it is about all of the user's
    std::uint32_t generation_presented = 0;
    std::uint32_t generation_current = 0;
    family_use presented; // time, address and agent of this request
    family_use last;      // of the last rotation
    // Where has_words(kind) alone:
    user_id by;        // who, by bearer; 0: one who may use the data directory (admin socket, pawlctl)
    std::string about; // printable ASCII, cut to about_size_max

    static constexpr std::size_t about_size_max = 120;
};

// `about` of an act of a client, which has no user's id that could stand in `by`: what was done, then "by client:" and
// its id. Cut so that the client stays in it.
std::string about_by_client(std::string_view what, std::string_view client_id);
// The two parts again. `client_id` is empty where it was no client.
struct told_act {
    std::string_view what, client_id;
};
told_act read_act(std::string_view about);

// "reuse_detected", "login_failed" ...; "unknown" for one of a later version.
std::string_view name_of(event_kind kind);

// What a change of a family is called where it is told as an event.
inline constexpr std::string_view event_family_created = "family_created", event_family_rotated = "family_rotated",
                                  event_family_ended = "family_ended";
// Every kind there is: family_created, family_rotated, family_ended, then those of event_kind.
std::span<const std::string_view> event_kinds();
bool is_event_kind(std::string_view name);

} // namespace pawl
