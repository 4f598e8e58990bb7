// Access tokens of clients that speak for themselves (client credentials): JWTs of RFC 9068 without a family. They live
// until they expire, unless their client says otherwise: `client_epoch` says how the client was when they were made.
// A token of a user always has a family (`sid`), and no token is both. Minting and checking are pure.
#pragma once

#include "core/jwt/access_token.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

struct machine_claims {
    std::string issuer;
    std::string client_id;              // sub is "client:" and this
    std::vector<std::string> audiences; // 1 to machine_audiences_max; aud is a text where there is one, else a list
    std::string scope;                  // names with single spaces between; empty: the token has no scope
    timestamp issued_at{};
    timestamp expires_at{};
    timestamp not_before{};                // filled by checking: the later of iat and nbf
    std::array<std::uint8_t, 16> jwt_id{}; // jti is its base64url
    std::uint64_t stamp = 0;               // client_epoch: core/provider/client_stamp.hpp, as 16 lower-case hex digits

    friend bool operator==(const machine_claims&, const machine_claims&) = default;
};

inline constexpr std::size_t machine_audiences_max = 17; // as claim_audiences_max
// All claims as JSON, in bytes: as of users' tokens, so that a token fits what we read and a header of a request.
inline constexpr std::size_t machine_claims_size_max = 4096;

// The claims as JSON: what machine_claims_size_max bounds.
std::string machine_claims_json(const machine_claims& claims);
// header {"alg","typ":"at+jwt","kid"}. `json`: machine_claims_json(). The memory is a spare text's.
std::string mint_machine_token(const jws_key& key, std::string_view json);

struct machine_token_expectations {
    std::string_view issuer;
    timestamp now{};
    seconds lifetime_max{}; // exp - iat may not exceed this
    seconds leeway{0};      // for iat in the future only
};

// As strict as check_access_token(). One with `sid` or `gen` is bad_claims: it is a user's. Fills `claims` where good
// or expired. Which audience it must have is for the caller to ask, and whether its client lives.
access_token_check check_machine_token(const key_ring& keys, std::string_view token,
                                       const machine_token_expectations& expected, machine_claims& claims,
                                       signature_state signature = signature_state::unproven);

// Whether what looks like a JWT names a family: which of the two checks it is for. Proves nothing.
bool names_session(std::string_view token);

} // namespace pawl
