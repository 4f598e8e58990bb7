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

#include <cstdint>
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
    owner_claims about;
    signing_turn turn; // of the ID token, if there will be one
};

// Each gives true: this presentation has come to its end.
bool refuse(presentation& p, failure why, result<ticket> rests) {
    p.refused = std::move(why);
    p.rests = std::move(rests);
    return true;
}

bool accept(presentation& p, refresh_kind kind, const family_state& seen, family_word word, timestamp now,
            const result<ticket>& rests) {
    p.rests = rests ? later(*rests, p.about.rests) : rests;
    p.kind = kind;
    p.facts = seen.facts;
    p.word = word;
    p.now = now;
    return true;
}

// The presenting request, and what it presented.
struct presenter {
    const service_context& context;
    const key_ring& keys;
    const refresh_token_place& place;
    client_number client;
    const caller& from;
    const token_wishes& wishes;
    const client_ptr& record; // null: the first party
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
bool replayed(presentation& p, const presenter& who, const family_state& seen, const decision& decided, timestamp now) {
    count(who.context.counters.replays);
    note_replay(who, seen, now);
    result<ticket> rests = who.context.data.observe_family(seen.facts.id, decided.next);
    if (rests && decided.suspected) {
        rests = later(*rests, note_suspicion(who, seen, last_use_of(who), now));
    }
    return accept(p, refresh_kind::replayed, seen, decided.next, now, rests);
}

// Cases 4 and 8 to 10, by the request whose exchange succeeded.
bool exchanged(presentation& p, const presenter& who, const family_state& seen, const decision& decided,
               const family_use& last, timestamp now, ticket wait_for) {
    const result<ticket> rests =
        later(wait_for, record_exchange(who.context, decided.what, evidence_of(who, seen, last, now)));
    switch (decided.what) {
    case verdict::rotate:
        return accept(p, refresh_kind::rotated, seen, decided.next, now, rests);
    case verdict::healed:
        return accept(p, refresh_kind::healed, seen, decided.next, now, rests);
    case verdict::reuse:
        return refuse(p, errc::refresh_token_reused, rests);
    default: // ahead_revoked, exhausted
        return refuse(p, errc::session_revoked, rests);
    }
}

constexpr bool gives_tokens(verdict what) {
    return what == verdict::rotate || what == verdict::replay || what == verdict::healed;
}

bool tells_who(const std::unique_ptr<client_tokens>& tokens) {
    return tokens != nullptr && has(tokens->scopes, builtin_scope::openid);
}

// Ends a family whose consent was withdrawn while a crash kept it from being ended with the others.
enum class withdrawal : std::uint8_t { none, ended, conflict }; // conflict: another request changed the family first
withdrawal end_withdrawn(presentation& p, const presenter& who, const family_state& seen, timestamp now) {
    const service_context& context = who.context;
    if (who.record == nullptr || seen.facts.client != who.client || !seen.word.live() ||
        !is_withdrawn(context.entities->find_consent(seen.facts.user, who.client).get(), who.record->consent,
                      seen.facts)) {
        return withdrawal::none;
    }
    const ticket withdrawn = context.entities->rests_on();
    const result<exchange_result> ended = context.data.exchange_family(
        seen.facts.id, seen.word, seen.word.with_status(family_status::consent), use_of(who.from, now));
    if (!ended) {
        refuse(p, ended.error(), ticket::none);
    } else if (ended->outcome == exchange_outcome::conflict) {
        return withdrawal::conflict;
    } else {
        count(context.counters.refused_dead);
        refuse(p, errc::session_revoked, later(ended->wait_for, withdrawn));
    }
    return withdrawal::ended;
}

// What the tokens will say: read after `now`, and before anything changes. Why there will be none; errc::user_not_found
// where the next look finds the gate closed.
std::optional<failure> prepare(presentation& p, const presenter& who, const family_state& seen, timestamp now) {
    result<owner_claims> about = who.record == nullptr ? claims_of_owner(who.context, seen.facts, who.wishes.scope)
                                                       : claims_of_grant(who.context, who.record, seen, who.wishes);
    if (!about) {
        return about.error();
    }
    p.about = *std::move(about);
    if (!tells_who(p.about.of_client)) {
        return std::nullopt;
    }
    result<signing_turn> turn = id_token_turn(who.context, who.keys, *who.record, now);
    if (!turn) {
        return turn.error();
    }
    p.turn = *std::move(turn);
    return std::nullopt;
}

// One pass: false where another request changed the family between the look and the exchange.
bool present_once(presentation& p, const presenter& who) {
    const service_context& context = who.context;
    const timestamp now = context.time.now();
    const std::optional<family_state> seen = context.data.find_family(who.place.family);
    if (!seen) {
        count(context.counters.refused_dead);
        return refuse(p, errc::session_expired, ticket::none); // swept long after it ended
    }
    const presented_token presented{.generation = who.place.generation, .client = who.client};
    const refresh_policy policy =
        who.record == nullptr ? context.settings.refresh : policy_of(context.settings, *who.record);
    if (const withdrawal withdrawn = end_withdrawn(p, who, *seen, now); withdrawn != withdrawal::none) {
        return withdrawn == withdrawal::ended;
    }
    const decision decided =
        decide(seen->word, seen->facts, seen->gate, seen->bonds, presented, now, policy, context.data.outages());
    switch (decided.what) {
    case verdict::expired:
    case verdict::revoked:
        count(context.counters.refused_dead);
        return refuse(p, decided.what == verdict::expired ? errc::session_expired : errc::session_revoked,
                      rests_on(context, *seen));
    case verdict::mismatch:
        count(context.counters.refused_mismatch);
        return refuse(p, errc::invalid_refresh_token, ticket::none); // rests on facts that never change
    default:
        break;
    }
    if (gives_tokens(decided.what)) {
        if (std::optional<failure> why = prepare(p, who, *seen, now)) {
            return why->code != errc::user_not_found &&
                   refuse(p, *std::move(why), observe_owner(context, seen->facts.user));
        }
    }
    if (decided.next == seen->word) { // cases 5 and 7
        return replayed(p, who, *seen, decided, now);
    }
    const family_use last = leaves_evidence(decided.what) ? last_use_of(who) : family_use{};
    const result<exchange_result> changed =
        context.data.exchange_family(who.place.family, seen->word, decided.next, use_of(who.from, now));
    if (!changed) {
        return refuse(p, changed.error(), ticket::none);
    }
    if (changed->outcome == exchange_outcome::conflict) {
        return false;
    }
    if (changed->outcome == exchange_outcome::gone) {
        count(context.counters.refused_dead);
        return refuse(p, errc::session_expired, changed->wait_for);
    }
    if (decided.what == verdict::replay) { // case 6: a change of hints alone
        return replayed(p, who, *seen, decided, now);
    }
    return exchanged(p, who, *seen, decided, last, now, changed->wait_for);
}

// Filled in place: it is large, and this is the path that all others are measured against.
void present(presentation& p, const presenter& who) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        if (present_once(p, who)) {
            return;
        }
        p = presentation();
    }
    refuse(p, storage_failure(), ticket::none);
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

