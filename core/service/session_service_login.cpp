// Login: a password tried at the same cost whatever the name, then a family under the epoch that was read together with
// the hash.
#include "core/service/session_service.hpp"

#include "core/service/eviction.hpp"
#include "core/service/issue.hpp"
#include "core/service/open_session.hpp"
#include "core/service/user_scopes.hpp"

#include <optional>
#include <utility>

namespace pawl {

namespace {

// One family under the epoch of `holder`, whose hash was verified, and what the answer waits for.
struct opened_family {
    issued_tokens tokens;
    family_id id;
    ticket wait_for = ticket::none;
    static constexpr bool is_new = true;
};

// What the first tokens say of the user, and what that rests on.
struct told_of_user {
    user_claims claims;
    ticket rests = ticket::none;
};

// Of the record as it is now: a name that was given up since the family's time of creation rests until the token is
// over. `granted`: the scopes that the family is to have. user_not_found, invalid_scope, claims_too_large,
// storage_unavailable.
result<told_of_user> tell_of_user(const service_context& context, user_id id, const std::optional<std::string>& asked,
                                  scope_set& granted) {
    told_of_user out;
    const catalogue_ptr defined = defined_scopes(context);
    if (!context.settings.tokens.speaks_of_user() && defined == nullptr) {
        return out;
    }
    const user_ptr current = context.data.find_user(id);
    if (!current) {
        return errc::user_not_found;
    }
    std::string scope;
    if (defined != nullptr) {
        const result<scope_set> scopes = scopes_of_login(*defined, current->roles, asked);
        if (!scopes) {
            return scopes.error();
        }
        granted = *scopes;
        scope = scope_text(*defined, granted);
        out.rests = context.entities->rests_on();
    }
    std::optional<user_claims> claims = claims_of(context.settings, *current, std::move(scope));
    if (!claims) {
        return errc::claims_too_large;
    }
    out.claims = *std::move(claims);
    const result<ticket> rests = context.data.observe_user(current->id, current->version);
    if (!rests) {
        return rests.error();
    }
    out.rests = later(out.rests, *rests);
    return out;
}

result<opened_family> open_family(const service_context& context, const user& holder, const new_session& wanted) {
    const result<ticket> holder_durable = context.data.observe_user(holder.id, holder.version);
    if (!holder_durable) {
        return holder_durable.error();
    }
    const timestamp now = context.time.now();
    family_facts facts;
    result<told_of_user> about = tell_of_user(context, holder.id, wanted.scope, facts.grant.scopes);
    if (!about) {
        return about.error();
    }
    facts.id = random_family_id(context.random);
    facts.user = holder.id;
    facts.client = wanted.client.number;
    facts.epoch = holder.gate.epoch;
    facts.created_at = now;
    if (wanted.acr != 0) {
        facts.origin.auth_time = now;
        facts.origin.acr = wanted.acr;
        facts.origin.amr = wanted.amr;
    }
    facts.idle_ttl = context.settings.refresh_idle_ttl;
    facts.absolute_ttl = context.settings.refresh_absolute_ttl;
    const result<inserted_family> inserted = context.data.insert_family(facts, family_word{}, use_of(wanted.from, now));
    if (!inserted) {
        return inserted.error();
    }
    opened_family opened;
    opened.id = facts.id;
    opened.wait_for = later(later(inserted->wait_for, *holder_durable), about->rests);
    opened.wait_for =
        later(opened.wait_for, evict_beyond_limit(context, facts, context.settings.sessions_max, wanted.from));
    opened.tokens = issue_tokens(context, *context.keys(), facts, family_word{}, now, wanted.client.id, about->claims);
    return opened;
}

} // namespace

user_ptr still_entitled(const service_context& context, const user& holder, const family_state* opened) {
    user_ptr current = context.data.find_user(holder.id);
    if (!current || !current->gate.enabled || current->password_hash != holder.password_hash) {
        return nullptr;
    }
    const bool ended = opened != nullptr && !opened->word.live() && opened->word.status() != family_status::evicted;
    return ended ? nullptr : current;
}

task<result<issued_tokens>> open_session(const service_context& context, user_ptr holder, new_session wanted) {
    const auto open = [&](const user_ptr& whose) { return open_family(context, *whose, wanted); };
    task<result<opened_family>> opening = open_durably(context, std::move(holder), open);
    result<opened_family> opened = co_await std::move(opening);
    if (!opened) {
        co_return opened.error();
    }
    co_return std::move(opened->tokens);
}

task<result<issued_tokens>> session_service::login(std::string name, secret_string password, new_session wanted) {
    task<result<login_answer>> signing =
        sign_in(std::move(name), std::move(password), std::move(wanted), shown_codes{}, secret_string(), false);
    result<login_answer> answer = co_await std::move(signing);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->wanted) {
        co_return answer->wanted->is_enrolment ? errc::enrolment_required : errc::second_factor_required;
    }
    co_return std::move(answer->tokens);
}

} // namespace pawl
