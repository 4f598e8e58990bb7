// What the services have in common: who asks, what they are built from, what a login gives.
#pragma once

#include "core/account/sign_up_policy.hpp"
#include "core/clock.hpp"
#include "core/factor/decide_login.hpp"
#include "core/factor/totp.hpp"
#include "core/failure.hpp"
#include "core/family/decide.hpp"
#include "core/family/family.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/jwt/verified_tokens.hpp"
#include "core/password/password.hpp"
#include "core/port/attempt_limiter.hpp"
#include "core/port/password_hasher.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"
#include "core/port/task.hpp"
#include "core/port/token_signer.hpp"
#include "core/provider/standard_claims.hpp"
#include "core/secret.hpp"
#include "core/service/check_counters.hpp"
#include "core/service/user_claims.hpp"
#include "core/user/user.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pawl {

class mail_service; // core/service/mail_service.hpp

// Where a request comes from, as far as the services care.
struct caller {
    peer_address address;
    std::string agent; // User-Agent, cut and cleaned as family_use wants it
};

// The client that asks for tokens, once it is known which: its number, which families keep, and its name, which access
// tokens say.
struct token_client {
    client_number number;
    std::string id;
};
inline token_client first_party() {
    return {first_party_client, std::string(first_party_client_id)};
}

// What a session is to be, beside whose it is.
struct new_session {
    token_client client;
    caller from;
    std::optional<std::string> scope{}; // asked for (RFC 6749 3.3); empty: nothing
    std::uint8_t acr = 0;               // what was proven, where more than a password plays a part; 0: not told
    std::uint16_t amr = 0;              // by what
};

struct service_settings {
    std::string issuer;
    std::string audience;     // empty: tokens have no aud
    token_contents tokens;    // what they say of their user
    sign_up_policy sign_up;   // who may make an account, and who may use it
    bool shows_links = false; // --admin-links show: an operator is given links instead of a mail to the user
    seconds access_token_ttl{600};
    seconds refresh_idle_ttl{14 * 86400};
    seconds refresh_absolute_ttl{90 * 86400};
    refresh_policy refresh;
    seconds code_ttl{60};                // --code-ttl: of authorization codes; at most code_ttl_max
    seconds web_session_ttl{14 * 86400}; // --session-ttl: of browser sessions, from the first sign-in
    seconds web_rotation{600};           // --web-rotation: age of a cookie that a page replaces; 0: none
    factor_policy require_factor = factor_policy::enrolled; // --require-factor
    seconds reauth_window{300};                             // --reauth-window
    seconds device_ttl{30 * 86400};                         // --device-ttl; 0: no device is remembered
    totp_kind totp;                                         // --totp: what new ones are
    std::size_t sessions_max = 1000;
    std::size_t clients_max = 10'000; // --max-clients
    password_rules passwords;
    std::size_t verified_tokens_max = verified_tokens::capacity_default; // remembered; constant
};

// Counters that /metrics shows; relaxed atomics, any thread.
struct service_counters {
    std::atomic<std::uint64_t> logins_ok{0}, logins_failed{0}, logins_throttled{0}, sign_ups{0}, rotations{0},
        replays{0}, reuses{0}, healed{0}, ahead_revoked{0}, reuse_suspected{0}, refused_dead{0}, refused_forged{0},
        refused_mismatch{0}, logouts{0}, evictions{0}, rehashes{0};
    check_counters checks;
};

// Everything a service needs; owned by app/main, outlives the services.
struct service_context {
    store& data;
    const clock& time;
    random_source& random;
    password_hasher& hasher;
    attempt_limiter& limiter;
    const service_settings& settings;
    service_counters& counters;
    // The key ring now; SIGHUP changes what it gives. Take it once per request.
    std::function<key_ring_ptr()> keys;
    registry* entities = nullptr;   // clients, APIs, scopes; null in tests of other things
    token_signer* signer = nullptr; // for ID tokens; null in tests of other things
    // Failures of second factors, of an account from anywhere: 5 in 15 minutes, 20 a day. Null: not counted.
    attempt_limiter* factor_limits = nullptr;
    attempt_limiter* factor_day_limits = nullptr;
    mail_service* mails = nullptr; // null in tests of other things
};

// A token response, as RFC 6749 5.1 has it.
struct issued_tokens {
    std::string access_token;
    secret_string refresh_token;
    seconds access_expires_in{};
    seconds refresh_expires_in{}; // to the family's idle or absolute expiry, whichever is first
    std::string scope{};          // what the access token has; empty: none was granted, or there are none
    std::string id_token{};       // of a grant with `openid` (OIDC Core 3.1.3.3); else empty
    family_id session{};          // of the exchange of a code: the family; else all zero
};

enum class refresh_kind : std::uint8_t { rotated, replayed, healed };

struct refreshed {
    issued_tokens tokens;
    refresh_kind kind{};
};

// Who a genuine, unexpired access token of a living family speaks for.
struct principal {
    user_ptr user;
    family_id session;
    std::uint32_t generation = 0;
    timestamp expires_at{};
    std::optional<builtin_scope> by_scope{}; // of a client's family: what it may do here; std::nullopt: the first party
};

} // namespace pawl
