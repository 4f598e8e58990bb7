// Codes: sealed once what they rest on is durable, and exchanged once. Using one is inserting its family, so the map of
// families decides between all who try; nothing else remembers codes.
#include "core/service/code_service.hpp"

#include "core/family/decide.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/eviction.hpp"
#include "core/service/issue.hpp"

#include <exception>
#include <limits>
#include <utility>

namespace pawl {

namespace {

struct attempt { // one presentation of a genuine code
    const service_context& context;
    const key_ring& keys;
    const authorization_code& code;
    const presented_code& shown;
    const token_wishes& wishes;
    const caller& from;
};

// What a code rests on, as it is now.
struct surroundings {
    grant_parties parties; // any of it may be null
    std::optional<family_state> session;
    code_surroundings now;
};

// `made`: its family; null: there is none yet.
surroundings look_around(const service_context& context, const authorization_code& code,
                         const family_facts* made = nullptr) {
    surroundings out;
    out.now.now = context.time.now();
    out.parties = {context.entities->find_client(code.client), context.data.find_user(code.user),
                   context.entities->find_catalogue(), context.entities->find_consent(code.user, code.client)};
    const auto& [who, owner, all, allowed] = out.parties;
    out.now.user_admits = owner && owner->gate.admits(code.grant, code.user_epoch);
    out.now.client_admits = who && who->admits(code.client_epoch);
    const bool allows = code.consent_version == 0 || covers(allowed.get(), code.consent_version, code.scopes);
    const bool dead = who && made != nullptr && is_withdrawn(allowed.get(), who->consent, *made);
    out.now.consent_stands = allows && !dead;
    out.now.session_lives = code.session == family_id{};
    if (!out.now.session_lives) {
        out.session = context.data.find_family(code.session);
        const auto& s = out.session;
        out.now.session_lives =
            s && s->facts.client == web_client && s->facts.user == code.user && alive(*s, out.now.now);
    }
    return out;
}

// The user's record as it is now, a tombstone too.
result<ticket> observe_record(const service_context& context, const authorization_code& code, const user_ptr& owner) {
    return context.data.observe_user(code.user, owner ? owner->version : std::numeric_limits<std::uint64_t>::max());
}

// What an answer waits for that rests on this look.
result<ticket> rests_on_all(const service_context& context, const authorization_code& code, const surroundings& seen) {
    const result<ticket> record = observe_record(context, code, seen.parties.owner);
    if (!record) {
        return record;
    }
    const result<ticket> session = seen.session ? rests_on(context, *seen.session) : result<ticket>(ticket::none);
    if (!session) {
        return session;
    }
    return later(later(*record, *session), context.entities->rests_on());
}

// What an attempt led to in memory, before anything is known durable.
struct outcome {
    std::optional<failure> refused;
    result<ticket> rests = ticket::none;
    // Where not refused, the family was inserted:
    family_facts facts;
    grant_parties parties;
    client_tokens tokens;
    signing_turn turn; // of the ID token, if there will be one
};

outcome refused_outcome(failure why, result<ticket> rests) {
    outcome out;
    out.refused = std::move(why);
    out.rests = std::move(rests);
    return out;
}

security_event reuse_event(const attempt& a, const family_details& family, timestamp now) {
    security_event event;
    event.kind = event_kind::code_reused;
    event.user = family.state.facts.user;
    event.family = family.state.facts.id;
    event.generation_current = family.state.word.generation();
    event.presented = use_of(a.from, now);
    event.last = family.last_use;
    if (const client_ptr who = a.context.entities->find_client(a.code.client)) {
        event.about = who->client_id;
    }
    return event;
}

errc refusal_of(family_word word) {
    return word.status() == family_status::code_reuse ? errc::code_reused : errc::invalid_code;
}

// C5 and C6: its family is there, so the code was used. std::nullopt if it is not there any more.
std::optional<outcome> used_before(const attempt& a) {
    store& data = a.context.data;
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        const timestamp now = a.context.time.now();
        const std::optional<family_details> family = data.find_family_details(a.code.grant);
        if (!family) {
            return std::nullopt;
        }
        const family_state& seen = family->state;
        const result<ticket> rests = rests_on(a.context, seen);
        const client_ptr who = a.context.entities->find_client(a.code.client);
        const bool denies = who && who->code_reuse == code_reuse_rule::deny;
        if (!rests || denies || !may_live(seen.word, seen.facts, seen.gate)) {
            const errc why = denies ? errc::invalid_code : refusal_of(seen.word);
            return refused_outcome(why, rests ? later(*rests, a.context.entities->rests_on()) : rests);
        }
        const result<exchange_result> ended = data.exchange_family(
            a.code.grant, seen.word, seen.word.with_status(family_status::code_reuse), use_of(a.from, now));
        if (!ended) {
            return refused_outcome(ended.error(), ticket::none);
        }
        if (ended->outcome == exchange_outcome::exchanged) {
            const ticket noted = data.append_event(reuse_event(a, *family, now));
            return refused_outcome(errc::code_reused, later(later(*rests, ended->wait_for), noted));
        }
        if (ended->outcome == exchange_outcome::gone) {
            return std::nullopt;
        }
    }
    return refused_outcome(storage_failure(), ticket::none);
}

family_facts facts_of(const attempt& a, const grant_parties& parties, const client_tokens& tokens, timestamp now) {
    family_lifetime lives = lifetime_of(a.context.settings, *parties.who, tokens.terms.access_token_ttl);
    if (parties.who->is_forward() && a.code.bound &&
        tokens.terms.expires_by > now) { // no end but the browser session's
        lives.idle = lives.absolute = tokens.terms.expires_by - now;
    }
    family_facts facts;
    facts.id = a.code.grant;
    facts.user = a.code.user;
    facts.client = a.code.client;
    facts.epoch = a.code.user_epoch;
    facts.created_at = now;
    facts.idle_ttl = lives.idle;
    facts.absolute_ttl = lives.absolute;
    facts.grant = grant_of(a.code);
    facts.grant.consent_era = era_of_new_family(parties.allowed.get());
    facts.origin.parent = a.code.bound ? a.code.session : family_id{};
    facts.origin.auth_time = a.code.auth_time;
    facts.origin.acr = a.code.acr;
    facts.origin.amr = a.code.amr;
    return facts;
}

// C4. std::nullopt where another was first.
std::optional<outcome> use_code(const attempt& a, surroundings seen) {
    outcome out;
    out.rests = rests_on_all(a.context, a.code, seen);
    if (!out.rests) {
        return refused_outcome(out.rests.error(), ticket::none);
    }
    result<client_tokens> tokens = decide_client_tokens(a.context.settings, seen.parties, grant_of(a.code), a.wishes);
    if (!tokens) {
        return refused_outcome(tokens.error(), out.rests);
    }
    if (a.code.bound && seen.session) {
        tokens->terms.expires_by =
            std::min(seen.session->facts.idle_expires_at(seen.session->word), seen.session->facts.expires_at());
    }
    if (has(tokens->scopes, builtin_scope::openid)) { // before the code is used: it is good once more after a refusal
        result<signing_turn> turn = id_token_turn(a.context, a.keys, *seen.parties.who, seen.now.now);
        if (!turn) {
            return refused_outcome(turn.error(), ticket::none);
        }
        out.turn = *std::move(turn);
    }
    out.facts = facts_of(a, seen.parties, *tokens, seen.now.now);
    out.parties = std::move(seen.parties);
    out.tokens = *std::move(tokens);
    const result<inserted_family> inserted =
        a.context.data.insert_family(out.facts, family_word{}, use_of(a.from, seen.now.now));
    if (!inserted && inserted.error().code == errc::user_not_found) { // removed since the look
        return refused_outcome(errc::invalid_code, observe_record(a.context, a.code, nullptr));
    }
    if (!inserted) {
        return refused_outcome(inserted.error(), ticket::none);
    }
    if (inserted->exists) {
        return std::nullopt;
    }
    out.rests = later(*out.rests, inserted->wait_for);
    out.rests = later(*out.rests, evict_beyond_limit(a.context, out.facts, client_sessions_max, a.from));
    return out;
}

// One pass over the table; std::nullopt where another request changed what it was about.
std::optional<outcome> try_once(const attempt& a) {
    surroundings seen = look_around(a.context, a.code);
    const code_verdict verdict = check_code(a.code, a.shown, seen.now);
    if (verdict == code_verdict::not_genuine || verdict == code_verdict::mismatch) { // C2
        return refused_outcome(errc::invalid_code, ticket::none);                    // rests on what never changes
    }
    if (seen.parties.who && !seen.parties.who->authorization_code) {
        return refused_outcome(errc::unauthorized_client, a.context.entities->rests_on());
    }
    if (!a.wishes.resources.empty() && seen.parties.who && seen.parties.owner) { // C2, too: nothing is written
        const auto wanted = decide_client_tokens(a.context.settings, seen.parties, grant_of(a.code), a.wishes);
        if (!wanted && wanted.error().code == errc::invalid_target) {
            return refused_outcome(errc::invalid_target, rests_on_all(a.context, a.code, seen));
        }
    }
    if (a.context.data.find_family(a.code.grant)) {
        return used_before(a);
    }
    if (verdict == code_verdict::stale) { // C3
        return refused_outcome(errc::invalid_code, rests_on_all(a.context, a.code, seen));
    }
    return use_code(a, std::move(seen));
}

outcome try_code(const attempt& a) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        if (std::optional<outcome> done = try_once(a)) {
            return *std::move(done);
        }
    }
    return refused_outcome(storage_failure(), ticket::none);
}

