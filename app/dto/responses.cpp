#include "app/dto/responses.hpp"

#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "core/text/string_pool.hpp"

#include <utility>

namespace pawl::app {

json_object_writer& add_members(json_object_writer& object, const family_details& session, const family_id& asking) {
    const family_facts& facts = session.state.facts;
    return object.member("id", to_hex(facts.id))
        .member("created_at", to_rfc3339(facts.created_at))
        .member("last_used_at", to_rfc3339(session.last_use.at))
        .member("idle_expires_at", to_rfc3339(facts.idle_expires_at(session.state.word)))
        .member("expires_at", to_rfc3339(facts.expires_at()))
        .member("generation", std::uint64_t{session.state.word.generation()})
        .member("ip", to_text(session.last_use.address))
        .member("user_agent", session.last_use.agent)
        .member("current", facts.id == asking);
}

std::string client_name(const registry* entities, client_number client) {
    if (client == first_party_client) {
        return std::string(first_party_client_id);
    }
    if (client == web_client) {
        return std::string(web_client_id);
    }
    const client_ptr known = entities != nullptr ? entities->find_client(client) : nullptr;
    return known ? known->client_id : std::to_string(client.value);
}

std::string_view session_kind(client_number client) {
    if (client == first_party_client) {
        return {};
    }
    return client == web_client ? "browser" : "client";
}

json_object_writer& add_kind(json_object_writer& object, const family_facts& facts, const registry* entities) {
    const std::string_view kind = session_kind(facts.client);
    if (!kind.empty()) {
        object.member("kind", kind);
    }
    if (kind == "client") {
        object.member("client", client_name(entities, facts.client));
    }
    return object;
}

std::string json_array(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        if (out.size() > 1) {
            out.push_back(',');
        }
        append_json_string(out, text);
    }
    out.push_back(']');
    return out;
}

json_object_writer& add_members(json_object_writer& object, const user& u) {
    std::string created_at = take_pooled_string();
    append_rfc3339(created_at, u.created_at);
    object.member("id", u.id.value)
        .member("username", u.username)
        .member("email", u.email)
        .member("email_verified", u.email_verified)
        .member("first_name", u.first_name)
        .member("surname", u.surname)
        .member("is_superuser", u.is_superuser)
        .raw("roles", json_array(u.roles));
    if (u.pending_approval && !u.gate.enabled) {
        object.member("pending", true);
    }
    object.member("created_at", created_at);
    give_pooled_string(std::move(created_at));
    return object;
}

std::string to_json(const user& u) {
    std::string out = take_pooled_string();
    out.reserve(256 + u.username.size() + u.email.size() + u.first_name.size() + u.surname.size());
    json_object_writer object(out);
    add_members(object, u).end();
    return out;
}

std::string to_json(const issued_tokens& tokens) {
    std::string out = take_pooled_string();
    out.reserve(tokens.access_token.size() + tokens.refresh_token.size() + tokens.id_token.size() + 160);
    json_object_writer object(out);
    object.plain("access_token", tokens.access_token)
        .plain("token_type", "bearer")
        .member("expires_in", std::int64_t{tokens.access_expires_in.count()});
    if (!tokens.refresh_token.empty()) { // a client may have none
        object.plain("refresh_token", tokens.refresh_token.reveal())
            .member("refresh_token_expires_in", std::int64_t{tokens.refresh_expires_in.count()});
    }
    if (!tokens.id_token.empty()) {
        object.plain("id_token", tokens.id_token);
    }
    if (!tokens.scope.empty()) {
        object.plain("scope", tokens.scope); // of characters that JSON does not escape (RFC 6749 3.3)
    }
    object.end();
    return out;
}

std::string to_json_and_wipe(issued_tokens& tokens) {
    std::string out = to_json(tokens);
    give_pooled_string(std::move(tokens.access_token)); // wiped; its memory serves the next one
    return out;
}

std::string to_json(std::span<const family_details> sessions, const family_id& asking, const registry* entities) {
    std::string out = "[";
    for (const family_details& session : sessions) {
        if (out.size() > 1) {
            out.push_back(',');
        }
        json_object_writer object(out);
        add_members(object, session, asking);
        add_kind(object, session.state.facts, entities).end();
    }
    out.push_back(']');
    return out;
}

std::string clock_json(timestamp_ms now, bool frozen) {
    std::string out;
    json_object_writer(out)
        .member("now", to_rfc3339(to_seconds(now)))
        .member("unix", std::int64_t{to_seconds(now).time_since_epoch().count()})
        .member("frozen", frozen)
        .end();
    return out;
}

} // namespace pawl::app
