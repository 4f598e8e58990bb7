#include "core/service/forward_service.hpp"

#include "core/family/decide.hpp"
#include "core/provider/forward.hpp"
#include "core/provider/forward_cookie.hpp"
#include "core/provider/user_grant.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

bool names_scope(std::string_view list, std::string_view wanted) {
    while (!list.empty()) {
        if (take_until(list, ' ') == wanted) {
            return true;
        }
    }
    return false;
}

bool has_role(const client_forward& rule, const user& owner) {
    return rule.roles.empty() || std::ranges::any_of(rule.roles, [&](const std::string& role) {
               return std::ranges::find(owner.roles, role) != owner.roles.end();
           });
}

// What the user's roles allow now, and not what was granted at the sign-in: no visitor has to sign in again for a rule
// that was changed.
bool has_scopes(const client_forward& rule, const catalogue& all, const user& owner) {
    if (rule.scopes.empty()) {
        return true;
    }
    const scope_set allowed = scopes_of_user(all, owner);
    return std::ranges::all_of(rule.scopes, [&](const std::string& name) {
        const std::optional<scope_number> number = find_scope_number(all, name);
        return number && allowed.contains(number->value);
    });
}

bool names_scopes(const client_forward& rule, std::string_view list) {
    return std::ranges::all_of(rule.scopes, [&](const std::string& name) { return names_scope(list, name); });
}

std::string name_of(const user& owner) {
    return owner.first_name + (owner.first_name.empty() || owner.surname.empty() ? "" : " ") + owner.surname;
}

} // namespace

// One look, and what the answer rests on beside clients and scopes.
struct forward_service::looked {
    std::optional<forward_visitor> visitor;
    result<ticket> rests = ticket::none;
};

// `scope`: of the token that names the family; std::nullopt: there is none, and the user's roles say it.
forward_service::looked forward_service::look_at_family(const client& rule, const family_state& seen,
                                                        std::optional<std::string_view> scope) const {
    looked out;
    const user_ptr owner = context_.data.find_user(seen.facts.user);
    const timestamp now = context_.time.now();
    if (!owner || !alive(seen.word, seen.facts, owner->gate, seen.bonds, now)) {
        out.rests = rests_on(context_, seen);
        return out;
    }
    out.rests = context_.data.observe_user(owner->id, owner->version); // it is what will be shown
    const catalogue_ptr all = context_.entities->find_catalogue();
    const bool scopes = scope ? names_scopes(rule.forward, *scope) : has_scopes(rule.forward, *all, *owner);
    out.visitor = forward_visitor{owner->username, owner->email, name_of(*owner),
                                  owner->roles,    false,        has_role(rule.forward, *owner) && scopes};
    return out;
}

forward_service::looked forward_service::look_at_token(const client& rule, std::string_view host,
                                                       std::string_view token) const {
    const std::string audience = forward_origin(host, false);
    looked out;
    if (const auto machine = names_session(token) ? std::nullopt : machines_.look(token, audience)) {
        const bool may_enter = rule.forward.roles.empty() && names_scopes(rule.forward, machine->scope);
        out.visitor =
            forward_visitor{std::string(client_subject_prefix) + machine->who->client_id, "", "", {}, true, may_enter};
        return out;
    }
    const std::optional<access_claims> claims = codes_.read(token);
    if (!claims || std::ranges::find(claims->audiences, audience) == claims->audiences.end()) {
        return out;
    }
    const std::optional<family_state> seen = context_.data.find_family(claims->session);
    const bool is_its = seen && seen->facts.user == claims->subject && seen->facts.client != web_client;
    return is_its ? look_at_family(rule, *seen, claims->scope) : out;
}

forward_service::looked forward_service::look(std::string_view host, client_number client_of_host,
                                              forward_proof shown) const {
    looked out;
    const client_ptr rule = context_.entities->find_client(client_of_host);
    if (!rule || !rule->enabled) {
        return out;
    }
    if (!shown.cookie.empty()) {
        const auto session = open_forward_session(*context_.keys()->capsules, shown.cookie);
        const std::optional<family_state> seen =
            session && session->host == host ? context_.data.find_family(session->family) : std::nullopt;
        if (seen && seen->facts.client == client_of_host) {
            out = look_at_family(*rule, *seen, std::nullopt);
        }
    }
    if (out.rests && !out.visitor && !shown.bearer.empty()) {
        looked by_token = look_at_token(*rule, host, shown.bearer);
        by_token.rests = by_token.rests ? result<ticket>(later(*by_token.rests, *out.rests)) : by_token.rests;
        return by_token;
    }
    return out;
}

task<result<std::optional<forward_visitor>>>
forward_service::identify(std::string_view host, client_number client_of_host, forward_proof shown) const {
    constexpr unsigned looks_max = 8; // that differ each from the one before
    std::optional<std::optional<forward_visitor>> before;
    for (unsigned pass = 0; pass < looks_max; ++pass) {
        looked seen = look(host, client_of_host, shown);
        if (!seen.rests) {
            co_return seen.rests.error();
        }
        const ticket rests =
            later(*seen.rests, context_.entities->rests_on()); // after the look: it covers what was seen
        if (context_.data.is_durable(rests) || (before && *before == seen.visitor)) {
            co_return std::move(seen.visitor);
        }
        before = std::move(seen.visitor);
        task<bool> wait = context_.data.durable(rests);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return storage_failure();
        }
    }
    co_return storage_failure();
}

task<result<void>> forward_service::sign_out(std::string_view host, client_number client_of_host,
                                             std::string_view cookie, caller from) const {
    const auto session = open_forward_session(*context_.keys()->capsules, cookie);
    const std::optional<family_state> seen =
        session && session->host == host ? context_.data.find_family(session->family) : std::nullopt;
    if (!seen || seen->facts.client != client_of_host) {
        co_return result<void>(); // rests on what never changes
    }
    const result<ended_family> ended = end_family(context_, session->family, family_status::logout, from);
    if (!ended) {
        co_return ended.error();
    }
    task<result<void>> accepted = acceptance(context_.data, ended->wait_for);
    co_return co_await std::move(accepted);
}

} // namespace pawl
