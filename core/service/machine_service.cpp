// Tokens of clients: issued, read, asked for at our own API. Introspection and revocation have a file of their own.
#include "core/service/machine_service.hpp"

#include "core/provider/client_stamp.hpp"
#include "core/provider/opaque_token.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/settled.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr api_number own_api{0}; // in an opaque token: our own audience

bool has_scope(std::string_view scopes, std::string_view wanted) {
    while (!scopes.empty()) {
        const std::size_t end = std::min(scopes.find(' '), scopes.size());
        if (scopes.substr(0, end) == wanted) {
            return true;
        }
        scopes.remove_prefix(std::min(end + 1, scopes.size()));
    }
    return false;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text.append(text.empty() ? "" : " ").append(name);
    }
    return text;
}

failure too_large() {
    std::vector<field_error> fields{field_error{"scope", "and resource do not fit into one token. Ask for less."}};
    return {errc::invalid_scope, std::move(fields)};
}

} // namespace

machine_service::machine_service(service_context context, access_guard& guard)
    : context_(std::move(context)), entities_(*context_.entities), guard_(guard),
      known_(std::make_unique<verified_tokens>(context_.random, context_.settings.verified_tokens_max)) {}

std::string_view machine_service::own_audience() const {
    return pawl::own_audience(context_.settings);
}

std::optional<machine_claims> machine_service::read(std::string_view token) const {
    const key_ring_ptr keys = context_.keys();
    access_token_expectations rules = expectations_of(context_.settings, context_.time.now());
    rules.audience = {}; // any: the caller looks at it
    rules.lifetime_max = machine_token_ttl_max;
    const machine_token_expectations expected{rules.issuer, rules.now, rules.lifetime_max, rules.leeway};
    if (token.starts_with(prefix_of(capsule_kind::access_token))) {
        return read_opaque(*keys, token, rules.now + rules.leeway);
    }
    const std::optional<verified_tokens::mark> mark = known_->mark_of(*keys, token, rules);
    const bool seen = mark && known_->find(*mark, rules).has_value();
    machine_claims claims;
    const access_token_check check =
        check_machine_token(*keys, token, expected, claims, seen ? signature_state::proven : signature_state::unproven);
    if (check == access_token_check::good && mark && !seen) {
        verified_claims kept;
        kept.issued_at = claims.issued_at;
        kept.not_before = claims.not_before;
        kept.expires_at = claims.expires_at;
        known_->keep(*mark, kept, rules.now);
    }
    if (check != access_token_check::good && check != access_token_check::expired) {
        return std::nullopt;
    }
    return claims;
}

// What it carries as numbers is said in words again, so it needs its client and one of its APIs to be there still.
std::optional<machine_claims> machine_service::read_opaque(const key_ring& keys, std::string_view token,
                                                           timestamp issued_by) const {
    const std::optional<opaque_token> opened = open_opaque_token(*keys.capsules, token);
    const client_ptr who = opened ? entities_.find_client(opened->client) : nullptr;
    if (!who || opened->issued_at > issued_by || opened->expires_at - opened->issued_at > machine_token_ttl_max) {
        return std::nullopt;
    }
    machine_claims claims;
    claims.issuer = context_.settings.issuer;
    claims.client_id = who->client_id;
    claims.scope = opened->scope;
    claims.issued_at = claims.not_before = opened->issued_at;
    claims.expires_at = opened->expires_at;
    claims.jwt_id = opened->id.bytes;
    claims.stamp = opened->stamp;
    const catalogue_ptr all = entities_.find_catalogue();
    for (const api_number number : opened->apis) {
        const auto known = std::ranges::find(all->apis, number, [](const api_ptr& a) { return a->number; });
        if (number == own_api) {
            claims.audiences.emplace_back(own_audience());
        } else if (known != all->apis.end()) {
            claims.audiences.push_back((*known)->identifier);
        }
    }
    return claims.audiences.empty() ? std::nullopt : std::optional(std::move(claims));
}

// std::nullopt if it is more than such a token holds.
std::optional<std::string> machine_service::make_opaque(const key_ring& keys, const machine_claims& claims,
                                                        client_number of) {
    const catalogue_ptr all = entities_.find_catalogue();
    opaque_token token;
    token.id.bytes = claims.jwt_id;
    token.client = of;
    token.stamp = claims.stamp;
    token.scope = claims.scope;
    token.issued_at = claims.issued_at;
    token.expires_at = claims.expires_at;
    for (const std::string& audience : claims.audiences) {
        const api* const known = all->find_api(audience);
        token.apis.push_back(known != nullptr ? known->number : own_api);
    }
    const std::optional<secret_string> made = make_opaque_token(*keys.capsules, token, context_.random);
    return made ? std::optional(std::string(made->reveal())) : std::nullopt;
}

