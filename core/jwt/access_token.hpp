// Access tokens: JWS compact serialisation (RFC 7515) of RFC 9068 claims. Minting and checking are pure.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/jwt/key_ring.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct access_claims {
    std::string issuer;
    std::string audience;     // empty: the token has no aud, or a list
    user_id subject;          // where sub is an id
    std::string subject_name; // where sub is a name
    timestamp issued_at{};
    timestamp expires_at{};
    timestamp not_before{};               // filled by checking: the later of iat and nbf
    std::string jwt_id;                   // 128 random bits, base64url
    std::string client_id;                // "pawl" for first-party flows
    family_id session;                    // sid
    std::uint32_t generation = 0;         // gen
    std::string scope{};                  // filled by checking; empty: the token has none
    std::vector<std::string> audiences{}; // filled by checking where any audience is taken: all of aud
};

// The same as views, for minting: only what the call needs.
struct access_claims_view {
    std::string_view issuer, audience;
    user_id subject;
    timestamp issued_at{}, expires_at{};
    std::string_view jwt_id, client_id;
    family_id session;
    std::uint32_t generation = 0;
    std::string_view subject_name{};      // sub instead of the id, if it is not empty
    std::string_view members{};           // more claims as JSON members, e.g. `,"roles":[]`
    token_type type = token_type::at_jwt; // typ
    std::span<const std::string>
        audiences{}; // aud instead of `audience`, if it is not empty: a text, or a list of several
};

// header {"alg","typ","kid"}; claims iss, sub, aud (if there is one), exp, iat, jti, client_id, sid, gen, `members`.
// The memory is a spare text's (core/text/string_pool.hpp), and the caller's to give back.
std::string mint_access_token(const jws_key& key, const access_claims_view& claims);
std::string mint_access_token(const jws_key& key, const access_claims& claims);

enum class access_token_check : std::uint8_t {
    good = 0,
    malformed,   // not three strict base64url parts of JSON objects without duplicate members, or over 6,400 bytes
    wrong_type,  // typ is not at+jwt, and not JWT where that is taken
    unknown_key, // no such kid
    wrong_algorithm,
    forbidden_header, // crit, b64, jku, jwk, x5u, x5c ...
    bad_signature,
    bad_claims, // one is missing, of the wrong JSON type or out of range
    wrong_issuer,
    wrong_audience,
    issued_in_future,
    expired, // everything else is good; claims are filled (logout accepts these)
};
std::string_view to_text(access_token_check c); // for logs and --dev

// `proven`: core/jwt/verified_tokens.hpp knows these very bytes under this very ring, so the signature is not checked
// again. All else is.
enum class signature_state : std::uint8_t { unproven, proven };

// Which `aud` a token may have. Tokens of clients' families have a list where they are for several.
enum class audience_rule : std::uint8_t {
    exactly, // that one text, or none at all
    any,     // a text or a list: the caller looks at access_claims::audiences
};

struct access_token_expectations {
    std::string_view issuer;
    std::string_view audience; // empty: the token must have no aud. Not read where any is taken
    timestamp now{};
    seconds lifetime_max{};        // exp - iat may not exceed this
    seconds leeway{0};             // for iat in the future only
    bool subject_is_id = true;     // else sub is a name: any text, for the caller to compare with the user's
    bool takes_plain_type = false; // typ JWT as well as at+jwt
    audience_rule audiences = audience_rule::exactly;
};

inline constexpr std::size_t subject_name_size_max = 254; // bytes; no email or username is longer
// JSON with quotes and escapes (RFC 8259 7), appended. UTF-8 stays as it is.
void append_claim_text(std::string& out, std::string_view text);

// Checks all that docs/threat-model.md, "JWT", says is refused. Fills `claims` where good or expired.
access_token_check check_access_token(const key_ring& keys, std::string_view token,
                                      const access_token_expectations& expected, access_claims& claims,
                                      signature_state signature = signature_state::unproven);

} // namespace pawl