// All of a refresh but what it waits for. Small: the frame of a coroutine that is over a kilobyte is not kept by Asio
// for the next one (docs/performance-notes.md).
struct begun_refresh {
    result<refreshed> answer{boost::system::in_place_value};
    ticket rests = ticket::none; // what the answer rests on
    family_id family;
    struct client_part {
        client_ptr record;
        key_ring_ptr keys;
        std::optional<id_token_order> id_token; // that the answer wants, not yet signed
    };
    std::unique_ptr<client_part> of_client; // null: the first party
};

// An answer that rests on what storage can't stand by is none.
void rest_on(begun_refresh& begun, const result<ticket>& rests) {
    begun.rests = rests ? *rests : ticket::none;
    if (!rests) {
        begun.answer = rests.error();
    }
}

// Signed while the disk is at work.
void give_tokens(begun_refresh& begun, const presenter& who, presentation& done, std::string_view client_id) {
    const client_tokens* const of_client = done.about.of_client.get();
    begun.answer->kind = done.kind;
    begun.answer->tokens = issue_tokens(who.context, who.keys, done.facts, done.word, done.now, client_id,
                                        done.about.claims, of_client == nullptr ? nullptr : &of_client->terms);
    if (tells_who(done.about.of_client)) {
        id_token_order& order = begun.of_client->id_token.emplace(
            refreshed_id_token(who.record, done.about.owner, done.facts, done.now, begun.answer->tokens));
        order.turn = std::move(done.turn);
    }
}

