// /dev/tokens and /dev/families: tokens made to order, and what there is to know about a session.
#include "app/dev/plain_json.hpp"
#include "app/dev/realm.hpp"
#include "app/dev/token_maker.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/family/decide.hpp"
#include "core/service/issue.hpp"
#include "core/service/token_report.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "core/token/refresh_token.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pawl::app {

namespace {

// The session the token is for, and what the answer waits for.
struct token_session {
    family_facts facts;
    family_word word;
    ticket wait_for = ticket::none;
};

// The living one that was opened last.
std::optional<token_session> newest_session(const app_context& context, const user& owner) {
    std::optional<token_session> newest;
    for (const family_details& family : context.data.families_of(owner.id)) {
        const family_state& s = family.state;
        const bool later = !newest || std::pair(s.facts.created_at, s.facts.id) >
                                          std::pair(newest->facts.created_at, newest->facts.id);
        if (later && alive(s, context.time.now())) {
            newest = token_session{s.facts, s.word, ticket::none};
        }
    }
    return newest;
}

result<token_session> fresh_session(const app_context& context, const user& owner, random_source& random,
                                    const caller& from) {
    family_facts facts;
    facts.id = random_family_id(random);
    facts.user = owner.id;
    facts.client = first_party_client;
    facts.epoch = owner.gate.epoch;
    facts.created_at = context.time.now();
    facts.idle_ttl = context.settings.refresh_idle_ttl;
    facts.absolute_ttl = context.settings.refresh_absolute_ttl;
    const result<inserted_family> inserted =
        context.data.insert_family(facts, family_word{}, {facts.created_at, from.address, from.agent});
    if (!inserted) {
        return inserted.error();
    }
    return token_session{facts, family_word{}, inserted->wait_for};
}

// std::nullopt if the wish names neither user nor session: such a token is made of claims alone.
result<std::optional<token_session>> session_of(const app_context& context, const token_wish& wish,
                                                random_source& random, const caller& from) {
    if (wish.session) {
        const std::optional<family_state> known = context.data.find_family(*wish.session);
        if (!known) {
            return errc::session_not_found;
        }
        return std::optional(token_session{known->facts, known->word, ticket::none});
    }
    if (!wish.user && !wish.user_number) {
        return std::optional<token_session>();
    }
    const user_ptr owner = wish.user ? context.data.find_user_by_login(fold_login_name(*wish.user))
                                     : context.data.find_user(*wish.user_number);
    if (!owner) {
        return errc::user_not_found;
    }
    if (std::optional<token_session> there = newest_session(context, *owner)) {
        return there;
    }
    result<token_session> fresh = fresh_session(context, *owner, random, from);
    if (!fresh) {
        return fresh.error();
    }
    return std::optional(*std::move(fresh));
}

std::string token_json(const app_context& context, const made_token& made, const std::optional<token_session>& session,
                       std::uint32_t generation) {
    std::string out;
    json_object_writer object(out);
    object.member("access_token", made.token).member("token_type", "bearer");
    if (session) {
        const secret_string refresh =
            mint_refresh_token(*context.keys(), {.family = session->facts.id, .generation = generation});
        object.member("refresh_token", refresh.reveal())
            .member("session", to_hex(session->facts.id))
            .member("generation", std::uint64_t{generation});
    }
    object.raw("header", plain_json(made.header)).raw("claims", plain_json(made.claims)).end();
    return out;
}

std::string_view why_dead(const family_state& s, timestamp now) {
    if (!s.word.live()) {
        return "the session was ended: see word.status";
    }
    if (!s.gate.enabled) {
        return "its user is disabled or deleted";
    }
    if (!s.gate.admits(s.facts.id, s.facts.epoch)) {
        return "all sessions of its user were ended: see gate";
    }
    if (s.facts.expired(s.word, now)) {
        return now >= s.facts.expires_at() ? "its absolute lifetime is over" : "it was not refreshed for too long";
    }
    if (!s.bonds.client_admits) {
        return "its client is disabled or removed, or all sessions of the client were ended";
    }
    return alive(s, now) ? "" : "the browser session that it hangs on is over";
}

std::string word_json(const family_state& s) {
    std::string out;
    const family_word w = s.word;
    json_object_writer(out)
        .member("generation", std::uint64_t{w.generation()})
        .member("rotated_at", to_rfc3339(s.facts.rotated_at(w)))
        .member("status", to_text(w.status()))
        .member("confirmed", w.confirmed())
        .member("replays", std::uint64_t{w.replays()})
        .member("streak", std::uint64_t{w.streak()})
        .member("bits", std::to_string(w.bits()))
        .end();
    return out;
}

std::string facts_json(const family_facts& f) {
    std::string out;
    json_object_writer(out)
        .member("user", std::uint64_t{f.user.value})
        .member("client", std::uint64_t{f.client.value})
        .member("epoch", std::uint64_t{f.epoch})
        .member("created_at", to_rfc3339(f.created_at))
        .member("idle_ttl", std::int64_t{f.idle_ttl.count()})
        .member("absolute_ttl", std::int64_t{f.absolute_ttl.count()})
        .end();
    return out;
}

std::string gate_json(const user_gate& g) {
    std::string out;
    json_object_writer object(out);
    object.member("epoch", std::uint64_t{g.epoch})
        .member("enabled", g.enabled)
        .member("reason", to_text(g.reason))
        .member("changed_at", to_rfc3339(g.changed_at));
    if (g.survivor != family_id{}) {
        object.member("survivor", to_hex(g.survivor));
    }
    object.end();
    return out;
}

task<http_response> handle_dev_make_token(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    const result<token_wish> wish = read_token_wish(*body);
    if (!wish) {
        co_return problem_response(wish.error());
    }
    random_source& random = *context.development_random;
    const result<std::optional<token_session>> session = session_of(context, *wish, random, request.from);
    if (!session) {
        co_return problem_response(session.error());
    }
    if (session->has_value()) {
        task<bool> wait = context.data.durable((*session)->wait_for);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return problem_response(failure(errc::storage_unavailable));
        }
    }
    std::optional<family_facts> facts;
    std::uint32_t generation = wish->generation.value_or(0);
    if (session->has_value()) {
        facts = (*session)->facts;
        generation = wish->generation.value_or((*session)->word.generation());
    }
    const made_token made = make_token(*wish, context, random, facts, generation);
    co_return json_answer(201, token_json(context, made, *session, generation));
}

