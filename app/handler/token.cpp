// Where tokens come from: /login, /token (RFC 6749 4.3 and 6), /refresh.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/refused_login.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

namespace {

std::string_view to_text(refresh_kind kind) {
    switch (kind) {
    case refresh_kind::rotated:
        return "rotated";
    case refresh_kind::replayed:
        return "replayed";
    case refresh_kind::healed:
        return "healed";
    }
    return "rotated";
}

http_response refreshed_answer(refreshed& outcome) {
    http_response response = json_answer(200, to_json_and_wipe(outcome.tokens));
    response.headers.emplace_back("Pawl-Refresh", to_text(outcome.kind));
    return response;
}

// RFC 6749 3.2: a parameter without a value is as good as absent.
std::string_view grant_type_of(const parameters& body) {
    const parameter* given = body.find("grant_type");
    if (given == nullptr || given->text.empty()) {
        return "password"; // as FastAPI's OAuth2PasswordRequestForm allows
    }
    return given->text.reveal();
}

task<http_response> password_grant(app_context& context, const http_request& request, const parameters& body) {
    auto wanted = read_login(body);
    if (!wanted) {
        co_return oauth_response(wanted.error());
    }
    const std::string name = wanted->name; // as typed, for a line of the log
    auto pending = context.sessions.login(std::move(wanted->name), std::move(wanted->password), request.from);
    auto tokens = co_await std::move(pending);
    if (!tokens) {
        log_refused_login(context, request, name, tokens.error());
        co_return oauth_response(tokens.error());
    }
    co_return json_answer(200, to_json_and_wipe(*tokens));
}

task<http_response> refresh_token_grant(app_context& context, const http_request& request, const parameters& body) {
    auto token = read_secret(body, "refresh_token");
    if (!token) {
        co_return oauth_response(token.error());
    }
    auto pending = context.sessions.refresh(std::move(*token), request.from);
    auto outcome = co_await std::move(pending);
    if (!outcome) {
        co_return oauth_response(outcome.error());
    }
    co_return refreshed_answer(*outcome);
}

} // namespace

task<http_response> handle_login(app_context& context, const http_request& request) {
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto wanted = read_login(std::get<parameters>(body));
    if (!wanted) {
        co_return problem_response(wanted.error());
    }
    const std::string name = wanted->name; // as typed, for a line of the log
    auto pending = context.sessions.login(std::move(wanted->name), std::move(wanted->password), request.from);
    auto tokens = co_await std::move(pending);
    if (!tokens) {
        log_refused_login(context, request, name, tokens.error());
        co_return problem_response(tokens.error());
    }
    co_return json_answer(200, to_json_and_wipe(*tokens));
}

task<http_response> handle_token(app_context& context, const http_request& request) {
    if (has_refresh_token_in_query(request)) {
        co_return oauth_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_oauth();
    }
    const auto& form = std::get<parameters>(body);
    const std::string_view grant_type = grant_type_of(form);
    if (grant_type == "password") {
        auto pending = password_grant(context, request, form);
        co_return co_await std::move(pending);
    }
    if (grant_type == "refresh_token") {
        auto pending = refresh_token_grant(context, request, form);
        co_return co_await std::move(pending);
    }
    co_return oauth_response(request_problem::unsupported_grant_type);
}

task<http_response> handle_refresh(app_context& context, const http_request& request) {
    if (has_refresh_token_in_query(request)) {
        co_return problem_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto token = read_secret(std::get<parameters>(body), "refresh_token");
    if (!token) {
        co_return problem_response(token.error());
    }
    auto pending = context.sessions.refresh(std::move(*token), request.from);
    auto outcome = co_await std::move(pending);
    if (!outcome) {
        co_return problem_response(outcome.error());
    }
    co_return refreshed_answer(*outcome);
}

} // namespace pawl::app
