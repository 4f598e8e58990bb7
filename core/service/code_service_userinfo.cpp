// /userinfo (OIDC Core 5.3): what an access token of a client's family may be told of its user.
#include "core/provider/user_grant.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/code_service.hpp"
#include "core/service/durable_answer.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

// Looks at a family whose user changes between each; only a flood of changes to one user gets here.
constexpr unsigned looks_max = 8;

std::string json_of(const user& who, claim_set which) {
    std::string out = R"({"sub":")";
    out.append(std::to_string(who.id.value)).append("\"");
    return out.append(claim_members(who, which)).append("}");
}

} // namespace

std::optional<access_claims> code_service::read(std::string_view access_token) const {
    if (std::optional<grant_token> grant = tokens_.read(access_token)) { // also an opaque one
        return std::move(grant->claims);
    }
    const key_ring_ptr keys = context_.keys();
    const access_token_expectations expected = client_token_expectations(context_.settings, context_.time.now());
    const std::optional<verified_tokens::mark> mark = known_->mark_of(*keys, access_token, expected);
    const bool seen = mark && known_->find(*mark, expected).has_value();
    access_claims claims;
    const access_token_check check = check_access_token(*keys, access_token, expected, claims,
                                                        seen ? signature_state::proven : signature_state::unproven);
    if (check != access_token_check::good) {
        return std::nullopt;
    }
    if (mark && !seen) {
        known_->keep(*mark, verified_claims_of(claims), expected.now);
    }
    return claims;
}

task<result<std::string>> code_service::userinfo(std::string_view access_token) {
    if (access_token.empty()) {
        co_return errc::missing_access_token;
    }
    const std::optional<grant_token> shown = tokens_.read(access_token);
    if (!shown) {
        co_return errc::invalid_access_token; // also of another user or client: rests on nothing that changes
    }
    const access_claims& claims = shown->claims;
    const scope_set scopes = builtin_scopes_in(claims.scope);
    const std::vector<std::string>& audiences = claims.audiences;
    const bool is_for_userinfo = std::ranges::find(audiences, userinfo_audience(context_.settings)) != audiences.end();
    ticket waited_for = ticket::none;
    for (unsigned look = 0; look < looks_max; ++look) {
        const timestamp now = context_.time.now();
        const std::optional<family_state> seen = context_.data.find_family(claims.session);
        if (!seen) {
            co_return errc::invalid_access_token; // swept since
        }
        if (!alive(*seen, now)) {
            task<failure> refused = refusal(context_.data, errc::invalid_access_token, rests_on(context_, *seen));
            co_return co_await std::move(refused);
        }
        if (!has(scopes, builtin_scope::openid)) {
            co_return errc::insufficient_scope; // then it is not for this audience either: the scope says why
        }
        if (!is_for_userinfo) {
            co_return errc::invalid_access_token;
        }
        const user_ptr who = context_.data.find_user(seen->facts.user);
        if (!who) {
            continue; // removed between the two looks: the next one finds the family dead
        }
        const result<ticket> rests = context_.data.observe_user(who->id, who->version);
        if (!rests) {
            co_return rests.error();
        }
        if (*rests <= waited_for || context_.data.is_durable(*rests)) {
            context_.data.confirm_family(claims.session, claims.generation);
            co_return json_of(*who, claims_of_scopes(scopes) | userinfo_claims_of(seen->facts.grant.claims));
        }
        task<bool> wait = context_.data.durable(*rests);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return storage_failure();
        }
        waited_for = *rests; // and look again: it may have been revoked meanwhile
    }
    co_return storage_failure();
}

} // namespace pawl
