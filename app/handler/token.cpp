// Where tokens come from: /login, /token (RFC 6749 4.3 and 6), /refresh.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/refused_login.hpp"
#include "app/handler/rows.hpp"
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

result<secret_string> read_refresh_token(const parameters& body) {
    return read_secret(body, "refresh_token");
}

task<http_response> refresh_token_grant(app_context& context, const http_request& request, const parameters& body) {
    auto token = read_refresh_token(body);
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

task<http_response> handle_login(app_context& context, const http_request& request) {
    auto wanted = read_json_or_form(request, read_login);
    if (!wanted) {
        co_return wanted.error();
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
    auto token = read_json_or_form(request, read_refresh_token);
    if (!token) {
        co_return token.error();
    }
    auto pending = context.sessions.refresh(std::move(*token), request.from);
    auto outcome = co_await std::move(pending);
    if (!outcome) {
        co_return problem_response(outcome.error());
    }
    co_return refreshed_answer(*outcome);
}

using enum http_method;

constexpr route login_row{post, "/login", handle_login, "login",
                          refuses(json_or_form_body, errc::login_failed, errc::claims_too_large,
                                  request_problem::body_too_large, errc::too_many_attempts, errc::password_queue_full,
                                  errc::storage_unavailable)};
constexpr route refresh_row{post, "/refresh", handle_refresh, "refresh",
                            refuses(json_or_form_body, request_problem::token_in_query, errc::invalid_refresh_token,
                                    errc::refresh_token_reused, errc::session_revoked, errc::session_expired,
                                    errc::claims_too_large, request_problem::body_too_large,
                                    errc::storage_unavailable)};

constexpr route rows[] = {
    login_row,
    {post, "/token", handle_token, "token",
     refuses_as_oauth(errc::login_failed, errc::invalid_refresh_token, errc::refresh_token_reused,
                      errc::session_revoked, errc::session_expired, errc::validation_failed,
                      request_problem::malformed_form, request_problem::duplicate_parameter,
                      request_problem::token_in_query, request_problem::unsupported_grant_type, errc::claims_too_large,
                      request_problem::unsupported_media_type, errc::too_many_attempts, errc::password_queue_full,
                      errc::storage_unavailable)},
    refresh_row,
    // Where the FastAPI tutorials put them.
    login_row.alias("/api/v1/auth/login"),
    refresh_row.alias("/api/v1/auth/refresh"),
};

} // namespace

constinit const row_list token_rows(rows);

} // namespace pawl::app
