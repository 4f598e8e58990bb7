// Scopes of first-party logins: which of those that operators defined a user has, by its roles. Pure, but
// for the last two.
#pragma once

#include "core/failure.hpp"
#include "core/family/scope_set.hpp"
#include "core/port/registry.hpp"
#include "core/provider/user_grant.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// What a login is granted that asks for the scopes in `asked` (names, single spaces between them): those of them that
// the roles allow, or all that they allow where nothing is asked for. Names that mean nothing here are dropped.
// invalid_scope where `asked` is malformed, or nothing of it is left.
result<scope_set> scopes_of_login(const catalogue& all, const std::vector<std::string>& roles,
                                  const std::optional<std::string>& asked);

// What the next access token of a family has that was granted `held`: what the roles still allow of it, narrowed to
// `asked` where that is given. invalid_scope where it asks for more than was granted (RFC 6749 6).
result<scope_set> scopes_of_refresh(const catalogue& all, const std::vector<std::string>& roles, const scope_set& held,
                                    const std::optional<std::string>& asked);

// Their names in the order of the catalogue, single spaces between them. A scope that was removed has none.
std::string scope_text(const catalogue& all, const scope_set& scopes);

// The scopes that operators defined; null where there are none, or no registry.
catalogue_ptr defined_scopes(const service_context& context);

// Whether a refusal to issue tokens rests on the user's record, and on what is defined.
constexpr bool rests_on_user(errc code) {
    return code == errc::claims_too_large || code == errc::invalid_scope;
}
// What such a refusal waits for.
result<ticket> observe_owner(const service_context& context, user_id id);

} // namespace pawl
