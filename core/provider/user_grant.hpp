// What a user can be asked for by a client: scopes by roles, and the APIs that a grant is for. Pure; any thread.
#pragma once

#include "core/family/scope_set.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"
#include "core/user/user.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// Of a built-in or a defined scope; std::nullopt if there is none of that name.
std::optional<scope_number> find_scope_number(const catalogue& all, std::string_view name);
// Names that mean nothing are left out.
scope_set scopes_of_names(const catalogue& all, const std::vector<std::string>& names);

// What a user with `roles` may have of the scopes that operators defined.
scope_set scopes_of_roles(const catalogue& all, const std::vector<std::string>& roles);
// What this user may have at all: of the built-in ones `admin` only as a superuser, and `introspect` never, since that
// one is for clients that speak for themselves.
scope_set scopes_of_user(const catalogue& all, const user& who);

// The numbers of the APIs that a grant is for: of `resources` where there are any, else those of the scopes. Only the
// client's own. std::nullopt if a resource is none of them, or there are more than family_grant::apis_max.
std::optional<std::vector<api_number>> apis_of_grant(const client& who, const catalogue& all,
                                                     const std::vector<std::string>& resources,
                                                     const scope_set& granted);

} // namespace pawl
