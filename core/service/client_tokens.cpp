#include "core/service/client_tokens.hpp"

#include "core/jwt/id_token.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/provider/opaque_token.hpp"
#include "core/provider/token_shape.hpp"
#include "core/provider/user_grant.hpp"
#include "core/provider/web_cookie.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/user_scopes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pawl {

namespace {

constexpr std::size_t common_claims_size = 320; // of the claims that every token has, without issuer and audiences

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

void add_once(std::vector<std::string>& names, std::string_view name) {
    if (!contains(names, name)) {
        names.emplace_back(name);
    }
}

// What the access token has: all that is left, or what is asked for of it. More than was granted is refused, whether or
// not it is left (RFC 6749 6).
result<scope_set> scopes_wanted(const grant_parties& parties, const scope_set& held,
                                const std::optional<std::string>& asked) {
    const scope_set left = scopes_left(parties, held);
    if (!asked || asked->empty()) {
        return left;
    }
    std::vector<std::string> names;
    if (!read_scope_parameter(*asked, names)) {
        return errc::invalid_scope;
    }
    scope_set wanted;
    for (const std::string& name : names) {
        const std::optional<scope_number> number = find_scope_number(*parties.all, name);
        if (!number || !held.contains(number->value)) {
            return errc::invalid_scope;
        }
        wanted.insert(number->value);
    }
    return wanted & left;
}

// Those of the grant that are the client's still; without any the APIs of the scopes. Our own with a scope of our API,
// and where there is no other and nothing else that the token is for.
std::vector<std::string> apis_left(const service_settings& settings, const grant_parties& parties,
                                   const family_grant& held, const scope_set& scopes) {
    std::vector<std::string> out;
    const auto add = [&](std::string_view identifier) {
        if (contains(parties.who->apis, identifier) && parties.all->find_api(identifier) != nullptr) {
            add_once(out, identifier);
        }
    };
    for (const api_ptr& one : parties.all->apis) {
        if (std::ranges::find(held.apis, one->number.value) != held.apis.end()) {
            add(one->identifier);
        }
    }
    if (held.apis.front() == 0) {
        for (const scope_ptr& one : parties.all->scopes) {
            if (scopes.contains(one->number.value) && !one->api.empty()) {
                add(one->api);
            }
        }
    }
    const bool speaks_to_us = has(scopes, builtin_scope::account) || has(scopes, builtin_scope::admin);
    if (speaks_to_us || (out.empty() && !has(scopes, builtin_scope::openid))) {
        add_once(out, own_audience(settings));
    }
    return out;
}

// RFC 8707 2.2: `asked` narrows it.
result<std::vector<std::string>> audiences_wanted(std::vector<std::string> left,
                                                  const std::vector<std::string>& asked) {
    if (asked.empty()) {
        return left;
    }
    std::vector<std::string> out;
    for (const std::string& one : asked) {
        if (!contains(left, one)) {
            return errc::invalid_target;
        }
        add_once(out, one);
    }
    return out;
}

// The same as numbers. `audiences`: without that of /userinfo.
opaque_audiences numbers_of(const service_settings& settings, const catalogue& all,
                            const std::vector<std::string>& audiences) {
    opaque_audiences out;
    for (const std::string& one : audiences) {
        if (one == own_audience(settings)) {
            out.for_us = true;
        } else if (const api* const known = all.find_api(one)) {
            out.apis.push_back(known->number);
        }
    }
    return out;
}

std::string members_of(const user& owner, const scope_set& scopes, const std::string& names) {
    std::string out;
    if (!names.empty()) {
        out += R"(,"scope":)"; // RFC 9068 2.2.3
        append_claim_text(out, names);
    }
    if (has(scopes, builtin_scope::roles)) {
        out += R"(,"roles":[)";
        for (const std::string& role : owner.roles) {
            out.append(&role != owner.roles.data() ? "," : "");
            append_claim_text(out, role);
        }
        out += ']';
    }
    return out;
}

bool fits(const service_settings& settings, const client_tokens& tokens) {
    if (tokens.terms.opaque && tokens.about.scope.size() > opaque_scope_size_max) {
        return false;
    }
    std::string quoted;
    append_claim_text(quoted, settings.issuer);
    for (const std::string& one : tokens.terms.audiences) {
        append_claim_text(quoted, one);
    }
    return common_claims_size + quoted.size() + tokens.about.members.size() <= token_claims_size_max;
}

} // namespace

std::string scope_names(const catalogue& all, const scope_set& scopes) {
    std::string text;
    const std::span<const std::string_view> names = builtin_scope_names();
    for (std::size_t number = 0; number < names.size(); ++number) {
        if (scopes.contains(number)) {
            text.append(text.empty() ? "" : " ").append(names[number]);
        }
    }
    const std::string defined = scope_text(all, scopes);
    return text.append(text.empty() || defined.empty() ? "" : " ").append(defined);
}

scope_set builtin_scopes_in(std::string_view text) {
    std::vector<std::string> names;
    return read_scope_parameter(text, names) ? scopes_of_names(catalogue(), names) : scope_set();
}

std::string_view own_audience(const service_settings& settings) {
    return settings.audience.empty() ? settings.issuer : settings.audience;
}

std::string userinfo_audience(const service_settings& settings) {
    std::string_view base = settings.issuer;
    base.remove_suffix(base.ends_with('/') ? 1 : 0);
    return std::string(base).append("/userinfo");
}

access_token_expectations client_token_expectations(const service_settings& settings, timestamp now) {
    access_token_expectations expected = expectations_of(settings, now);
    expected.audience = {};
    expected.audiences = audience_rule::any;
    expected.subject_is_id = true;
    expected.takes_plain_type = false;
    expected.lifetime_max = std::max(expected.lifetime_max, machine_token_ttl_max);
    return expected;
}

