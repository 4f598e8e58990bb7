// The end of sessions, and the list of them.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/form.hpp"
#include "core/ids.hpp"

#include <utility>

namespace pawl::app {

namespace {

task<http_response> logout_by_refresh_token(app_context& context, const http_request& request, secret_string token) {
    auto pending = context.sessions.logout(std::move(token), request.from);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return problem_response(ended.error());
    }
    co_return no_content();
}

task<http_response> logout_by_bearer(app_context& context, const http_request& request) {
    const auto session = context.guard.session_of(bearer_token(request));
    if (!session) {
        co_return refuse(context, request, failure(errc::invalid_access_token));
    }
    auto pending = context.sessions.logout_session(*session, request.from);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return problem_response(ended.error());
    }
    co_return no_content();
}

// The query is exactly `except=current` (and what is unknown).
bool asks_for_all_but_current(const http_request& request) {
    const body_result query = read_form(request.query);
    const parameter* except = query.has_value() ? query->find("except") : nullptr;
    return except != nullptr && except->text.reveal() == "current";
}

failure except_required() {
    std::vector<field_error> errors{field_error{"except", "must be current, in the query"}};
    return {errc::validation_failed, std::move(errors)};
}

// A refresh token in the body decides; a bearer counts only without one.
task<http_response> handle_logout(app_context& context, const http_request& request) {
    if (has_in_query(request, "refresh_token")) {
        co_return problem_response(request_problem::token_in_query);
    }
    parameters members;
    if (!request.body.empty()) { // clients send a Content-Type without a body, too
        body_outcome body = read_body(request, body_kinds::json_or_form);
        if (const auto* failed = std::get_if<body_failure>(&body)) {
            co_return failed->as_problem();
        }
        members = std::move(std::get<parameters>(body));
    }
    const parameter* given = members.find("refresh_token");
    const bool has_token = given != nullptr && given->kind != parameter_kind::null;
    if (!has_token && !bearer_token(request).empty()) {
        auto pending = logout_by_bearer(context, request);
        co_return co_await std::move(pending);
    }
    auto token = read_secret(members, "refresh_token");
    if (!token) {
        co_return problem_response(token.error());
    }
    auto pending = logout_by_refresh_token(context, request, std::move(*token));
    co_return co_await std::move(pending);
}

task<http_response> handle_logout_all(app_context& context, const http_request& request, principal who) {
    auto pending = context.sessions.logout_all(std::move(who), request.from);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return refuse(context, request, ended.error());
    }
    co_return no_content();
}

task<http_response> handle_list_sessions(app_context& context, const http_request& request, principal who) {
    const family_id current = who.session;
    auto pending = context.sessions.list(std::move(who));
    const auto sessions = co_await std::move(pending);
    if (!sessions) {
        co_return refuse(context, request, sessions.error());
    }
    co_return json_answer(200, to_json(*sessions, current, context.entities));
}

task<http_response> handle_end_session(app_context& context, const http_request& request, principal who) {
    const auto session = family_id_from_hex(request.path_parameter);
    if (!session) {
        co_return problem_response(failure(errc::session_not_found));
    }
    auto pending = context.sessions.end(std::move(who), *session, request.from);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return refuse(context, request, ended.error());
    }
    co_return no_content();
}

task<http_response> handle_end_other_sessions(app_context& context, const http_request& request, principal who) {
    if (!asks_for_all_but_current(request)) {
        co_return problem_response(except_required());
    }
    auto pending = context.sessions.end_others(std::move(who), request.from);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return refuse(context, request, ended.error());
    }
    co_return no_content();
}

using enum http_method;

constexpr route logout_row{post, "/logout", handle_logout, "logout",
                           refuses(json_or_form_body, request_problem::token_in_query, errc::invalid_access_token,
                                   request_problem::body_too_large, errc::storage_unavailable)};

constexpr route rows[] = {
    logout_row,
    {post, "/logout/all", as_user<handle_logout_all>, "logout_all", refuses()},
    {get, "/sessions", as_account<handle_list_sessions>, "list_sessions", refuses()},
    {delete_, "/sessions", as_user<handle_end_other_sessions>, "end_other_sessions", refuses(errc::validation_failed)},
    {delete_, "/sessions/{id}", as_user<handle_end_session>, "end_session", refuses(errc::session_not_found)},
    // Where the FastAPI tutorials put them.
    logout_row.alias("/api/v1/auth/logout"),
};

} // namespace

constinit const row_list session_rows(rows);

} // namespace pawl::app
