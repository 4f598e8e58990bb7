// One presentation of a refresh token: look, decide, exchange; then sign, wait, and look again.
#include "core/service/session_service.hpp"

#include "core/family/decide.hpp"
#include "core/service/attempt_record.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/family_evidence.hpp"
#include "core/service/issue.hpp"
#include "core/service/refresh_claims.hpp"
#include "core/service/user_scopes.hpp"
#include "core/token/refresh_token.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pawl {

namespace {

// What a presentation led to in memory, before anything is known durable.
struct presentation {
    std::optional<failure> refused;
    result<ticket> rests = ticket::none; // what the answer rests on
    // Where not refused:
    refresh_kind kind{};
    family_facts facts;
    family_word word; // whose generation the tokens carry
    timestamp now{};
    user_claims about;
    std::unique_ptr<client_tokens> of_client; // of a client's family; then `owner`, too
    user_ptr owner;
    signing_turn turn; // of the ID token, if there will be one
};

presentation refused_presentation(failure why, result<ticket> rests) {
    presentation p;
    p.refused = std::move(why);
    p.rests = std::move(rests);
    return p;
}

presentation accepted_presentation(refresh_kind kind, const family_state& seen, family_word word, timestamp now,
                                   result<ticket> rests) {
    presentation p;
    p.rests = std::move(rests);
    p.kind = kind;
    p.facts = seen.facts;
    p.word = word;
    p.now = now;
    return p;
}

// The presenting request, and what it presented.
struct presenter {
    const service_context& context;
    const key_ring& keys;
    const refresh_token_place& place;
    client_number client;
    const caller& from;
    const token_wishes& wishes;
    client_ptr record; // null: the first party
};

family_use last_use_of(const presenter& who) {
    return pawl::last_use_of(who.context, who.place.family);
}

family_evidence evidence_of(const presenter& who, const family_state& seen, const family_use& last, timestamp now) {
    return {seen, who.place.generation, who.from, last, now};
}

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

// Case 6 three generations in a row is a client with a bad network, or a thief in step with the victim. Only another
// address and another agent than the rotation's speak for the latter. Nothing is ended; the trace is the event.
ticket note_suspicion(const presenter& who, const family_state& seen, const family_use& last, timestamp now) {
    if (last.address == who.from.address || last.agent == who.from.agent) {
        return ticket::none;
    }
    count(who.context.counters.reuse_suspected);
    return append_evidence(who.context, event_kind::reuse_suspected, evidence_of(who, seen, last, now));
}

// Some of them (core/throttle/attempt_journal.hpp). Nothing rests on it, so nothing waits for it.
void note_replay(const presenter& who, const family_state& seen, timestamp now) {
    const auto& id = seen.facts.id.bytes;
    const std::string_view account(reinterpret_cast<const char*>(id.data()), id.size());
    const auto before = who.context.limiter.worth_recording(event_kind::token_replayed, account);
    if (before) {
        const family_use last = last_use_of(who);
        static_cast<void>(append_evidence(who.context, event_kind::token_replayed, evidence_of(who, seen, last, now),
                                          unrecorded_text(*before, "family")));
    }
}

// Cases 5, 6, 7: the answer rests on the rotation somebody else made, so it waits for that one.
presentation replayed(const presenter& who, const family_state& seen, const decision& decided, timestamp now) {
    count(who.context.counters.replays);
    note_replay(who, seen, now);
    result<ticket> rests = who.context.data.observe_family(seen.facts.id, decided.next);
    if (rests && decided.suspected) {
        rests = later(*rests, note_suspicion(who, seen, last_use_of(who), now));
    }
    return accepted_presentation(refresh_kind::replayed, seen, decided.next, now, std::move(rests));
}

// Cases 4 and 8 to 10, by the request whose exchange succeeded.
presentation exchanged(const presenter& who, const family_state& seen, const decision& decided, const family_use& last,
                       timestamp now, ticket wait_for) {
    const result<ticket> rests =
        later(wait_for, record_exchange(who.context, decided.what, evidence_of(who, seen, last, now)));
    switch (decided.what) {
    case verdict::rotate:
        return accepted_presentation(refresh_kind::rotated, seen, decided.next, now, rests);
    case verdict::healed:
        return accepted_presentation(refresh_kind::healed, seen, decided.next, now, rests);
    case verdict::reuse:
        return refused_presentation(errc::refresh_token_reused, rests);
    default: // ahead_revoked, exhausted
        return refused_presentation(errc::session_revoked, rests);
    }
}

constexpr bool gives_tokens(verdict what) {
    return what == verdict::rotate || what == verdict::replay || what == verdict::healed;
}

bool tells_who(const std::unique_ptr<client_tokens>& tokens) {
    return tokens != nullptr && has(tokens->scopes, builtin_scope::openid);
}

presentation speaking(presentation p, owner_claims about, signing_turn turn) {
    if (!p.refused && p.rests) {
        p.turn = std::move(turn);
        p.rests = later(*p.rests, about.rests);
        p.about = std::move(about.claims);
        p.of_client = std::move(about.of_client);
        p.owner = std::move(about.owner);
    }
    return p;
}

// Ends a family whose consent was withdrawn while a crash kept it from being ended with the others. std::nullopt where
// that is not so, or another request changed it first (`conflict`).
struct withdrawal {
    std::optional<presentation> done;
    bool conflict = false;
};
withdrawal end_withdrawn(const presenter& who, const family_state& seen, timestamp now) {
    withdrawal out;
    const service_context& context = who.context;
    if (who.record == nullptr || seen.facts.client != who.client || !seen.word.live() ||
        !is_withdrawn(context.entities->find_consent(seen.facts.user, who.client).get(), who.record->consent,
                      seen.facts)) {
        return out;
    }
    const ticket withdrawn = context.entities->rests_on();
    const result<exchange_result> ended = context.data.exchange_family(
        seen.facts.id, seen.word, seen.word.with_status(family_status::consent), use_of(who.from, now));
    if (!ended) {
        out.done = refused_presentation(ended.error(), ticket::none);
    } else if (ended->outcome == exchange_outcome::conflict) {
        out.conflict = true;
    } else {
        count(context.counters.refused_dead);
        out.done = refused_presentation(errc::session_revoked, later(ended->wait_for, withdrawn));
    }
    return out;
}

// One pass: nothing where another request changed the family between the look and the exchange.
std::optional<presentation> present_once(const presenter& who) {
    const service_context& context = who.context;
    const timestamp now = context.time.now();
    const std::optional<family_state> seen = context.data.find_family(who.place.family);
    if (!seen) {
        count(context.counters.refused_dead);
        return refused_presentation(errc::session_expired, ticket::none); // swept long after it ended
    }
    const presented_token presented{.generation = who.place.generation, .client = who.client};
    const refresh_policy policy =
        who.record == nullptr ? context.settings.refresh : policy_of(context.settings, *who.record);
    if (withdrawal withdrawn = end_withdrawn(who, *seen, now); withdrawn.done || withdrawn.conflict) {
        return std::move(withdrawn.done);
    }
    const decision decided =
        decide(seen->word, seen->facts, seen->gate, seen->bonds, presented, now, policy, context.data.outages());
    switch (decided.what) {
    case verdict::expired:
    case verdict::revoked:
        count(context.counters.refused_dead);
        return refused_presentation(decided.what == verdict::expired ? errc::session_expired : errc::session_revoked,
                                    rests_on(context, *seen));
    case verdict::mismatch:
        count(context.counters.refused_mismatch);
        return refused_presentation(errc::invalid_refresh_token, ticket::none); // rests on facts that never change
    default:
        break;
    }
    result<owner_claims> about = owner_claims();
    if (gives_tokens(decided.what)) { // after `now`, and before anything changes
        about = who.record == nullptr ? claims_of_owner(context, seen->facts, who.wishes.scope)
                                      : claims_of_grant(context, who.record, *seen, who.wishes);
    }
    if (!about && about.error().code == errc::user_not_found) {
        return std::nullopt; // the next look finds the gate closed
    }
    if (!about) {
        return refused_presentation(about.error(), observe_owner(context, seen->facts.user));
    }
    result<signing_turn> turn = signing_turn();
    if (tells_who(about->of_client)) { // before anything changes, too
        turn = id_token_turn(context, who.keys, *who.record, now);
    }
    if (!turn) {
        return refused_presentation(turn.error(), ticket::none);
    }
    if (decided.next == seen->word) { // cases 5 and 7
        return speaking(replayed(who, *seen, decided, now), *std::move(about), *std::move(turn));
    }
    const family_use last = leaves_evidence(decided.what) ? last_use_of(who) : family_use{};
    const result<exchange_result> changed =
        context.data.exchange_family(who.place.family, seen->word, decided.next, use_of(who.from, now));
    if (!changed) {
        return refused_presentation(changed.error(), ticket::none);
    }
    if (changed->outcome == exchange_outcome::conflict) {
        return std::nullopt;
    }
    if (changed->outcome == exchange_outcome::gone) {
        count(context.counters.refused_dead);
        return refused_presentation(errc::session_expired, changed->wait_for);
    }
    if (decided.what == verdict::replay) { // case 6: a change of hints alone
        return speaking(replayed(who, *seen, decided, now), *std::move(about), *std::move(turn));
    }
    return speaking(exchanged(who, *seen, decided, last, now, changed->wait_for), *std::move(about), *std::move(turn));
}

presentation present(const presenter& who) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        if (std::optional<presentation> done = present_once(who)) {
            return *std::move(done);
        }
    }
    return refused_presentation(storage_failure(), ticket::none);
}

