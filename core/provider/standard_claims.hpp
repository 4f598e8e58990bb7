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

// Claims by name, a bit each: those of claims_supported(), in its order. A family keeps the set (family_grant::claims).
using claim_set = std::uint32_t;
std::span<const std::string_view> claims_supported(); // `sub` first; static
// The bit of a name; 0 if it is none of them.
claim_set claim_bit(std::string_view name);
// What the scopes release.
claim_set claims_of_scopes(const scope_set& scopes);

// JSON members with a comma before each, `sub` not among them: what `which` names and the user has; e.g.
// `,"email":"a@example.com","email_verified":true`. updated_at is not known and never given.
std::string claim_members(const user& who, claim_set which);

} // namespace pawl
