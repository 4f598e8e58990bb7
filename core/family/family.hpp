// What a refresh token family is: the facts fixed at its creation, and the advisory record of its last use.
#pragma once

#include "core/clock.hpp"
#include "core/family/scope_set.hpp"
#include "core/family/word.hpp"
#include "core/ids.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// What was granted, beside the session itself. As in a new one: a first-party login without scopes.
struct family_grant {
    static constexpr std::size_t apis_max = 4;
    scope_set scopes;                           // tokens have these at most: never more than was granted at the start
    std::array<std::uint16_t, apis_max> apis{}; // numbers of APIs; 0: none. The first ones are used
    std::uint32_t claims = 0;                   // asked for by name: pack_claims() of core/provider/standard_claims.hpp
    std::uint32_t client_epoch = 0;             // the client's, at the login
    std::uint32_t consent_era = 0;              // consent::era at the login; 0: not told (records before version 3)

    friend constexpr bool operator==(const family_grant&, const family_grant&) = default;
};

// What its refresh tokens are bound to (RFC 9449, RFC 8705). Stored on disk: numbers are never reused.
enum class binding_kind : std::uint8_t { none = 0, proof_key = 1, certificate = 2 };
struct key_binding {
    binding_kind kind = binding_kind::none;
    std::array<std::uint8_t, 32> thumbprint{}; // SHA-256; all zero without a binding
    friend constexpr bool operator==(const key_binding&, const key_binding&) = default;
};

// How a user proved to be it, a bit each (RFC 8176); family_origin keeps them.
inline constexpr std::uint16_t amr_password = 1, amr_otp = 2, amr_mfa = 4;
// 0: not told. 1: a password (`urn:pawl:acr:1`). 2: two factors.
inline constexpr std::uint8_t acr_password = 1, acr_two_factors = 2;
inline constexpr std::string_view acr_names[] = {"", "urn:pawl:acr:1", "urn:pawl:acr:2"};

// The members `auth_time`, `acr` and `amr` of a token, each with a comma before it. None of a family that does not
// tell.
std::string proof_claims(timestamp auth_time, std::uint8_t acr, std::uint16_t amr);
// ["pwd","otp","mfa"]
std::string amr_json(std::uint16_t amr);

// Where the family came from: few have any of it, and it is each one's own.
struct family_origin {
    family_id parent{}; // the browser session that it hangs on; all zero: none
    key_binding binding;
    timestamp auth_time{}; // when the user proved to be it; 0: not told
    std::uint8_t acr = 0;  // how strongly; 0: not told
    std::uint16_t amr = 0; // by what; a bit each

    friend constexpr bool operator==(const family_origin&, const family_origin&) = default;
};

// Never changes after the family is created. Trivially copyable: lookups copy it out of the map.
struct family_facts {
    family_id id;
    user_id user;
    client_number client;    // 0: first party
    std::uint32_t epoch = 0; // the user's epoch at login (user_gate)
    timestamp created_at{};  // service time
    seconds idle_ttl{};      // as configured at login
    seconds absolute_ttl{};  // as configured at login, too; idle_ttl <= absolute_ttl <= 5 years
    family_grant grant;
    family_origin origin;

    friend constexpr bool operator==(const family_facts&, const family_facts&) = default;

    constexpr timestamp expires_at() const { return created_at + absolute_ttl; }
    constexpr timestamp rotated_at(family_word w) const { return created_at + seconds(w.rotated_at()); }
    constexpr timestamp idle_expires_at(family_word w) const {
        return std::min(rotated_at(w) + idle_ttl, expires_at());
    }
    // At its expiry instant a family is expired (RFC 7519 4.1.4: "on or after").
    constexpr bool expired(family_word w, timestamp now) const { return now >= idle_expires_at(w); }
};

// What a family hangs on beside its user: its client, and the browser session it is bound to. As they are now.
struct family_bonds {
    bool client_admits = true;     // the client is enabled, and its epoch is the family's
    bool is_withdrawn = false;     // the consent that it was made with (core/provider/consent.hpp)
    bool parent_may_live = true;   // the session's word is live, and the user's gate admits it; true without one
    timestamp parent_expires_at{}; // of that session, idle or absolute; not read without one
    family_word parent_word{};     // what a refusal for its sake rests on
};

// An address as 16 bytes: IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2); all zero where there is none (Unix sockets).
struct peer_address {
    std::array<std::uint8_t, 16> bytes{};
    friend constexpr bool operator==(const peer_address&, const peer_address&) = default;
};
// Text as people write it: "127.0.0.1", "2001:db8::1", or "" where there is none. The inverse gives nothing for other
// text.
std::string to_text(const peer_address& a);
std::optional<peer_address> peer_address_from_text(std::string_view text);

// Who used the family last, and when: for `/sessions` and as evidence, never for a decision. `agent` is the User-Agent
// header cut to agent_size_max bytes, control bytes removed.
struct family_use {
    static constexpr std::size_t agent_size_max = 255;
    timestamp at{};
    peer_address address;
    std::string agent;
};

} // namespace pawl