// Why a family that was just made must not be told of, and what it is ended with.
family_status reason_of(const code_surroundings& now, const user_ptr& owner) {
    if (!now.user_admits) {
        return owner && owner->gate.enabled ? family_status::logout : family_status::admin;
    }
    if (!now.client_admits) {
        return family_status::client;
    }
    return now.session_lives ? family_status::consent : family_status::signed_out;
}

// All gates, read again after a wait: std::nullopt while everything is as the code says. Else the family has been ended
// for the reason, and this is the refusal.
std::optional<outcome> look_again(const attempt& a, const family_facts& made) {
    const surroundings seen = look_around(a.context, a.code, &made);
    const code_surroundings& now = seen.now;
    const std::optional<family_state> family = a.context.data.find_family(a.code.grant);
    const bool stands = now.user_admits && now.client_admits && now.session_lives && now.consent_stands;
    if (stands && family && alive(*family, now.now)) {
        return std::nullopt;
    }
    const result<ticket> all = rests_on_all(a.context, a.code, seen);
    if (!all) {
        return refused_outcome(all.error(), ticket::none);
    }
    if (stands) { // its own word says it: another presented the code, or the client revoked what it does not know yet
        return refused_outcome(family ? refusal_of(family->word) : errc::invalid_code,
                               family ? rests_on(a.context, *family) : all);
    }
    const result<ended_family> ended = end_family(a.context, a.code.grant, reason_of(now, seen.parties.owner), a.from);
    if (!ended) {
        return refused_outcome(ended.error(), ticket::none);
    }
    return refused_outcome(errc::invalid_code, later(*all, ended->wait_for));
}

