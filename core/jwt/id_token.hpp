// ID tokens (OIDC Core 2): what they say, and hints made of them. They are never taken as access tokens: typ is JWT,
// and there is no `gen`.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/jwt/key_ring.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

struct id_token_claims {
    std::string issuer, client_id; // iss, aud and azp
    user_id subject;
    timestamp issued_at{}, expires_at{};
    timestamp auth_time{};    // 0: not told
    std::string nonce;        // empty: none
    std::string acr;          // empty: none
    std::uint16_t amr = 0;    // bits (core/family/family.hpp); 0: not told
    std::string session;      // sid: one a browser and client (session_name())
    std::string access_token; // for at_hash; empty: none
    std::string members;      // more claims as JSON members, a comma before each
};
// Header and payload in base64url with a dot between, for token_signer::sign() with `key`. at_hash by the hash of the
// key's algorithm (EdDSA: SHA-512).
std::string id_token_signing_input(const jws_key& key, const id_token_claims& claims);

// `sid` of ID tokens: BLAKE2b-128 of the browser session (without one: the family) and the client under a key of the
// key file, in base64url. One a browser and client, not to be linked across clients.
std::string session_name(const key_ring& keys, const family_id& session, client_number client);

// An ID token as a hint (OIDC Core 3.1.2.1, RP-Initiated Logout 2): genuine, of this issuer; expired is fine, and so is
// a key that only verifies. std::nullopt if it is not, and always under HS256: there are no ID tokens then, and every
// service that has the secret could make one. Whether the client may show it is for the caller to ask.
struct id_token_hint {
    user_id subject;
    std::string client_id, session;
};
std::optional<id_token_hint> read_id_token_hint(const key_ring& keys, std::string_view token, std::string_view issuer);

} // namespace pawl
