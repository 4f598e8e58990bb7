// The built-in scopes with their numbers, and the claims that they release (OIDC Core 5.1 and 5.4). Pure.
#pragma once

#include "core/family/scope_set.hpp"
#include "core/user/user.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// As in builtin_scopes of core/provider/scope.cpp. Stored on disk: numbers are never reused.
enum class builtin_scope : std::uint8_t {
    openid = 0,
    profile = 1,
    email = 2,
    address = 3,
    phone = 4,
    offline_access = 5,
    roles = 6,
    account = 7,
    admin = 8,
    introspect = 9,
};
constexpr bool has(const scope_set& scopes, builtin_scope one) {
    return scopes.contains(static_cast<std::size_t>(one));
}

// Claims by name, a bit each: those of claims_supported(), in its order.
using claim_set = std::uint32_t;
std::span<const std::string_view> claims_supported(); // `sub` first; static
// The bit of a name; 0 if it is none of them.
claim_set claim_bit(std::string_view name);
// What the scopes release.
claim_set claims_of_scopes(const scope_set& scopes);

// JSON members with a comma before each, `sub` not among them: what `which` names and the user has; e.g.
// `,"email":"a@example.com","email_verified":true`. The user's own members come first; for a standard claim without one
// its attribute of that name stands, if that is of the claim's type.
std::string claim_members(const user& who, claim_set which);

// Claims asked for by name, as a family keeps them in one word of 32 bits (family_grant::claims). On disk: bits keep
// their meaning. Those of own_claims are kept for each of the two places; the others once, so that one which is asked
// for at either place comes at both (docs/decisions/0039-claims-in-one-word.md).
inline constexpr unsigned own_claims = 11;    // places 0 to 10: bits 0 to 10 for /userinfo, 16 to 26 for ID tokens
inline constexpr unsigned shared_claims = 10; // places 11 to 20: bits 11 to 15, then 27 to 31
std::uint32_t pack_claims(claim_set userinfo, claim_set id_token);
claim_set userinfo_claims_of(std::uint32_t packed);
claim_set id_token_claims_of(std::uint32_t packed);

} // namespace pawl
