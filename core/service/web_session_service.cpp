// What a cookie leads to: look, decide, exchange; then wait, look again, and seal the next one.
#include "core/service/web_session_service.hpp"

#include "core/capsule/capsule.hpp"
#include "core/family/decide.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/eviction.hpp"
#include "core/service/family_evidence.hpp"
#include "core/service/issue.hpp"
#include "core/service/open_session.hpp"
#include "core/service/password_login.hpp"

#include <utility>

namespace pawl {

namespace {

// A genuine cookie that came. The references outlive it.
struct shown_cookie {
    const service_context& context;
    const web_cookie& cookie;
    const caller& from;
};

// What it led to in memory, before anything is known durable.
struct shown_session {
    std::optional<family_state> lives;   // with the word as it is now; std::nullopt: there is no session any more
    result<ticket> rests = ticket::none; // what either rests on
    std::uint32_t presented = 0;         // the cookie's generation
    bool changed = false;                // this call made the word's generation
};

// The table of docs/architecture.md, for cookies: one that comes again is replayed until its successor is confirmed,
// however often and however late.
refresh_policy cookie_policy(const service_settings& settings) {
    refresh_policy policy;
    policy.reuse_window = seconds(0);
    policy.lost_response_window = settings.web_session_ttl;
    policy.ahead = settings.refresh.ahead;
    policy.counts_replays = false;
    return policy;
}

shown_session no_session(result<ticket> rests) {
    shown_session out;
    out.rests = std::move(rests);
    return out;
}

shown_session living(const shown_cookie& shown, const family_state& seen, family_word word, result<ticket> rests) {
    shown_session out;
    out.lives = seen;
    out.lives->word = word;
    out.rests = std::move(rests);
    out.presented = shown.cookie.generation;
    out.changed = word.generation() != seen.word.generation();
    return out;
}

// Cases 4 and 8 to 10. std::nullopt where another request changed the session between the look and the exchange.
std::optional<shown_session> exchange(const shown_cookie& shown, const family_state& seen, const decision& decided,
                                      timestamp now) {
    const service_context& context = shown.context;
    const family_use last = leaves_evidence(decided.what) ? last_use_of(context, seen.facts.id) : family_use{};
    const result<exchange_result> changed =
        context.data.exchange_family(seen.facts.id, seen.word, decided.next, use_of(shown.from, now));
    if (!changed) {
        return no_session(changed.error());
    }
    if (changed->outcome == exchange_outcome::conflict) {
        return std::nullopt;
    }
    if (changed->outcome == exchange_outcome::gone) {
        return no_session(changed->wait_for);
    }
    const family_evidence evidence{seen, shown.cookie.generation, shown.from, last, now};
    const ticket rests = later(changed->wait_for, record_exchange(context, decided.what, evidence));
    return decided.next.live() ? living(shown, seen, decided.next, rests) : no_session(rests);
}

// One pass. `replaces(state, now)`: whether the cookie of this living session, shown in its generation, is to get a
// successor.
template <class Replaces>
std::optional<shown_session> show_once(const shown_cookie& shown, const Replaces& replaces) {
    const service_context& context = shown.context;
    const timestamp now = context.time.now();
    const std::optional<family_state> seen = context.data.find_family(shown.cookie.session);
    if (!seen) {
        return no_session(ticket::none); // swept, or of another store
    }
    const presented_token presented{.generation = shown.cookie.generation, .client = web_client};
    const decision decided = decide(seen->word, seen->facts, seen->gate, seen->bonds, presented, now,
                                    cookie_policy(context.settings), context.data.outages());
    const bool is_current = decided.table_case == 4;
    if (is_current && !replaces(*seen, now)) {
        if (is_confirmed_by(shown.cookie, now)) {
            context.data.confirm_family(shown.cookie.session, shown.cookie.generation);
        }
        return living(shown, *seen, seen->word, rests_on(context, *seen));
    }
    switch (decided.what) {
    case verdict::mismatch:
        return no_session(ticket::none); // rests on facts that never change
    case verdict::expired:
    case verdict::revoked:
        return no_session(rests_on(context, *seen));
    case verdict::replay:
        context.counters.replays.fetch_add(1, std::memory_order_relaxed);
        return living(shown, *seen, seen->word, rests_on(context, *seen));
    default:
        return exchange(shown, *seen, decided, now);
    }
}

template <class Replaces>
shown_session show(const shown_cookie& shown, const Replaces& replaces) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        if (std::optional<shown_session> done = show_once(shown, replaces)) {
            return *std::move(done);
        }
    }
    return no_session(storage_failure());
}

// Whether a page that saw this sets the cookie: a new one always. One that was replayed only once its successor must
// have been lost: until then the answer that brings the successor may be on its way, with a newer sign-in in it.
bool sets_cookie(const shown_session& seen, timestamp now) {
    const family_state& session = *seen.lives;
    const bool replayed = !seen.changed && session.word.generation() != seen.presented;
    return seen.changed || (replayed && now - session.facts.rotated_at(session.word) >= web_confirmation);
}

