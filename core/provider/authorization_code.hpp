// Authorization codes (RFC 6749 4.1.2): capsules that carry all that the exchange needs. Using one is inserting the
// family whose id it carries, so nothing is kept of a code, and one that comes back finds its family.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/ids.hpp"
#include "core/provider/authorization_request.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr seconds code_ttl{60};
// The family that a code made is what tells that the code was used. So it is found, dead or not, until no code of its
// time is good any more, by any setting of --code-ttl, and a while longer.
inline constexpr seconds code_family_slack{300};
inline constexpr seconds code_family_kept = code_ttl_max + code_family_slack;
// Whether a code that made this family may still be good. False for the first party and for browser sessions.
constexpr bool may_await_its_code(const family_facts& facts, timestamp now) {
    return facts.client >= first_registered_client && now < facts.created_at + code_family_kept;
}

struct authorization_code {
    family_id grant; // F
    client_number client;
    user_id user;
    std::uint32_t user_epoch = 0, client_epoch = 0; // as they were when it was issued
    std::uint64_t consent_version = 0;              // the era of the consent that it rests on; 0: none
    family_id session;                              // the browser session; all zero: none (POST /dev/code)
    bool bound = false;                             // the family hangs on that session
    timestamp issued_at{}, expires_at{}, auth_time{};
    std::uint8_t acr = 0;
    std::uint16_t amr = 0;
    scope_set scopes;
    std::array<std::uint16_t, family_grant::apis_max> apis{};
    claim_set userinfo_claims = 0, id_token_claims = 0;
    std::array<std::uint8_t, 16> redirect_uri_hash{}; // BLAKE2b-128
    bool redirect_uri_given = true;                   // in the request: then it must come again
    std::optional<std::array<std::uint8_t, 32>> code_challenge;
    std::string nonce; // at most nonce_size_max

    friend bool operator==(const authorization_code&, const authorization_code&) = default;
};

// The code that a decided request is answered with, good for code_ttl; `decided` is a grant. Claims are asked for only
// with `openid`. Pure.
authorization_code code_for(const authorization_request& asked, const authorization_step& decided, const client& who,
                            const catalogue& all, const signed_in& browser, std::uint16_t amr, timestamp now);
// Whether a family of that client hangs on the browser session that it was made in: without `offline_access`, and as
// the client's record says.
bool is_bound(const client& who, const scope_set& granted);

// std::nullopt where a date or the nonce has no place in it.
std::optional<secret_string> seal_code(const capsule_ring& ring, const authorization_code& code, std::uint64_t mark,
                                       random_source& random);
// std::nullopt if it is not ours (C1).
std::optional<authorization_code> open_code(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

std::array<std::uint8_t, 16> hash_of_redirect_uri(std::string_view uri);

// --- C2 and C3 of the table (docs/architecture.md): what is looked at before the family. First match wins.
struct presented_code {
    client_number client;
    std::string_view redirect_uri; // as sent at the exchange
    bool redirect_uri_sent = false;
    std::optional<std::string_view> code_verifier;
};
enum class code_verdict : std::uint8_t {
    not_genuine, // C1
    mismatch,    // C2 invalid_grant, nothing written
    stale,       // C3 only where F is absent: expired, or a gate, session or consent is not as it was
    good,        // C4: insert F; where F exists: C5, C6
};
// What is true now of what the code rests on.
struct code_surroundings {
    bool user_admits = false;    // enabled, and the epoch is the code's
    bool client_admits = false;  // enabled, and the epoch is the code's
    bool session_lives = false;  // or there is none
    bool consent_stands = false; // it has the scopes, in the code's era; or the code rests on none
    timestamp now{};
};
// C2 whatever `now` says; `stale` says nothing of whether F is there.
code_verdict check_code(const authorization_code& code, const presented_code& shown, const code_surroundings& now);

} // namespace pawl
