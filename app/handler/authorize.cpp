// GET and POST /authorize (RFC 6749 4.1.1, OIDC Core 3.1.2.1).
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "core/jwt/id_token.hpp"
#include "core/provider/given_parameters.hpp"
#include "core/service/issue.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

std::variant<flow, authorization_refusal> flow_of(const app_context& context, const authorization_parameters& given) {
    const given_parameters by_name(given);
    const std::string_view client_id = by_name.only("client_id").value_or(std::string_view());
    const std::string_view hint = by_name.only("id_token_hint").value_or(std::string_view());
    const key_ring_ptr keys = context.keys();
    std::optional<user_id> hinted;
    if (!hint.empty()) {
        if (const auto read = read_id_token_hint(*keys, hint, context.settings.issuer)) {
            hinted = read->subject;
        }
    }
    const catalogue_ptr all = context.entities->find_catalogue();
    auto read = read_authorization_request(
        given, {client_id.empty() ? nullptr : context.entities->find_client(client_id), *all, context.time.now(),
                random_family_id(*context.random), hinted, !hint.empty()});
    if (auto* refused = std::get_if<authorization_refusal>(&read)) {
        return std::move(*refused);
    }
    return flow{std::move(std::get<authorization_request>(read)), {}, {}};
}

task<http_response> handle_authorize(app_context& context, const http_request& request) {
    if (!signs_in_for_clients(context)) {
        co_return error_page_of_no_provider(request);
    }
    const std::optional<authorization_parameters> given = read_parameters(request.query);
    if (!given) {
        co_return error_page(request, request_problem::malformed_form);
    }
    std::variant<flow, authorization_refusal> read;
    if (const std::string_view capsule = capsule_of(*given, prefix_of(capsule_kind::flow)); !capsule.empty()) {
        std::optional<flow> f = read_flow(context, capsule);
        if (!f) {
            co_return error_page_of_lost_flow(request);
        }
        read = *std::move(f);
    } else {
        read = flow_of(context, *given);
    }
    if (const auto* refused = std::get_if<authorization_refusal>(&read)) {
        co_return answer_refusal(context, request, *refused);
    }
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, true);
    result<web_visit> visit = co_await std::move(looking);
    flow f = std::move(std::get<flow>(read));
    if (!visit) {
        co_return answer_refusal(
            context, request,
            {"temporarily_unavailable", std::string(row_of(visit.error().code).detail), target_of(f.request)});
    }
    auto going = go_on(context, request, std::move(f), *std::move(visit), {.first_look = true});
    co_return co_await std::move(going);
}

// Comes cross-site, so without the cookie: the browser goes on by GET, which has it.
task<http_response> handle_post_authorize(app_context& context, const http_request& request) {
    if (!signs_in_for_clients(context)) {
        co_return error_page_of_no_provider(request);
    }
    if (request.body.size() > posted_request_size_max) {
        co_return error_page(request, request_problem::body_too_large);
    }
    const std::optional<authorization_parameters> given = read_parameters(request.body);
    if (!given) {
        co_return error_page(request, request_problem::malformed_form);
    }
    std::variant<flow, authorization_refusal> read = flow_of(context, *given);
    if (const auto* refused = std::get_if<authorization_refusal>(&read)) {
        co_return answer_refusal(context, request, *refused);
    }
    const flow& f = std::get<flow>(read);
    const std::optional<std::string> capsule = write_flow(context, f);
    if (!capsule) {
        co_return answer_refusal(context, request,
                                 {"invalid_request", "The request is too long.", target_of(f.request)});
    }
    co_return see_other("authorize?request_uri=" + *capsule);
}

using enum http_method;

// Where neither client nor redirect URI is proven; else the client is told, by a redirect.
constexpr refusal_list page_refusals = refuses_by_page(request_problem::malformed_form, request_problem::body_too_large,
                                                       in_other_words(request_problem::not_found));

constexpr route rows[] = {
    {get, "/authorize", handle_authorize, "authorize", page_refusals},
    {post, "/authorize", handle_post_authorize, "authorize_post", page_refusals},
};

} // namespace

constinit const row_list authorize_rows(rows);

} // namespace pawl::app
