#include "core/service/grant_tokens.hpp"

#include "core/jwt/machine_token.hpp"
#include "core/provider/opaque_token.hpp"
#include "core/service/client_tokens.hpp"
#include "core/text/encoding.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

bool is_of_client(const family_state& seen) {
    return seen.facts.client != first_party_client && seen.facts.client != web_client;
}

bool is_opaque(std::string_view token) {
    return token.starts_with(prefix_of(capsule_kind::access_token));
}

// The audiences in words again. An API that was removed since has none.
std::vector<std::string> audiences_of(const service_context& context, const opaque_session_token& token) {
    std::vector<std::string> out;
    const catalogue_ptr all = context.entities->find_catalogue();
    for (const api_number number : token.apis) {
        const auto known = std::ranges::find(all->apis, number, [](const api_ptr& a) { return a->number; });
        if (known != all->apis.end()) {
            out.push_back((*known)->identifier);
        }
    }
    if (token.for_us) {
        out.emplace_back(own_audience(context.settings));
    }
    if (token.for_userinfo) {
        out.push_back(userinfo_audience(context.settings));
    }
    return out;
}

} // namespace

std::optional<grant_token> read_opaque_grant(const service_context& context, const key_ring& keys,
                                             std::string_view token) {
    const std::optional<opaque_session_token> opened =
        is_opaque(token) ? open_opaque_session_token(*keys.capsules, token) : std::nullopt;
    std::optional<family_state> seen = opened ? context.data.find_family(opened->session) : std::nullopt;
    const client_ptr who = seen && is_of_client(*seen) ? context.entities->find_client(seen->facts.client) : nullptr;
    const access_token_expectations expected = client_token_expectations(context.settings, context.time.now());
    if (!who || opened->issued_at > expected.now + expected.leeway ||
        opened->expires_at - opened->issued_at > expected.lifetime_max) {
        return std::nullopt;
    }
    grant_token out;
    out.claims.issuer = context.settings.issuer;
    out.claims.subject = seen->facts.user;
    out.claims.issued_at = out.claims.not_before = opened->issued_at;
    out.claims.expires_at = opened->expires_at;
    out.claims.jwt_id = base64url_encode(opened->id.bytes);
    out.claims.client_id = who->client_id;
    out.claims.session = opened->session;
    out.claims.generation = opened->generation;
    out.claims.scope = opened->scope;
    out.claims.audiences = audiences_of(context, *opened);
    out.seen = *std::move(seen);
    return out;
}

bool is_of_session(const key_ring& keys, std::string_view token) {
    return is_opaque(token) ? open_opaque_session_token(*keys.capsules, token).has_value() : names_session(token);
}

grant_token_reader::grant_token_reader(service_context context)
    : context_(std::move(context)),
      known_(std::make_unique<verified_tokens>(context_.random, context_.settings.verified_tokens_max)) {}

std::optional<grant_token> grant_token_reader::read(std::string_view token) const {
    const key_ring_ptr keys = context_.keys();
    if (!is_opaque(token)) {
        return read_jwt(*keys, token);
    }
    if (context_.entities == nullptr) {
        return std::nullopt;
    }
    std::optional<grant_token> out = read_opaque_grant(context_, *keys, token);
    return out && context_.time.now() < out->claims.expires_at ? std::move(out) : std::nullopt;
}

std::optional<grant_token> grant_token_reader::read_jwt(const key_ring& keys, std::string_view token) const {
    const access_token_expectations expected = client_token_expectations(context_.settings, context_.time.now());
    grant_token out;
    // Whose it claims to be, before a signature is checked for it: most tokens are of the first party.
    if (check_access_token(keys, token, expected, out.claims, signature_state::proven) != access_token_check::good) {
        return std::nullopt;
    }
    std::optional<family_state> seen = context_.data.find_family(out.claims.session);
    if (!seen || !is_of_client(*seen) || seen->facts.user != out.claims.subject) {
        return std::nullopt;
    }
    const std::optional<verified_tokens::mark> mark = known_->mark_of(keys, token, expected);
    if (!mark || !known_->find(*mark, expected)) {
        if (check_access_token(keys, token, expected, out.claims) != access_token_check::good) {
            return std::nullopt;
        }
        if (mark) {
            known_->keep(*mark, verified_claims_of(out.claims), expected.now);
        }
    }
    out.seen = *std::move(seen);
    return out;
}

} // namespace pawl
