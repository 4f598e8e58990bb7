#include "core/provider/machine_grant.hpp"

#include "core/provider/token_shape.hpp"

#include <algorithm>

namespace pawl {

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

void add_once(std::vector<std::string>& names, std::string_view name) {
    if (!contains(names, name)) {
        names.emplace_back(name);
    }
}

bool may_be_granted(const catalogue& all, std::string_view scope) {
    return is_builtin_scope(scope) ? is_machine_scope(scope) : all.find_scope(scope) != nullptr;
}

result<std::vector<std::string>> granted_scopes(const client& who, const catalogue& all, const machine_ask& asked) {
    std::vector<std::string> granted;
    for (const std::string& name : asked.scopes) {
        if (!contains(who.scopes, name) || !may_be_granted(all, name)) {
            return errc::invalid_scope;
        }
        add_once(granted, name);
    }
    if (!asked.scopes.empty()) {
        return granted;
    }
    for (const std::string& name : who.default_scopes.empty() ? who.scopes : who.default_scopes) {
        if (contains(who.scopes, name) && may_be_granted(all, name)) {
            add_once(granted, name);
        }
    }
    return granted;
}

// Our own audience is the client's where one of the scopes of our API is, or where it has no API at all.
bool may_ask_us(const client& who) {
    return who.apis.empty() || std::ranges::any_of(who.scopes, is_machine_scope);
}

// The audiences, before it is asked whether they may be.
std::vector<std::string> wanted_audiences(const client& who, const catalogue& all, const machine_ask& asked,
                                          const std::vector<std::string>& scopes, std::string_view ours) {
    std::vector<std::string> wanted;
    for (const std::string& resource : asked.resources) {
        add_once(wanted, resource);
    }
    if (!wanted.empty()) {
        return wanted;
    }
    for (const std::string& name : scopes) {
        const scope* const known = all.find_scope(name);
        if (is_machine_scope(name)) {
            add_once(wanted, ours);
        } else if (known != nullptr && !known->api.empty()) {
            add_once(wanted, known->api);
        }
    }
    if (wanted.empty()) {
        wanted.emplace_back(who.apis.empty() ? ours : std::string_view(who.apis.front()));
    }
    return wanted;
}

} // namespace

bool is_machine_scope(std::string_view builtin) noexcept {
    return builtin == admin_scope || builtin == introspect_scope;
}

result<machine_grant> decide_machine_grant(const client& who, const catalogue& all, const machine_ask& asked,
                                           const machine_defaults& ours) {
    if (!who.client_credentials || !who.confidential) {
        return errc::unauthorized_client;
    }
    result<std::vector<std::string>> scopes = granted_scopes(who, all, asked);
    if (!scopes) {
        return scopes.error();
    }
    machine_grant grant;
    grant.scopes = *std::move(scopes);
    grant.audiences = wanted_audiences(who, all, asked, grant.scopes, ours.audience);
    for (const std::string& identifier : grant.audiences) {
        const bool is_its_own = contains(who.apis, identifier) && all.find_api(identifier) != nullptr;
        if (!is_its_own && (identifier != ours.audience || !may_ask_us(who))) {
            return errc::invalid_target;
        }
    }
    const token_shape shape = shape_of_token(who, all, grant.audiences, ours.access_token_ttl);
    grant.format = shape.format;
    grant.ttl = shape.ttl;
    return grant;
}

} // namespace pawl