id_token_order order_of(const attempt& a, const outcome& used, timestamp now, const issued_tokens& tokens) {
    id_token_order order;
    order.who = used.parties.who;
    order.owner = used.parties.owner;
    order.facts = used.facts;
    order.now = now;
    order.expires_at = now + tokens.access_expires_in;
    order.nonce = a.code.nonce;
    order.session = a.code.session == family_id{} ? a.code.grant : a.code.session;
    order.access_token = tokens.access_token;
    return order;
}

// The tokens of a family that is durable and stands. Awaited directly.
task<result<issued_tokens>> sign_tokens(const attempt& a, key_ring_ptr keys, outcome& used) {
    const timestamp now = a.context.time.now();
    issued_tokens tokens = issue_tokens(a.context, *keys, used.facts, family_word{}, now, used.parties.who->client_id,
                                        used.tokens.about, &used.tokens.terms);
    tokens.session = a.code.grant;
    if (has(used.tokens.scopes, builtin_scope::openid)) {
        id_token_order order = order_of(a, used, now, tokens);
        order.turn = std::move(used.turn);
        task<result<std::string>> making = make_id_token(a.context, std::move(keys), std::move(order));
        result<std::string> made = co_await std::move(making);
        if (!made) {
            co_return made.error();
        }
        tokens.id_token = *std::move(made);
    }
    co_return tokens;
}

