// POST /introspect (RFC 7662): what a token is, for APIs that can't or don't want to read it themselves.
#include "app/dto/requests.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/machine_service.hpp"
#include "core/text/json_text.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

// A text where there is one, else a list, as in the token.
void add_audiences(json_object_writer& object, const std::vector<std::string>& audiences) {
    if (audiences.size() == 1) {
        object.member("aud", audiences.front());
    } else if (!audiences.empty()) {
        std::string list = "[";
        for (const std::string& one : audiences) {
            list.append(list.size() > 1 ? "," : "");
            append_json_string(list, one);
        }
        object.raw("aud", list.append("]"));
    }
}

void add_text(json_object_writer& object, std::string_view name, std::string_view text) {
    if (!text.empty()) {
        object.member(name, text);
    }
}

void add_date(json_object_writer& object, std::string_view name, timestamp when) {
    if (when > timestamp{}) {
        object.member(name, std::int64_t{when.time_since_epoch().count()});
    }
}

std::string to_json(const token_facts& facts) {
    std::string out;
    json_object_writer object(out);
    object.member("active", facts.active);
    if (facts.active) {
        object.member("token_type", facts.is_refresh_token ? "refresh_token" : "Bearer");
        add_text(object, "scope", facts.scope);
        add_text(object, "client_id", facts.client_id);
        add_text(object, "username", facts.username);
        add_text(object, "sub", facts.subject);
        add_audiences(object, facts.audiences);
        add_text(object, "iss", facts.issuer);
        add_text(object, "jti", facts.jwt_id);
        add_text(object, "sid", facts.session ? to_hex(*facts.session) : std::string());
        add_date(object, "exp", facts.expires_at);
        add_date(object, "iat", facts.issued_at);
        add_date(object, "nbf", facts.not_before);
    }
    object.end();
    return out;
}

// Who asks: a client that proves who it is, or one whose token has the scope introspect. Awaited directly.
task<result<asking_client>> asking_api(app_context& context, const http_request& request, const parameters& form) {
    if (context.machines == nullptr) {
        co_return errc::invalid_client;
    }
    const std::string_view bearer = bearer_token(request);
    if (!bearer.empty()) {
        auto asking = context.machines->authenticate(bearer, introspect_scope);
        const result<machine_principal> who = co_await std::move(asking);
        if (!who) {
            co_return who.error();
        }
        co_return asking_client{who->client};
    }
    auto asking = authenticated_client(context, request, form);
    result<asking_client> who = co_await std::move(asking);
    if (!who) {
        co_return who.error();
    }
    if (who->record == nullptr || !who->record->confidential) { // RFC 7662: no one is told for nothing
        co_return errc::invalid_client;
    }
    co_return who;
}

task<http_response> handle_introspect(app_context& context, const http_request& request) {
    const meaning<parameters> form = read_token_form(request);
    if (!form) {
        co_return form.error();
    }
    auto asking = asking_api(context, request, *form);
    const result<asking_client> who = co_await std::move(asking);
    if (!who) {
        co_return client_refusal(request, who.error());
    }
    auto token = read_secret(*form, "token"); // token_type_hint is not needed: each kind looks like itself
    if (!token) {
        co_return oauth_response(token.error());
    }
    auto pending = context.machines->introspect(who->number(), *std::move(token));
    const result<token_facts> facts = co_await std::move(pending);
    if (!facts) {
        co_return oauth_response(facts.error());
    }
    co_return with_proof_spent(context, request, *who, json_answer(200, to_json(*facts)));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/introspect", handle_introspect, "introspect",
     refuses_as_oauth(errc::invalid_client, errc::invalid_access_token, errc::insufficient_scope,
                      errc::validation_failed, request_problem::malformed_form, request_problem::duplicate_parameter,
                      request_problem::token_in_query, request_problem::unsupported_media_type, errc::too_many_attempts,
                      errc::too_many_assertions, errc::storage_unavailable)},
};

} // namespace

constinit const row_list introspect_rows(rows);

} // namespace pawl::app
