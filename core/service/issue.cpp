#include "core/service/issue.hpp"

#include "core/jwt/access_token.hpp"
#include "core/provider/opaque_token.hpp"
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>

namespace pawl {

namespace {

constexpr std::size_t jwt_id_size = 16; // 128 bits

// `about.scope` fits: decide_client_tokens() saw to it.
std::string make_opaque(const service_context& context, const key_ring& keys, const access_claims_view& claims,
                        const std::array<std::uint8_t, jwt_id_size>& id, const std::string& scope,
                        const opaque_audiences& audiences) {
    opaque_session_token token;
    token.id.bytes = id;
    token.session = claims.session;
    token.generation = claims.generation;
    token.apis = audiences.apis;
    token.for_us = audiences.for_us;
    token.for_userinfo = audiences.for_userinfo;
    token.scope = scope;
    token.issued_at = claims.issued_at;
    token.expires_at = claims.expires_at;
    const std::optional<secret_string> made = make_opaque_session_token(*keys.capsules, token, context.random);
    BOOST_ASSERT(made.has_value());
    return std::string(made->reveal());
}

} // namespace

family_id random_family_id(random_source& random) {
    family_id id;
    do {
        random.fill(id.bytes);
    } while (id == family_id{});
    return id;
}

issued_tokens issue_tokens(const service_context& context, const key_ring& keys, const family_facts& facts,
                           family_word word, timestamp now, std::string_view client_id, const user_claims& about,
                           const token_terms* terms) {
    timestamp idle_expiry = facts.idle_expires_at(word); // never later than the absolute one
    if (terms != nullptr && terms->expires_by > timestamp{}) {
        idle_expiry = std::min(idle_expiry, terms->expires_by);
    }
    const seconds access_ttl = terms != nullptr ? terms->access_token_ttl : context.settings.access_token_ttl;
    const timestamp access_expiry = std::min(now + access_ttl, idle_expiry);
    std::array<std::uint8_t, jwt_id_size> id{};
    context.random.fill(id);
    std::array<char, base64url_size(jwt_id_size)> jwt_id{};
    base64url_encode_into(id, jwt_id);
    access_claims_view claims;
    claims.issuer = context.settings.issuer;
    claims.audience = context.settings.audience;
    claims.subject = facts.user;
    claims.issued_at = now;
    claims.expires_at = access_expiry;
    claims.jwt_id = std::string_view(jwt_id.data(), jwt_id.size());
    claims.client_id = client_id;
    claims.session = facts.id;
    claims.generation = word.generation();
    claims.subject_name = about.subject_name;
    const std::string proven =
        terms == nullptr ? proof_claims(facts.origin.auth_time, facts.origin.acr, facts.origin.amr) : std::string();
    const std::string with_proof = proven.empty() ? std::string() : about.members + proven;
    claims.members = proven.empty() ? std::string_view(about.members) : std::string_view(with_proof);
    claims.type = context.settings.tokens.type;
    if (terms != nullptr) {
        claims.audiences = terms->audiences;
        claims.type = token_type::at_jwt; // RFC 9068 2.1
    }

    issued_tokens tokens;
    if (terms != nullptr && terms->opaque) {
        tokens.access_token = make_opaque(context, keys, claims, id, about.scope, *terms->opaque);
    } else {
        tokens.access_token = mint_access_token(*keys.signer_at(now), claims);
    }
    if (terms == nullptr || terms->refreshes) {
        tokens.refresh_token = mint_refresh_token(keys, {.family = facts.id, .generation = word.generation()});
    }
    tokens.scope = about.scope;
    tokens.access_expires_in = std::max(access_expiry - now, seconds(0));
    tokens.refresh_expires_in = std::max(idle_expiry - now, seconds(0));
    return tokens;
}

} // namespace pawl