// The same; where they can't be made, the family has ended by the time of the answer, for its code is used up. What was
// thrown is thrown again then. Awaited directly.
task<result<issued_tokens>> sign_tokens_or_end(const attempt& a, key_ring_ptr keys, outcome& used) {
    result<issued_tokens> tokens = storage_failure();
    std::exception_ptr thrown; // no memory, or no signature now
    try {
        task<result<issued_tokens>> signing = sign_tokens(a, std::move(keys), used);
        tokens = co_await std::move(signing);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (!tokens) {
        auto ending = refuse_and_end(a.context, tokens.error(), a.code.grant, family_status::revoked, a.from);
        tokens = co_await std::move(ending);
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    co_return tokens;
}

} // namespace

code_service::code_service(service_context context)
    : context_(std::move(context)), tokens_(context_),
      known_(std::make_unique<verified_tokens>(context_.random, context_.settings.verified_tokens_max)) {}

task<result<secret_string>> code_service::issue(authorization_code code) {
    while (context_.data.find_family(code.grant)) {
        code.grant = random_family_id(context_.random);
    }
    const surroundings seen = look_around(context_, code);
    code.issued_at = seen.now.now;
    code.expires_at = code.issued_at + context_.settings.code_ttl;
    const result<ticket> rests = rests_on_all(context_, code, seen);
    if (!rests) {
        co_return rests.error();
    }
    task<bool> wait = context_.data.durable(*rests);
    const bool stands = co_await std::move(wait);
    const key_ring_ptr keys = context_.keys();
    std::optional<secret_string> text =
        seal_code(*keys->capsules, code, context_.entities->history_mark(), context_.random);
    if (!stands || !text) {
        co_return storage_failure();
    }
    co_return *std::move(text);
}

task<result<issued_tokens>> code_service::exchange(token_client asking, code_presentation shown, caller from) {
    const key_ring_ptr keys = context_.keys();
    const std::optional<authorization_code> code =
        open_code(*keys->capsules, shown.code.reveal(), context_.entities->history_mark());
    if (!code) { // C1
        co_return errc::invalid_code;
    }
    presented_code presented;
    presented.client = asking.number;
    presented.redirect_uri_sent = shown.redirect_uri.has_value();
    presented.redirect_uri = presented.redirect_uri_sent ? std::string_view(*shown.redirect_uri) : std::string_view();
    presented.code_verifier = shown.code_verifier;
    const token_wishes wishes{std::nullopt, std::move(shown.resources)};
    const attempt a{context_, *keys, *code, presented, wishes, from};
    outcome used = try_code(a);
    if (!used.refused) {
        task<bool> wait = context_.data.durable(*used.rests);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return storage_failure();
        }
        if (std::optional<outcome> dead = look_again(a, used.facts)) { // nothing is signed
            used = *std::move(dead);
        }
    }
    if (used.refused) {
        task<failure> refusing = refusal(context_.data, *std::move(used.refused), std::move(used.rests));
        co_return co_await std::move(refusing);
    }
    task<result<issued_tokens>> signing = sign_tokens_or_end(a, keys, used);
    result<issued_tokens> tokens = co_await std::move(signing);
    if (std::optional<outcome> dead = tokens ? look_again(a, used.facts) : std::nullopt) {
        // the signature took its time
        task<failure> refusing = refusal(context_.data, *std::move(dead->refused), std::move(dead->rests));
        co_return co_await std::move(refusing);
    }
    co_return tokens;
}

} // namespace pawl
