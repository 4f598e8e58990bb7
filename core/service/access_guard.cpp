#include "core/service/access_guard.hpp"

#include "core/family/decide.hpp"
#include "core/jwt/access_token.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/durable_answer.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

// Looks at a family whose user changes between each; only a flood of changes to one user gets here.
constexpr unsigned looks_max = 8;

access_token_expectations expectations_now(const service_context& context) {
    return expectations_of(context.settings, context.time.now());
}

} // namespace

access_guard::access_guard(service_context context)
    : context_(std::move(context)),
      known_(std::make_unique<verified_tokens>(context_.random, context_.settings.verified_tokens_max)),
      tokens_of_clients_(context_) {}

std::optional<verified_claims> access_guard::check(std::string_view token) const {
    const key_ring_ptr keys = context_.keys();
    const access_token_expectations expected = expectations_now(context_);
    const std::optional<verified_tokens::mark> mark = known_->mark_of(*keys, token, expected);
    if (mark) {
        if (const std::optional<verified_claims> known = known_->find(*mark, expected)) {
            return known;
        }
    }
    access_claims claims;
    if (check_access_token(*keys, token, expected, claims) != access_token_check::good) {
        return std::nullopt;
    }
    verified_claims verified = verified_claims_of(claims);
    if (!expected.subject_is_id) {
        verified.subject = known_->mark_of_name(claims.subject_name);
    }
    if (mark) {
        known_->keep(*mark, verified, expected.now);
    }
    return verified;
}

bool access_guard::is_subject(const verified_claims& claims, const user& u) const {
    const token_contents& contents = context_.settings.tokens;
    if (contents.subject == subject_kind::id) {
        return claims.subject == u.id;
    }
    return claims.subject == known_->mark_of_name(subject_name_of(contents, u));
}

// What the family says decides: a token that claims to be of the first party is asked about as what its family is.
task<result<principal>> access_guard::authenticate_client(std::string_view token,
                                                          std::optional<builtin_scope> of_clients) {
    const std::optional<grant_token> shown =
        context_.entities == nullptr ? std::nullopt : tokens_of_clients_.read(token);
    if (!shown ||
        std::ranges::find(shown->claims.audiences, own_audience(context_.settings)) == shown->claims.audiences.end()) {
        co_return errc::invalid_access_token;
    }
    const bool names_it = of_clients && has(builtin_scopes_in(shown->claims.scope), *of_clients);
    ticket waited_for = ticket::none;
    for (unsigned look = 0; look < looks_max; ++look) {
        const timestamp now = context_.time.now();
        const std::optional<family_state> seen = context_.data.find_family(shown->claims.session);
        if (!seen) {
            co_return errc::invalid_access_token; // swept
        }
        if (!alive(*seen, now)) {
            task<failure> refused = refusal(context_.data, errc::invalid_access_token, rests_on(context_, *seen));
            co_return co_await std::move(refused);
        }
        user_ptr who = context_.data.find_user(seen->facts.user);
        if (!who || !alive(seen->word, seen->facts, who->gate, seen->bonds, now)) {
            continue; // revoked between the two looks: the next one finds the family dead
        }
        const bool may = names_it && has_scope_now(context_, seen->facts, who, *of_clients);
        result<ticket> rests = context_.data.observe_user(who->id, who->version);
        if (rests) {
            rests = later(*rests, context_.entities->rests_on());
        }
        if (!may) {
            task<failure> refused = refusal(context_.data, errc::insufficient_scope, rests);
            co_return co_await std::move(refused);
        }
        if (!rests) {
            co_return rests.error();
        }
        if (*rests <= waited_for || context_.data.is_durable(*rests)) {
            context_.data.confirm_family(shown->claims.session, shown->claims.generation);
            principal yes;
            yes.user = std::move(who);
            yes.session = shown->claims.session;
            yes.generation = shown->claims.generation;
            yes.expires_at = shown->claims.expires_at;
            yes.by_scope = of_clients;
            co_return yes;
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

task<result<principal>> access_guard::authenticate(std::string_view token, std::optional<builtin_scope> of_clients) {
    if (token.empty()) {
        co_return errc::missing_access_token;
    }
    const std::optional<verified_claims> claims = check(token);
    if (!claims) { // of other audiences, or opaque
        task<result<principal>> asking = authenticate_client(token, of_clients);
        co_return co_await std::move(asking);
    }
    const bool by_id = context_.settings.tokens.subject == subject_kind::id;
    ticket waited_for = ticket::none;
    for (unsigned look = 0; look < looks_max; ++look) {
        const timestamp now = context_.time.now();
        const std::optional<family_state> seen = context_.data.find_family(claims->session);
        if (seen && seen->facts.client != first_party_client) {
            task<result<principal>> asking = authenticate_client(token, of_clients);
            co_return co_await std::move(asking);
        }
        if (!seen || (by_id && seen->facts.user != claims->subject)) {
            co_return errc::invalid_access_token; // swept, or of another user: rests on nothing that changes
        }
        if (!alive(*seen, now)) {
            const result<ticket> rests = rests_on(context_, *seen);
            task<failure> refused = refusal(context_.data, errc::invalid_access_token, rests);
            co_return co_await std::move(refused);
        }
        user_ptr who = context_.data.find_user(seen->facts.user);
        if (!who || !alive(seen->word, seen->facts, who->gate, seen->bonds, now)) {
            continue; // revoked between the two looks: the next one finds the family dead
        }
        if (!is_subject(*claims, *who)) { // the name was given up since
            const result<ticket> rests = context_.data.observe_user(who->id, who->version);
            task<failure> refused = refusal(context_.data, errc::invalid_access_token, rests);
            co_return co_await std::move(refused);
        }
        // That the family is alive can't be undone by a crash (both word and gate only ever turn one way, and a login's
        // tokens follow its record), so a yes rests on the user record alone: it is what will be shown.
        const result<ticket> rests = context_.data.observe_user(who->id, who->version);
        if (!rests) {
            co_return rests.error();
        }
        if (*rests <= waited_for || context_.data.is_durable(*rests)) {
            context_.data.confirm_family(claims->session, claims->generation);
            principal yes;
            yes.user = std::move(who);
            yes.session = claims->session;
            yes.generation = claims->generation;
            yes.expires_at = claims->expires_at;
            co_return yes;
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

std::optional<family_id> access_guard::session_of(std::string_view token) const {
    access_claims claims;
    const key_ring_ptr keys = context_.keys();
    if (context_.entities != nullptr) {
        if (const std::optional<grant_token> opaque = read_opaque_grant(context_, *keys, token)) {
            return opaque->claims.session;
        }
    }
    access_token_expectations expected = expectations_now(context_);
    const std::string_view ours = expected.audience;
    expected.audiences = audience_rule::any;
    expected.lifetime_max = std::max(expected.lifetime_max, machine_token_ttl_max);
    const access_token_check checked = check_access_token(*keys, token, expected, claims);
    if (checked != access_token_check::good && checked != access_token_check::expired) {
        return std::nullopt;
    }
    const bool is_ours =
        ours.empty() ? claims.audiences.empty() : claims.audiences.size() == 1 && claims.audiences.front() == ours;
    if (is_ours) {
        return claims.session;
    }
    const std::optional<family_state> seen = context_.data.find_family(claims.session);
    return seen && seen->facts.client != first_party_client ? std::optional(claims.session) : std::nullopt;
}

} // namespace pawl