scope_set scopes_left(const grant_parties& parties, const scope_set& held) {
    scope_set left =
        held & scopes_of_user(*parties.all, *parties.owner) & scopes_of_names(*parties.all, parties.who->scopes);
    // Where nothing was ever allowed, the grant rests on nothing: POST /dev/code, or a client that did not ask then.
    if (parties.who->consent == client_consent::ask && parties.allowed) {
        left = left & parties.allowed->scopes;
    }
    return left;
}

bool has_scope_now(const service_context& context, const family_facts& facts, user_ptr owner, builtin_scope one) {
    const registry& entities = *context.entities;
    const grant_parties parties{entities.find_client(facts.client), std::move(owner), entities.find_catalogue(),
                                entities.find_consent(facts.user, facts.client)};
    return parties.who && has(scopes_left(parties, facts.grant.scopes), one);
}

result<client_tokens> decide_client_tokens(const service_settings& settings, const grant_parties& parties,
                                           const family_grant& held, const token_wishes& wishes) {
    client_tokens out;
    const result<scope_set> scopes = scopes_wanted(parties, held.scopes, wishes.scope);
    if (!scopes) {
        return scopes.error();
    }
    out.scopes = *scopes;
    result<std::vector<std::string>> audiences =
        audiences_wanted(apis_left(settings, parties, held, *scopes), wishes.resources);
    if (!audiences) {
        return audiences.error();
    }
    out.terms.audiences = *std::move(audiences);
    const token_shape shape =
        shape_of_token(*parties.who, *parties.all, out.terms.audiences, settings.access_token_ttl);
    out.terms.access_token_ttl = shape.ttl;
    if (shape.format == access_token_format::opaque) {
        out.terms.opaque = numbers_of(settings, *parties.all, out.terms.audiences);
        out.terms.opaque->for_userinfo = has(*scopes, builtin_scope::openid);
    }
    if (has(*scopes, builtin_scope::openid)) {
        out.terms.audiences.push_back(userinfo_audience(settings));
    }
    out.terms.refreshes = parties.who->refresh_token;
    out.about.scope = scope_names(*parties.all, *scopes);
    out.about.members = members_of(*parties.owner, *scopes, out.about.scope);
    if (!fits(settings, out)) {
        return errc::claims_too_large;
    }
    return out;
}

family_lifetime lifetime_of(const service_settings& settings, const client& who, seconds access_ttl) {
    if (!who.refresh_token) {
        return {access_ttl, access_ttl};
    }
    const seconds idle = who.refresh_idle_ttl > seconds(0) ? who.refresh_idle_ttl : settings.refresh_idle_ttl;
    const seconds absolute =
        who.refresh_absolute_ttl > seconds(0) ? who.refresh_absolute_ttl : settings.refresh_absolute_ttl;
    return {std::min(idle, absolute), absolute};
}

refresh_policy policy_of(const service_settings& settings, const client& who) {
    refresh_policy policy = settings.refresh;
    if (who.reuse_window > seconds(0)) {
        policy.reuse_window = who.reuse_window;
    }
    if (who.lost_response_window > seconds(0)) {
        policy.lost_response_window = who.lost_response_window;
    }
    policy.lost_response_window = std::max(policy.lost_response_window, policy.reuse_window);
    return policy;
}

family_grant grant_of(const authorization_code& code) {
    family_grant grant;
    grant.scopes = code.scopes;
    grant.apis = code.apis;
    grant.claims = pack_claims(code.userinfo_claims, code.id_token_claims);
    grant.client_epoch = code.client_epoch;
    return grant;
}

std::optional<failure> no_id_token_key(const key_ring& keys, const client& who, timestamp now) {
    const jws_algorithm algorithm = jws_algorithm_of(who.id_token_alg);
    if (keys.signer_of(algorithm, now) != nullptr) {
        return std::nullopt;
    }
    std::string sentence = "This server has no key that signs ID tokens by ";
    sentence.append(to_text(algorithm)).append(", as the client wants them. Ask without openid, or have one made.");
    return failure(errc::unauthorized_client, {field_error{"", std::move(sentence)}});
}

result<signing_turn> id_token_turn(const service_context& context, const key_ring& keys, const client& who,
                                   timestamp now) {
    if (std::optional<failure> refused = no_id_token_key(keys, who, now)) {
        return *std::move(refused);
    }
    if (context.signer == nullptr) {
        return storage_failure();
    }
    return context.signer->admit(keys.signer_of(jws_algorithm_of(who.id_token_alg), now));
}

task<result<std::string>> make_id_token(const service_context& context, key_ring_ptr keys, id_token_order order) {
    id_token_claims claims;
    claims.issuer = context.settings.issuer;
    claims.client_id = order.who->client_id;
    claims.subject = order.owner->id;
    claims.issued_at = order.now;
    claims.expires_at = order.expires_at;
    claims.auth_time = order.facts.origin.auth_time;
    claims.nonce = std::move(order.nonce);
    if (order.facts.origin.acr < std::size(acr_names)) {
        claims.acr = acr_names[order.facts.origin.acr];
    }
    claims.amr = order.facts.origin.amr;
    if (order.session != family_id{}) {
        claims.session = session_name(*keys, order.session, order.who->number);
    }
    claims.access_token = std::move(order.access_token);
    claims.members = claim_members(*order.owner, id_token_claims_of(order.facts.grant.claims));
    std::string input = id_token_signing_input(*order.turn.key, claims);
    task<result<std::string>> signing = context.signer->sign(std::move(order.turn), std::move(input));
    co_return co_await std::move(signing);
}

} // namespace pawl
