#include "core/provider/user_grant.hpp"

#include "core/family/family.hpp"
#include "core/provider/standard_claims.hpp"

#include <algorithm>
#include <cstdint>

namespace pawl {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

bool allows(const scope& s, const std::vector<std::string>& roles) {
    return s.roles.empty() ||
           std::ranges::any_of(roles, [&](const std::string& role) { return contains(s.roles, role); });
}

} // namespace

std::optional<scope_number> find_scope_number(const catalogue& all, std::string_view name) {
    const std::span<const std::string_view> builtin = builtin_scope_names();
    const auto at = std::ranges::find(builtin, name);
    if (at != builtin.end()) {
        return scope_number{static_cast<std::uint16_t>(at - builtin.begin())};
    }
    const scope* const defined = all.find_scope(name);
    return defined == nullptr ? std::nullopt : std::optional(defined->number);
}

scope_set scopes_of_names(const catalogue& all, const std::vector<std::string>& names) {
    scope_set out;
    for (const std::string& name : names) {
        if (const std::optional<scope_number> number = find_scope_number(all, name)) {
            out.insert(number->value);
        }
    }
    return out;
}

scope_set scopes_of_roles(const catalogue& all, const std::vector<std::string>& roles) {
    scope_set out;
    for (const scope_ptr& s : all.scopes) {
        if (allows(*s, roles)) {
            out.insert(s->number.value);
        }
    }
    return out;
}

scope_set scopes_of_user(const catalogue& all, const user& who) {
    scope_set out = scopes_of_roles(all, who.roles);
    for (const builtin_scope one :
         {builtin_scope::openid, builtin_scope::profile, builtin_scope::email, builtin_scope::address,
          builtin_scope::phone, builtin_scope::offline_access, builtin_scope::roles, builtin_scope::account}) {
        out.insert(static_cast<std::size_t>(one));
    }
    if (who.is_superuser) {
        out.insert(static_cast<std::size_t>(builtin_scope::admin));
    }
    return out;
}

std::optional<std::vector<api_number>> apis_of_grant(const client& who, const catalogue& all,
                                                     const std::vector<std::string>& resources,
                                                     const scope_set& granted) {
    std::vector<api_number> out;
    const auto add = [&](std::string_view identifier) {
        const api* const known = contains(who.apis, identifier) ? all.find_api(identifier) : nullptr;
        if (known != nullptr && std::ranges::find(out, known->number) == out.end()) {
            out.push_back(known->number);
        }
        return known != nullptr;
    };
    for (const std::string& resource : resources) {
        if (!add(resource)) {
            return std::nullopt;
        }
    }
    if (resources.empty()) {
        for (const scope_ptr& s : all.scopes) {
            if (granted.contains(s->number.value) && !s->api.empty()) {
                add(s->api);
            }
        }
    }
    return out.size() > family_grant::apis_max ? std::nullopt : std::optional(std::move(out));
}

} // namespace pawl