secret_string seal_next(const service_context& context, web_cookie next, family_word word) {
    next.generation = word.generation();
    next.set_at = context.time.now();
    return seal_web_cookie(*context.keys()->capsules, next, context.random);
}

web_visit visit_without_session(bool clears) {
    web_visit out;
    out.clear_cookie = clears;
    return out;
}

web_visit visit_of(const web_cookie& cookie, user_ptr owner) {
    web_visit out;
    out.session = web_session{cookie.session, std::move(owner), cookie.auth_time, cookie.acr, cookie.amr};
    return out;
}

// What a sign-in made of the browser's session, in memory.
struct signed_in {
    family_id id;
    ticket wait_for = ticket::none;
    bool is_new = true;
    web_cookie cookie; // without set_at
    user_ptr owner;
    family_id other{}; // another user's session, which ends; all zero: none
};

web_cookie cookie_of_sign_in(const family_id& session, timestamp now, const login_decision& proven) {
    web_cookie cookie;
    cookie.session = session;
    cookie.auth_time = now;
    cookie.acr = proven.acr;
    cookie.amr = proven.amr;
    return cookie;
}

result<signed_in> begin_session(const service_context& context, const user_ptr& holder, const login_decision& proven,
                                const caller& from) {
    const timestamp now = context.time.now();
    signed_in out;
    out.id = random_family_id(context.random);
    out.cookie = cookie_of_sign_in(out.id, now, proven);
    out.owner = holder;
    family_facts facts;
    facts.id = out.id;
    facts.user = holder->id;
    facts.client = web_client;
    facts.epoch = holder->gate.epoch;
    facts.created_at = now;
    facts.idle_ttl = facts.absolute_ttl = context.settings.web_session_ttl;
    facts.origin.auth_time = now;
    facts.origin.acr = out.cookie.acr;
    facts.origin.amr = out.cookie.amr;
    const result<inserted_family> inserted = context.data.insert_family(facts, family_word{}, use_of(from, now));
    if (!inserted) {
        return inserted.error();
    }
    out.wait_for = later(inserted->wait_for, evict_beyond_limit(context, facts, web_sessions_max, from));
    return out;
}

// The session of the cookie goes on where it is the holder's, and lives under the epoch that the password was verified
// in; else a new one begins.
result<signed_in> go_on_or_begin(const service_context& context, const std::optional<web_cookie>& cookie,
                                 const user_ptr& holder, const login_decision& proven, const caller& from) {
    const result<ticket> holder_durable = context.data.observe_user(holder->id, holder->version);
    if (!holder_durable) {
        return holder_durable.error();
    }
    const auto is_holders = [&](const family_state& session) {
        return session.facts.user == holder->id && session.gate.epoch == holder->gate.epoch;
    };
    shown_session there;
    if (cookie) {
        there = show({context, *cookie, from}, [&](const family_state& s, timestamp) { return is_holders(s); });
        if (!there.rests) {
            return there.rests.error();
        }
    }
    const ticket rests = later(*there.rests, *holder_durable);
    if (there.lives && is_holders(*there.lives)) {
        signed_in out;
        out.id = cookie->session;
        out.wait_for = rests;
        out.is_new = false;
        out.cookie = cookie_of_sign_in(out.id, context.time.now(), proven);
        out.cookie.generation = there.lives->word.generation();
        out.owner = holder;
        return out;
    }
    result<signed_in> begun = begin_session(context, holder, proven, from);
    if (begun) {
        begun->wait_for = later(begun->wait_for, rests);
        begun->other = there.lives && there.lives->facts.user != holder->id ? cookie->session : family_id{};
    }
    return begun;
}

} // namespace

task<result<web_visit>> web_session_service::visit(std::string_view cookie, caller from, bool rotates) {
    const std::optional<web_cookie> shown = open_web_cookie(*context_.keys()->capsules, cookie);
    if (!shown) {
        co_return visit_without_session(!cookie.empty());
    }
    task<result<web_visit>> visiting =
        visit(*shown, *shown, std::move(from), rotates ? rotation::when_due : rotation::none);
    co_return co_await std::move(visiting);
}

task<result<web_visit>> web_session_service::visit_with_factor(std::string_view cookie, caller from) {
    const std::optional<web_cookie> shown = open_web_cookie(*context_.keys()->capsules, cookie);
    if (!shown) {
        co_return visit_without_session(!cookie.empty());
    }
    web_cookie next = *shown;
    next.acr = acr_two_factors;
    next.amr |= amr_otp | amr_mfa;
    task<result<web_visit>> visiting = visit(*shown, next, std::move(from), rotation::now);
    co_return co_await std::move(visiting);
}