// The record of a client that refreshes, as it is now; null for the first party. invalid_client, unauthorized_client.
result<client_ptr> refreshing_client(const service_context& context, client_number number) {
    if (number == first_party_client) {
        return client_ptr();
    }
    client_ptr record = context.entities == nullptr ? nullptr : context.entities->find_client(number);
    if (!record || !record->admits(record->epoch)) {
        return errc::invalid_client;
    }
    if (!record->refresh_token) {
        return errc::unauthorized_client;
    }
    return record;
}

issued_tokens tokens_of(const service_context& context, const key_ring& keys, const presentation& done,
                        std::string_view client_id) {
    return issue_tokens(context, keys, done.facts, done.word, done.now, client_id, done.about,
                        done.of_client ? &done.of_client->terms : nullptr);
}

// Looked at once more, after the last wait: a revocation that completed meanwhile must not be outlived.
bool still_stands(const service_context& context, const std::optional<family_state>& after, const client_ptr& record) {
    return after && alive(*after, context.time.now()) &&
           (record == nullptr || !is_withdrawn(context.entities->find_consent(after->facts.user, record->number).get(),
                                               record->consent, after->facts));
}

} // namespace

task<result<refreshed>> session_service::refresh(secret_string token, token_client client, caller from,
                                                 std::optional<std::string> scope, std::vector<std::string> resources) {
    const key_ring_ptr keys = context_.keys();
    const result<client_ptr> record = refreshing_client(context_, client.number);
    if (!record) {
        task<failure> refused = refusal(context_.data, record.error(),
                                        context_.entities == nullptr ? ticket::none : context_.entities->rests_on());
        co_return co_await std::move(refused);
    }
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, token.reveal());
    if (!place) { // case 1
        count(context_.counters.refused_forged);
        co_return errc::invalid_refresh_token;
    }
    const token_wishes wishes{std::move(scope), std::move(resources)};
    presentation done = present({context_, *keys, *place, client.number, from, wishes, *record});
    refreshed answer;
    if (!done.refused) { // signed while the disk is at work
        answer.kind = done.kind;
        answer.tokens = tokens_of(context_, *keys, done, client.id);
    }
    if (!done.refused && tells_who(done.of_client)) {
        id_token_order order = refreshed_id_token(*record, done.owner, done.facts, done.now, answer.tokens);
        order.turn = std::move(done.turn);
        task<result<std::string>> making = make_id_token(context_, keys, std::move(order));
        result<std::string> made = co_await std::move(making);
        if (!made) {
            co_return made.error(); // the client tries again: it is given the same generation
        }
        answer.tokens.id_token = *std::move(made);
    }
    // As acceptance() does, without a coroutine in between: this is the path that all others are measured against.
    if (!done.rests) {
        co_return done.rests.error();
    }
    task<bool> wait = context_.data.durable(*done.rests);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    if (done.refused) {
        co_return *done.refused;
    }
    const std::optional<family_state> after = context_.data.find_family(place->family);
    if (still_stands(context_, after, *record)) {
        co_return answer;
    }
    count(context_.counters.refused_dead);
    const result<ticket> rests = after ? rests_on(context_, *after) : result<ticket>(ticket::none);
    const bool expired = !after || after->facts.expired(after->word, context_.time.now());
    task<failure> refused = refusal(context_.data, expired ? errc::session_expired : errc::session_revoked, rests);
    co_return co_await std::move(refused);
}

} // namespace pawl
