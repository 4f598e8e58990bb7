// /admin/sessions, /admin/families, /admin/logout, /admin/tokens: an operator and the sessions of others.
#include "app/dto/admin_requests.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

namespace {

result<secret_string> read_token(const parameters& body) {
    return read_secret(body, "token");
}

task<http_response> handle_admin_list_sessions(app_context& context, const http_request& request,
                                               operator_caller /*by*/) {
    const auto id = read_query(request, read_query_user);
    if (!id) {
        co_return id.error();
    }
    auto pending = context.admin->sessions_of(*id);
    const auto sessions = co_await std::move(pending);
    if (!sessions) {
        co_return problem_response(sessions.error());
    }
    co_return json_answer(200, admin_sessions_json(*sessions, context.time.now(), context.entities));
}

task<http_response> handle_admin_end_session(app_context& context, const http_request& request, operator_caller by) {
    const auto id = family_id_from_hex(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::session_not_found));
    }
    auto pending = context.admin->end_session(std::move(by), *id);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return refuse_operator(context, request, ended.error());
    }
    co_return no_content();
}

task<http_response> handle_admin_logout(app_context& context, const http_request& request, operator_caller by) {
    auto id = read_json(request, read_user_of);
    if (!id) {
        co_return id.error();
    }
    auto pending = context.admin->logout(std::move(by), *id);
    const auto ended = co_await std::move(pending);
    if (!ended) {
        co_return refuse_operator(context, request, ended.error());
    }
    co_return no_content();
}

task<http_response> handle_admin_get_family(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto id = family_id_from_hex(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::session_not_found));
    }
    auto pending = context.admin->find_session(*id);
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return refuse_operator(context, request, found.error());
    }
    co_return json_answer(200, admin_family_json(*found, context.time.now(), context.entities));
}

task<http_response> handle_admin_mint_session(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_json(request, read_minting);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.admin->mint_session(std::move(by), wanted->user, std::move(wanted->client));
    const auto tokens = co_await std::move(pending);
    if (!tokens) {
        co_return refuse_operator(context, request, tokens.error());
    }
    co_return json_answer(201, to_json(*tokens));
}

task<http_response> handle_admin_verify_token(app_context& context, const http_request& request,
                                              operator_caller /*by*/) {
    auto token = read_json(request, read_token);
    if (!token) {
        co_return token.error();
    }
    auto pending = context.admin->inspect(*std::move(token));
    const auto report = co_await std::move(pending);
    if (!report) {
        co_return problem_response(report.error());
    }
    co_return json_answer(200, token_report_json(*report, context.time.now()));
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/sessions", as_operator<handle_admin_list_sessions>, "admin_list_sessions",
     refuses(query_string, errc::user_not_found)},
    {delete_, "/admin/sessions/{id}", as_operator<handle_admin_end_session>, "admin_end_session",
     refuses(in_other_words(errc::session_not_found))},
    {post, "/admin/logout", as_operator<handle_admin_logout>, "admin_logout", refuses(json_body, errc::user_not_found)},
    {get, "/admin/families/{id}", as_operator<handle_admin_get_family>, "admin_get_family",
     refuses(in_other_words(errc::session_not_found))},
    {post, "/admin/tokens", as_operator<handle_admin_mint_session>, "admin_mint_session",
     refuses(json_body, errc::claims_too_large, errc::user_not_found)},
    {post, "/admin/tokens/verify", as_operator<handle_admin_verify_token>, "admin_verify_token", refuses(json_body)},
};

} // namespace

constinit const row_list admin_sessions_rows(rows);

} // namespace pawl::app