// `next`: what the cookie that is set is made of.
task<result<web_visit>> web_session_service::visit(web_cookie shown, web_cookie next, caller from, rotation wanted) {
    const auto is_due = [&](const family_state&, timestamp now) {
        return wanted == rotation::now ||
               (wanted == rotation::when_due && is_replaced_by_page(shown, context_.settings.web_rotation, now));
    };
    const shown_cookie came{context_, shown, from};
    const shown_session seen = show(came, is_due);
    const user_ptr owner = seen.lives ? context_.data.find_user(seen.lives->facts.user) : nullptr;
    result<ticket> rests = seen.rests;
    if (rests && owner) { // it is what will be shown
        const result<ticket> shown_user = context_.data.observe_user(owner->id, owner->version);
        rests = shown_user ? result<ticket>(later(*rests, *shown_user)) : shown_user;
    }
    if (!rests) {
        co_return rests.error();
    }
    task<bool> wait = context_.data.durable(*rests);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    // Looked at once more, after the wait: an end that completed meanwhile must not be outlived.
    const std::optional<family_state> after = context_.data.find_family(shown.session);
    if (!seen.lives || !owner || !after || !alive(*after, context_.time.now())) {
        task<result<void>> accepted =
            acceptance(context_.data, after ? rests_on(context_, *after) : result<ticket>(ticket::none));
        const result<void> ended = co_await std::move(accepted);
        if (!ended) {
            co_return ended.error();
        }
        co_return visit_without_session(true);
    }
    web_visit out = visit_of(next, owner);
    if (wanted != rotation::none && sets_cookie(seen, context_.time.now())) {
        out.set_cookie = seal_next(context_, next, seen.lives->word);
    }
    co_return out;
}

task<result<web_visit>> web_session_service::sign_in(std::string name, secret_string password, std::string_view cookie,
                                                     caller from) {
    task<result<user_ptr>> verifying = verify_sign_in(context_, name, std::move(password), from);
    result<user_ptr> holder = co_await std::move(verifying);
    if (!holder) {
        co_return holder.error();
    }
    const login_decision proven =
        decide_login(**holder, second_shown::nothing, false, context_.settings.require_factor);
    if (proven.what != login_verdict::done) {
        const result<ticket> rests = context_.data.observe_user((*holder)->id, (*holder)->version);
        task<result<void>> accepted = acceptance(context_.data, rests);
        const result<void> stands = co_await std::move(accepted);
        if (!stands) {
            co_return stands.error();
        }
        if (proven.what == login_verdict::enrolment) {
            co_return errc::enrolment_required;
        }
        web_visit asks;
        asks.wanted = ask_for_factor(context_, **holder, std::move(name), std::nullopt, false);
        co_return asks;
    }
    task<result<web_visit>> beginning = begin(*std::move(holder), proven, cookie, std::move(from));
    co_return co_await std::move(beginning);
}

task<result<web_visit>> web_session_service::sign_in_step(secret_string step, shown_codes codes,
                                                          std::string_view cookie, caller from) {
    task<result<continued_login>> continuing = continue_login(context_, step);
    result<continued_login> begun = co_await std::move(continuing);
    if (!begun) {
        co_return begun.error();
    }
    task<result<accepted_factor>> proving = prove_factor(context_, begun->holder, std::move(codes), from);
    const result<accepted_factor> used = co_await std::move(proving);
    if (!used) {
        co_return used.error();
    }
    const login_decision proven = decide_login(*begun->holder, used->what, false, context_.settings.require_factor);
    task<result<web_visit>> beginning = begin(std::move(begun->holder), proven, cookie, std::move(from));
    result<web_visit> out = co_await std::move(beginning);
    task<bool> wait = context_.data.durable(used->wait_for); // the session's record came later: no wait in truth
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    co_return out;
}

task<result<web_visit>> web_session_service::begin(user_ptr holder, login_decision proven, std::string_view cookie,
                                                   caller from) {
    const std::optional<web_cookie> shown = open_web_cookie(*context_.keys()->capsules, cookie);
    const auto open = [&](const user_ptr& whose) { return go_on_or_begin(context_, shown, whose, proven, from); };
    task<result<signed_in>> opening = open_durably(context_, std::move(holder), open);
    const result<signed_in> opened = co_await std::move(opening);
    count_login(context_, opened ? std::nullopt : std::optional(opened.error().code));
    if (!opened) {
        co_return opened.error();
    }
    if (opened->other != family_id{}) {
        task<result<void>> ending = end_session(opened->other, from);
        const result<void> ended = co_await std::move(ending);
        if (!ended) {
            co_return ended.error();
        }
    }
    web_visit out = visit_of(opened->cookie, opened->owner);
    out.set_cookie = seal_next(context_, opened->cookie, family_word{}.with_generation(opened->cookie.generation));
    co_return out;
}

task<result<void>> web_session_service::sign_out(std::string_view cookie, caller from) {
    const std::optional<web_cookie> shown = open_web_cookie(*context_.keys()->capsules, cookie);
    if (!shown) {
        co_return result<void>();
    }
    task<result<void>> ending = end_session(shown->session, std::move(from));
    co_return co_await std::move(ending);
}

task<result<void>> web_session_service::end_session(family_id session, caller from) {
    const std::optional<family_state> seen = context_.data.find_family(session);
    if (!seen || seen->facts.client != web_client) {
        co_return result<void>(); // rests on what never changes
    }
    task<result<void>> ending = log_out_family(context_, session, family_status::signed_out, from);
    co_return co_await std::move(ending);
}

} // namespace pawl