begun_refresh begin_refresh(const service_context& context, const secret_string& token, const token_client& client,
                            const caller& from, const token_wishes& wishes) {
    begun_refresh out;
    const key_ring_ptr keys = context.keys();
    const result<client_ptr> record = refreshing_client(context, client.number);
    if (!record) {
        out.answer = record.error();
        out.rests = context.entities == nullptr ? ticket::none : context.entities->rests_on();
        return out;
    }
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, token.reveal());
    if (!place) { // case 1
        count(context.counters.refused_forged);
        out.answer = errc::invalid_refresh_token;
        return out;
    }
    out.family = place->family;
    if (*record != nullptr) {
        out.of_client = std::make_unique<begun_refresh::client_part>();
        out.of_client->record = *record;
        out.of_client->keys = keys;
    }
    const presenter who{context, *keys, *place, client.number, from, wishes, *record};
    presentation done;
    present(done, who);
    if (done.refused) {
        out.answer = *std::move(done.refused);
    } else if (done.rests) {
        give_tokens(out, who, done, client.id);
    }
    rest_on(out, done.rests);
    return out;
}

// Where none can be made that is the answer, at once: the client tries again, and is given the same generation. Awaited
// directly: the references outlive the call.
task<void> add_id_token(const service_context& context, begun_refresh& begun) {
    begun_refresh::client_part& of_client = *begun.of_client;
    task<result<std::string>> making = make_id_token(context, of_client.keys, *std::move(of_client.id_token));
    result<std::string> made = co_await std::move(making);
    if (made) {
        begun.answer->tokens.id_token = *std::move(made);
    } else {
        begun.answer = made.error();
        begun.rests = ticket::none;
    }
}

// Looked at once more, after the last wait: a revocation that completed meanwhile must not be outlived. True where
// there was one; then the answer is a refusal, and rests on that.
bool ended_meanwhile(const service_context& context, begun_refresh& begun) {
    const std::optional<family_state> after = context.data.find_family(begun.family);
    const client* const record = begun.of_client == nullptr ? nullptr : begun.of_client->record.get();
    const bool stands =
        after && alive(*after, context.time.now()) &&
        (record == nullptr || !is_withdrawn(context.entities->find_consent(after->facts.user, record->number).get(),
                                            record->consent, after->facts));
    if (stands) {
        return false;
    }
    count(context.counters.refused_dead);
    const bool expired = !after || after->facts.expired(after->word, context.time.now());
    begun.answer = expired ? errc::session_expired : errc::session_revoked;
    rest_on(begun, after ? rests_on(context, *after) : result<ticket>(ticket::none));
    return true;
}

} // namespace

task<result<refreshed>> session_service::refresh(secret_string token, token_client client, caller from,
                                                 std::optional<std::string> scope, std::vector<std::string> resources) {
    begun_refresh begun = begin_refresh(context_, token, client, from, {std::move(scope), std::move(resources)});
    if (begun.rests == ticket::none && !begun.answer) {
        co_return std::move(begun.answer); // of a forged token no state is touched
    }
    if (begun.answer && begun.of_client && begun.of_client->id_token) {
        task<void> adding = add_id_token(context_, begun);
        co_await std::move(adding);
    }
    // As acceptance() does, without a coroutine in between: this is the path that all others are measured against.
    task<bool> wait = context_.data.durable(begun.rests);
    bool stands = co_await std::move(wait);
    if (stands && begun.answer && ended_meanwhile(context_, begun)) {
        task<bool> again = context_.data.durable(begun.rests);
        const bool still_stands = co_await std::move(again);
        stands = still_stands;
    }
    if (!stands) {
        co_return storage_failure();
    }
    co_return std::move(begun.answer);
}

} // namespace pawl
