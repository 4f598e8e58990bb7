// GET and POST /authorize (RFC 6749 4.1.1, OIDC Core 3.1.2.1).
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/form.hpp"
#include "core/jwt/id_token.hpp"
#include "core/service/issue.hpp"

#include <array>
#include <utility>
#include <variant>

namespace pawl::app {

namespace {

constexpr std::size_t posted_request_size_max = 4096;
constexpr unsigned bad_request = 400, not_found = 404;

// Every name of /authorize may come twice here: read_authorization_request says which may not. std::nullopt where the
// text is no form.
std::optional<authorization_parameters> read_parameters(std::string_view text) {
    constexpr std::array<std::string_view, 20> repeated{
        "response_type", "client_id", "redirect_uri",  "scope",         "state",
        "nonce",         "prompt",    "response_mode", "max_age",       "code_challenge",
        "claims",        "resource",  "login_hint",    "id_token_hint", "code_challenge_method",
        "ui_locales",    "display",   "acr_values",    "request",       "request_uri"};
    const body_result form = read_form(text, repeated);
    if (!form) {
        return std::nullopt;
    }
    authorization_parameters out;
    for (const parameter& one : form->all()) {
        out.emplace_back(one.name, std::string(one.text.reveal()));
    }
    return out;
}

// Its only value; empty where there is none, or more than one.
std::string_view only_value(const authorization_parameters& given, std::string_view name) {
    std::string_view out;
    std::size_t count = 0;
    for (const auto& [key, value] : given) {
        if (key == name) {
            out = value;
            ++count;
        }
    }
    return count == 1 ? out : std::string_view();
}

bool serves(const app_context& context) {
    return context.entities != nullptr && context.codes != nullptr && context.web_sessions != nullptr &&
           context.random != nullptr && context.instance.algorithm != "HS256";
}

std::variant<flow, authorization_refusal> flow_of(const app_context& context, const authorization_parameters& given) {
    const std::string_view client_id = only_value(given, "client_id");
    const std::string_view hint = only_value(given, "id_token_hint");
    authorization_surroundings about{client_id.empty() ? nullptr : context.entities->find_client(client_id),
                                     *context.entities->find_catalogue(),
                                     context.time.now(),
                                     random_family_id(*context.random),
                                     std::nullopt,
                                     !hint.empty()};
    const catalogue_ptr all = context.entities->find_catalogue();
    const key_ring_ptr keys = context.keys();
    std::optional<user_id> hinted;
    if (!hint.empty()) {
        if (const auto read = read_id_token_hint(*keys, hint, context.settings.issuer)) {
            hinted = read->subject;
        }
    }
    auto read = read_authorization_request(given, {about.who, *all, about.now, about.fresh, hinted, about.hint_given});
    if (auto* refused = std::get_if<authorization_refusal>(&read)) {
        return std::move(*refused);
    }
    return flow{std::move(std::get<authorization_request>(read)), family_id{}};
}

http_response not_served(const http_request& request) {
    return authorization_error_page(request, not_found, "invalid_request",
                                    "This server signs in no users for clients.");
}

task<http_response> handle_authorize(app_context& context, const http_request& request) {
    if (!serves(context)) {
        co_return not_served(request);
    }
    const std::optional<authorization_parameters> given = read_parameters(request.query);
    if (!given) {
        co_return authorization_error_page(request, bad_request, "invalid_request", "The parameters can't be read.");
    }
    std::variant<flow, authorization_refusal> read;
    const std::string_view capsule = only_value(*given, "request_uri");
    if (capsule.starts_with("pfl_")) {
        std::optional<flow> f = read_flow(context, capsule);
        if (!f) {
            co_return authorization_error_page(request, bad_request, "invalid_request",
                                               "This page is of no use any more. Start again at the application.");
        }
        f->seen_by = family_id{};
        read = *std::move(f);
    } else {
        read = flow_of(context, *given);
    }
    if (const auto* refused = std::get_if<authorization_refusal>(&read)) {
        co_return answer_refusal(context, request, *refused);
    }
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, true);
    result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return problem_response(visit.error());
    }
    auto going = go_on(context, request, std::move(std::get<flow>(read)), *std::move(visit), {});
    co_return co_await std::move(going);
}

// Comes cross-site, so without the cookie: the browser goes on by GET, which has it.
task<http_response> handle_post_authorize(app_context& context, const http_request& request) {
    if (!serves(context)) {
        co_return not_served(request);
    }
    const std::optional<authorization_parameters> given =
        request.body.size() > posted_request_size_max ? std::nullopt : read_parameters(request.body);
    if (!given) {
        co_return authorization_error_page(request, bad_request, "invalid_request",
                                           "The parameters can't be read, or are longer than 4 KiB.");
    }
    std::variant<flow, authorization_refusal> read = flow_of(context, *given);
    if (const auto* refused = std::get_if<authorization_refusal>(&read)) {
        co_return answer_refusal(context, request, *refused);
    }
    const flow& f = std::get<flow>(read);
    const key_ring_ptr keys = context.keys();
    const auto capsule = seal_flow(*keys->capsules, f, context.entities->history_mark(), *context.random);
    if (!capsule || capsule->reveal().size() > flow_text_size_max) {
        co_return answer_refusal(context, request,
                                 {"invalid_request", "The request is too long.", target_of(f.request)});
    }
    co_return see_authorize(capsule->reveal());
}

using enum http_method;

constexpr route rows[] = {
    {get, "/authorize", handle_authorize, "authorize", refuses(errc::storage_unavailable)},
    {post, "/authorize", handle_post_authorize, "post_authorize", refuses()},
};

} // namespace

constinit const row_list authorize_rows(rows);

} // namespace pawl::app
