#include "core/service/refresh_claims.hpp"

#include "core/service/user_scopes.hpp"

#include <utility>

namespace pawl {

result<owner_claims> claims_of_owner(const service_context& context, const family_facts& facts,
                                     const std::optional<std::string>& asked) {
    owner_claims out;
    const catalogue_ptr defined = facts.grant.scopes.empty() ? nullptr : defined_scopes(context);
    if (!context.settings.tokens.speaks_of_user() && defined == nullptr) {
        return out;
    }
    const user_ptr owner = context.data.find_user(facts.user);
    if (!owner) {
        return errc::user_not_found;
    }
    const result<ticket> rests = context.data.observe_user(owner->id, owner->version);
    if (!rests) {
        return rests.error();
    }
    std::string scope;
    out.rests = *rests;
    if (defined != nullptr) {
        const result<scope_set> scopes = scopes_of_refresh(*defined, owner->roles, facts.grant.scopes, asked);
        if (!scopes) {
            return scopes.error();
        }
        scope = scope_text(*defined, *scopes);
        out.rests = later(out.rests, context.entities->rests_on());
    }
    std::optional<user_claims> claims = claims_of(context.settings, *owner, std::move(scope));
    if (!claims) {
        return errc::claims_too_large;
    }
    out.claims = *std::move(claims);
    return out;
}

result<owner_claims> claims_of_grant(const service_context& context, const client_ptr& record, const family_state& seen,
                                     const token_wishes& wishes) {
    owner_claims out;
    out.owner = context.data.find_user(seen.facts.user);
    if (!out.owner) {
        return errc::user_not_found;
    }
    const grant_parties parties{record, out.owner, context.entities->find_catalogue(),
                                context.entities->find_consent(seen.facts.user, record->number)};
    result<client_tokens> tokens = decide_client_tokens(context.settings, parties, seen.facts.grant, wishes);
    if (!tokens) {
        return tokens.error();
    }
    if (seen.facts.origin.parent != family_id{}) {
        tokens->terms.expires_by = seen.bonds.parent_expires_at;
    }
    const result<ticket> rests = context.data.observe_user(out.owner->id, out.owner->version);
    if (!rests) {
        return rests.error();
    }
    out.rests = later(*rests, context.entities->rests_on());
    out.claims = tokens->about;
    out.of_client = std::make_unique<client_tokens>(*std::move(tokens));
    return out;
}

id_token_order refreshed_id_token(const client_ptr& record, const user_ptr& owner, const family_facts& facts,
                                  timestamp now, const issued_tokens& tokens) {
    id_token_order order;
    order.who = record;
    order.owner = owner;
    order.facts = facts;
    order.now = now;
    order.expires_at = now + tokens.access_expires_in;
    order.session = facts.origin.parent;
    order.access_token = tokens.access_token;
    return order;
}

} // namespace pawl
