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
std::optional<access_guard::shown_session> access_guard::read_of_client(std::string_view token,
                                                                        std::optional<builtin_scope> of_clients) const {
    const std::optional<grant_token> shown =
        context_.entities == nullptr ? std::nullopt : tokens_of_clients_.read(token);
    if (!shown ||
        std::ranges::find(shown->claims.audiences, own_audience(context_.settings)) == shown->claims.audiences.end()) {
        return std::nullopt;
    }
    const bool names_it = of_clients && has(builtin_scopes_in(shown->claims.scope), *of_clients);
    return shown_session{verified_claims_of(shown->claims), true, names_it};
}

std::optional<access_guard::shown_session> access_guard::read(std::string_view token,
                                                              std::optional<builtin_scope> of_clients) const {
    if (const std::optional<verified_claims> claims = check(token)) {
        return shown_session{*claims};
    }
    return read_of_client(token, of_clients); // of other audiences, or opaque
}

access_guard::sight access_guard::look(const verified_claims& claims) const {
    sight out;
    const timestamp now = context_.time.now();
    const std::optional<family_state> seen = context_.data.find_family(claims.session);
    if (seen && seen->facts.client != first_party_client) {
        out.what = sight::kind::of_client;
        return out;
    }
    const bool by_id = context_.settings.tokens.subject == subject_kind::id;
    if (!seen || (by_id && seen->facts.user != claims.subject)) {
        return out; // swept, or of another user: rests on nothing that changes
    }
    if (!alive(*seen, now)) {
        out.rests = rests_on(context_, *seen);
        return out;
    }
    user_ptr who = context_.data.find_user(seen->facts.user);
    if (!who || !alive(seen->word, seen->facts, who->gate, seen->bonds, now)) {
        out.what = sight::kind::changing; // revoked between the two looks: the next one finds the family dead
        return out;
    }
    // That the family is alive can't be undone by a crash (both word and gate only ever turn one way, and a login's
    // tokens follow its record), so a yes rests on the user record alone: it is what will be shown. So does a no,
    // because the name was given up since.
    out.rests = context_.data.observe_user(who->id, who->version);
    if (is_subject(claims, *who)) {
        out.answer = principal{std::move(who), claims.session, claims.generation, claims.expires_at};
    }
    return out;
}

access_guard::sight access_guard::look_at_client(const shown_session& shown,
                                                 std::optional<builtin_scope> of_clients) const {
    sight out;
    const timestamp now = context_.time.now();
    const std::optional<family_state> seen = context_.data.find_family(shown.claims.session);
    if (!seen) {
        return out; // swept
    }
    if (!alive(*seen, now)) {
        out.rests = rests_on(context_, *seen);
        return out;
    }
    user_ptr who = context_.data.find_user(seen->facts.user);
    if (!who || !alive(seen->word, seen->facts, who->gate, seen->bonds, now)) {
        out.what = sight::kind::changing;
        return out;
    }
    const bool may = shown.may && has_scope_now(context_, seen->facts, who, *of_clients);
    out.rests = context_.data.observe_user(who->id, who->version);
    if (out.rests) {
        out.rests = later(*out.rests, context_.entities->rests_on());
    }
    out.answer = errc::insufficient_scope;
    if (may) {
        const verified_claims& claims = shown.claims;
        out.answer = principal{std::move(who), claims.session, claims.generation, claims.expires_at, of_clients};
    }
    return out;
}

result<principal> access_guard::told(result<principal> answer) const {
    if (answer) {
        context_.data.confirm_family(answer->session, answer->generation);
    }
    return answer;
}

std::optional<result<principal>> access_guard::authenticate_now(std::string_view token) {
    const std::optional<verified_claims> claims = token.empty() ? std::nullopt : check(token);
    if (!claims) {
        return std::nullopt;
    }
    sight seen = look(*claims);
    if (seen.what != sight::kind::settled || !seen.rests || !context_.data.is_durable(*seen.rests)) {
        return std::nullopt;
    }
    if (seen.answer) { // as told() does, without moving it once more
        context_.data.confirm_family(claims->session, claims->generation);
    }
    return std::move(seen.answer);
}

task<result<principal>> access_guard::authenticate(std::string_view token, std::optional<builtin_scope> of_clients) {
    if (token.empty()) {
        co_return errc::missing_access_token;
    }
    std::optional<shown_session> shown = read(token, of_clients);
    ticket waited_for = ticket::none;
    for (unsigned pass = 0; shown && pass < looks_max; ++pass) {
        sight seen = shown->of_client ? look_at_client(*shown, of_clients) : look(shown->claims);
        if (seen.what == sight::kind::of_client) {
            shown = read_of_client(token, of_clients);
            continue;
        }
        if (seen.what == sight::kind::changing) {
            continue;
        }
        if (!seen.rests) {
            co_return seen.rests.error();
        }
        const bool waits = *seen.rests > waited_for && !context_.data.is_durable(*seen.rests);
        if (waits) {
            task<bool> wait = context_.data.durable(*seen.rests);
            const bool stands = co_await std::move(wait);
            if (!stands) {
                co_return storage_failure();
            }
            waited_for = *seen.rests;
        }
        if (!waits || !seen.answer) {
            co_return told(std::move(seen.answer));
        }
        // A yes: look again, it may have been revoked meanwhile.
    }
    co_return shown ? result<principal>(storage_failure()) : result<principal>(errc::invalid_access_token);
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