task<http_response> handle_dev_get_family(app_context& context, const http_request& request) {
    const std::optional<family_id> id = family_id_from_hex(request.path_parameter);
    std::optional<family_details> found;
    if (id) {
        found = context.data.find_family_details(*id);
    }
    if (!found) {
        co_return problem_response(failure(errc::session_not_found));
    }
    const family_state& s = found->state;
    const timestamp now = context.time.now();
    std::string last_use;
    json_object_writer(last_use)
        .member("at", to_rfc3339(found->last_use.at))
        .member("ip", to_text(found->last_use.address))
        .member("user_agent", found->last_use.agent)
        .end();
    std::string out;
    json_object_writer(out)
        .member("id", to_hex(s.facts.id))
        .member("alive", alive(s, now))
        .member("why", why_dead(s, now))
        .member("now", to_rfc3339(now))
        .member("idle_expires_at", to_rfc3339(s.facts.idle_expires_at(s.word)))
        .member("expires_at", to_rfc3339(s.facts.expires_at()))
        .raw("word", word_json(s))
        .raw("facts", facts_json(s.facts))
        .raw("gate", gate_json(s.gate))
        .raw("last_use", last_use)
        .end();
    co_return json_answer(200, std::move(out));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/tokens", as_developer<handle_dev_make_token>, "dev_make_token",
     refuses(json_body, errc::session_not_found, errc::user_not_found, errc::storage_unavailable)},
    {get, "/dev/families/{id}", as_developer<handle_dev_get_family>, "dev_get_family",
     refuses(errc::session_not_found)},
};

} // namespace

constinit const row_list dev_tokens_rows(rows);

} // namespace pawl::app
