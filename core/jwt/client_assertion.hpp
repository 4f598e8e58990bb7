// Client assertions (RFC 7521 4.2, RFC 7523 2.2 and 3; OpenID Connect Core 9, private_key_jwt): a JWT by which a client
// proves who it is. Pure: time is passed in. That an assertion is taken once is core/provider/assertion_table's to see.
#pragma once

#include "core/clock.hpp"
#include "core/jwt/key_ring.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr std::string_view client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// How long after its making (iat, else nbf) an assertion is taken, whatever its exp.
inline constexpr seconds assertion_life_max{600};
// How far ahead exp may lie: some libraries write an hour, and no more is meant seriously.
inline constexpr seconds assertion_exp_max{3600};
// How far ahead of ours a client's clock may be.
inline constexpr seconds assertion_skew{30};
// How long one is taken that says neither when it was made nor from when on it holds.
inline constexpr seconds undated_life_max{60};
inline constexpr std::size_t assertion_id_size_max = 255; // bytes of jti

enum class assertion_check : std::uint8_t {
    good = 0,
    malformed,        // not three strict base64url parts of JSON objects without duplicate members, or over 6,400 bytes
    forbidden_header, // crit, b64, jku, jwk, x5u, x5c ...
    wrong_type,       // typ says that it is another kind of JWT
    unknown_key,      // no key of this kid, or none of this algorithm
    bad_signature,
    bad_claims,   // one is missing, of the wrong JSON type or out of range
    wrong_client, // iss or sub is not the client
    wrong_audience,
    not_yet, // iat or nbf is in the future
    expired, // exp has passed, or it was made too long ago
    ends_too_late,
    before_start, // it may have been taken before this server started
};
std::string_view to_text(assertion_check c); // for logs and --dev

struct assertion_expectations {
    std::string_view client_id;
    // What `aud` may be, as one string or as a list of exactly one.
    std::string_view issuer, token_endpoint;
    timestamp now{};
    // Since when this process serves a store that was served before; std::nullopt if it never was. What was taken
    // before then is not known any more.
    std::optional<timestamp_ms> serving_since{};
};

struct assertion_claims {
    std::string id;      // jti
    timestamp ends_at{}; // it is not taken from here on; at most now + assertion_life_max + assertion_skew
};

// Fills `claims` where good. The algorithm is the key's; the header's `alg` only chooses among the keys. With `kid` the
// key has to have it; without, every key of the algorithm is tried.
assertion_check check_client_assertion(std::span<const std::shared_ptr<const jws_key>> keys, std::string_view assertion,
                                       const assertion_expectations& expected, assertion_claims& claims);

// `sub`, read without any check: it only says whose keys to check with. std::nullopt if it is not a JWT with `sub`.
std::optional<std::string> claimed_subject(std::string_view assertion);

} // namespace pawl
