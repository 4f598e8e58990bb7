// Login: a password tried at the same cost whatever the name, then a family under the epoch that was read together with
// the hash.
#include "core/service/session_service.hpp"

#include "core/family/decide.hpp"
#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/eviction.hpp"
#include "core/service/issue.hpp"
#include "core/service/open_session.hpp"
#include "core/service/password_try.hpp"
#include "core/service/user_change.hpp"
#include "core/service/user_scopes.hpp"
#include "core/user/names.hpp"

#include <optional>
#include <utility>

namespace pawl {

namespace {

// How many families one login may open because the gate moved (or its family was evicted) while each became durable.
constexpr unsigned openings_max = 4;

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

// Stores a hash of today's cost in place of `verified`'s, but only while the stored one is byte for byte the one that
// was verified: a password changed meanwhile stays changed. Gives the record to go on with: the new one, or `verified`.
// Awaited directly: `context` outlives the call.
task<user_ptr> rehash(const service_context& context, user_ptr verified, secret_string password) {
    task<result<std::string>> hashing = context.hasher.hash(std::move(password));
    const result<std::string> fresh_hash = co_await std::move(hashing);
    if (!fresh_hash) {
        co_return verified; // the pool is full: another login will do it
    }
    const user_edit_function swap_hash = [&](user& u) -> result<user_edit> {
        if (!u.gate.enabled || u.password_hash != verified->password_hash) {
            return user_edit::keep;
        }
        u.password_hash = *fresh_hash;
        return user_edit::replace;
    };
    const user_change change = change_user(context.data, verified->id, swap_hash);
    if (!change.replaced) {
        co_return verified;
    }
    count(context.counters.rehashes);
    co_return change.record; // its version is waited for by who rests on it
}

// One family under the epoch of `holder`, whose hash was verified, and what the answer waits for.
struct opened_family {
    issued_tokens tokens;
    family_id id;
    ticket wait_for = ticket::none;
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

// The record to try again with after a family opened under `holder` was found dead: the current one, if the password is
// still the one that was verified and this very family was not ended. Else null.
user_ptr still_entitled(const service_context& context, const user& holder, const std::optional<family_state>& opened) {
    const user_ptr current = context.data.find_user(holder.id);
    if (!current || !current->gate.enabled || current->password_hash != holder.password_hash) {
        return nullptr;
    }
    const bool ended = opened && !opened->word.live() && opened->word.status() != family_status::evicted;
    return ended ? nullptr : current;
}

} // namespace

task<result<issued_tokens>> open_session(const service_context& context, user_ptr holder, new_session wanted) {
    for (unsigned opening = 0; opening < openings_max; ++opening) {
        if (!holder->gate.is_open_to(family_id{}, holder->gate.epoch)) { // no epoch is left
            const result<ticket> rests = context.data.observe_user(holder->id, holder->version);
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        result<opened_family> opened = open_family(context, *holder, wanted);
        if (!opened && opened.error().code == errc::user_not_found) { // removed since its password was verified
            const result<ticket> rests = context.data.observe_absence(fold_login_name(holder->email));
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        if (!opened && rests_on_user(opened.error().code)) {
            task<failure> refused = refusal(context.data, opened.error(), observe_owner(context, holder->id));
            co_return co_await std::move(refused);
        }
        if (!opened) {
            co_return opened.error();
        }
        task<bool> wait = context.data.durable(opened->wait_for);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return storage_failure();
        }
        const std::optional<family_state> after = context.data.find_family(opened->id);
        if (after && alive(*after, context.time.now())) {
            co_return std::move(opened->tokens);
        }
        user_ptr current = still_entitled(context, *holder, after);
        if (!current) {
            const result<ticket> rests = after ? rests_on(context, *after) : result<ticket>(ticket::none);
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        holder = std::move(current);
    }
    co_return storage_failure();
}

task<result<issued_tokens>> session_service::login(std::string name, secret_string password, new_session wanted) {
    const caller& from = wanted.from;
    const std::string folded = fold_login_name(name);
    user_ptr holder = context_.data.find_user_by_login(folded);
    const std::string account = holder ? account_name(*holder) : folded;
    if (const std::optional<seconds> wait = context_.limiter.reserve(account, from.address)) {
        count(context_.counters.logins_throttled);
        record_attempt(context_, event_kind::login_throttled, account, holder, from);
        co_return failure(errc::too_many_attempts, *wait);
    }
    task<result<password_try>> trying = try_password(context_, holder, folded, std::move(password));
    result<password_try> tried = co_await std::move(trying);
    if (!tried) {
        context_.limiter.give_back(account, from.address); // nothing was decided
        co_return tried.error();
    }
    if (!tried->matches) {
        count(context_.counters.logins_failed);
        record_attempt(context_, event_kind::login_failed, account, holder, from);
        const result<ticket> rests =
            holder ? context_.data.observe_user(holder->id, holder->version) : context_.data.observe_absence(folded);
        task<failure> refused = refusal(context_.data, errc::login_failed, rests);
        co_return co_await std::move(refused);
    }
    context_.limiter.succeeded(account, from.address);
    if (tried->replaces_hash) {
        task<user_ptr> rehashing = rehash(context_, std::move(holder), std::move(tried->normal));
        holder = co_await std::move(rehashing);
    }
    task<result<issued_tokens>> opening = open_session(context_, std::move(holder), std::move(wanted));
    result<issued_tokens> opened = co_await std::move(opening);
    if (opened) {
        count(context_.counters.logins_ok);
    } else if (opened.error().code == errc::login_failed) {
        count(context_.counters.logins_failed);
    }
    co_return opened;
}

} // namespace pawl