result<issued_machine_token> machine_service::sign(const client& who, const machine_grant& grant) {
    const key_ring_ptr keys = context_.keys();
    machine_claims claims;
    claims.issuer = context_.settings.issuer;
    claims.client_id = who.client_id;
    claims.audiences = grant.audiences;
    claims.scope = joined(grant.scopes);
    claims.issued_at = context_.time.now();
    claims.expires_at = claims.issued_at + grant.ttl;
    claims.stamp = client_stamp(entities_.history_mark(), who.number, who.epoch);
    context_.random.fill(claims.jwt_id);
    const std::string json = machine_claims_json(claims);
    if (json.size() > machine_claims_size_max) {
        return too_large();
    }
    issued_machine_token out;
    if (grant.format == access_token_format::jwt) {
        out.access_token = mint_machine_token(*keys->signer_at(claims.issued_at), json);
    } else if (std::optional<std::string> opaque = make_opaque(*keys, claims, who.number)) {
        out.access_token = *std::move(opaque);
    } else {
        return too_large();
    }
    out.expires_in = grant.ttl;
    out.scope = std::move(claims.scope);
    return out;
}

namespace {

// What a client may have now: as `grant` says, or `refused`.
struct grant_decision {
    errc refused{};
    machine_grant grant;
    client_ptr who;

    // Of one client, as long as its tokens would be alike.
    friend bool operator==(const grant_decision& a, const grant_decision& b) {
        return a.refused == b.refused && a.grant == b.grant && (!a.who || !b.who || a.who->epoch == b.who->epoch);
    }
};

// Whether a token speaks for a client now: its record, or `refused`.
struct holder_decision {
    errc refused{};
    client_ptr who;

    friend bool operator==(const holder_decision& a, const holder_decision& b) { return a.refused == b.refused; }
};

} // namespace

task<result<issued_machine_token>> machine_service::issue(client_number asking, machine_ask asked) {
    const auto decide = [&] {
        grant_decision out;
        out.who = entities_.find_client(asking);
        if (!out.who || !out.who->admits(out.who->epoch)) {
            out.refused = errc::invalid_client;
            return out;
        }
        const catalogue_ptr all = entities_.find_catalogue();
        const machine_defaults ours{own_audience(), context_.settings.access_token_ttl};
        result<machine_grant> grant = decide_machine_grant(*out.who, *all, asked, ours);
        if (!grant) {
            out.refused = grant.error().code;
            return out;
        }
        out.grant = *std::move(grant);
        return out;
    };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<grant_decision> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (decided->refused != errc{}) {
        co_return decided->refused;
    }
    co_return sign(*decided->who, decided->grant);
}

std::optional<machine_service::holder> machine_service::look(std::string_view token, std::string_view audience) const {
    std::optional<machine_claims> claims = read(token);
    if (!claims || context_.time.now() >= claims->expires_at ||
        std::ranges::find(claims->audiences, audience) == claims->audiences.end() ||
        entities_.is_revoked(token_id{claims->jwt_id})) {
        return std::nullopt;
    }
    client_ptr who = client_of_stamp(entities_, claims->client_id, claims->stamp);
    return who ? std::optional(holder{std::move(who), std::move(claims->scope)}) : std::nullopt;
}

task<result<machine_principal>> machine_service::authenticate(std::string_view token, std::string_view scope) {
    if (token.empty()) {
        co_return errc::missing_access_token;
    }
    if (is_of_session(*context_.keys(), token)) {
        task<result<principal>> asking = guard_.authenticate(token);
        const result<principal> user = co_await std::move(asking);
        if (!user) {
            co_return user.error();
        }
        co_return errc::insufficient_scope; // no user has such a scope
    }
    const std::optional<machine_claims> claims = read(token);
    if (!claims || std::ranges::find(claims->audiences, own_audience()) == claims->audiences.end()) {
        co_return errc::invalid_access_token;
    }
    machine_principal who;
    who.token.bytes = claims->jwt_id;
    who.stamp = claims->stamp;
    who.expires_at = claims->expires_at;
    const auto decide = [&] {
        who.client = client_of_stamp(entities_, claims->client_id, claims->stamp);
        holder_decision out{errc::invalid_access_token, who.client};
        if (who.client) {
            const std::optional<failure> refused = no_longer(context_, who, scope);
            out.refused = refused ? refused->code : errc{};
        }
        if (out.refused == errc{} && !has_scope(claims->scope, scope)) {
            out.refused = errc::insufficient_scope;
        }
        return out;
    };
    auto settling = settled(context_.data, entities_, decide);
    const std::optional<holder_decision> decided = co_await std::move(settling);
    if (!decided) {
        co_return storage_failure();
    }
    if (decided->refused != errc{}) {
        co_return decided->refused;
    }
    co_return who;
}

} // namespace pawl
