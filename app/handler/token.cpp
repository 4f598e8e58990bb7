// Where tokens come from: /login, /token (RFC 6749 4.3 and 6), /refresh. What they do is in grants.cpp.
#include "app/handler/factors.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

namespace {

task<http_response> handle_login(app_context& context, const http_request& request) {
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    const token_request asked{context, request, std::get<parameters>(body), asking_client{}};
    auto pending = answer_login(asked, as_problem, factor_wanted_problem);
    co_return co_await std::move(pending);
}

task<http_response> handle_token(app_context& context, const http_request& request) {
    if (has_in_query(request, "refresh_token")) {
        co_return oauth_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::form, repeatable_parameters());
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_oauth();
    }
    const auto& form = std::get<parameters>(body);
    const grant* const wanted = grant_of(form);
    if (wanted == nullptr) { // whichever client asks: no proof is looked at, or spent, for nothing
        co_return oauth_response(request_problem::unsupported_grant_type);
    }
    auto who = authenticated_client(context, request, form);
    const result<asking_client> client = co_await std::move(who);
    if (!client) {
        co_return client_refusal(request, client.error());
    }
    const token_request asked{context, request, form, *client};
    auto pending = wanted->handle(asked);
    http_response answer = co_await std::move(pending);
    co_return with_proof_spent(context, request, asked.client, std::move(answer));
}

// The body is read, and done with, outside of the coroutine: what it is read into would be most of the frame.
meaning<task<result<refreshed>>> begin_first_party_refresh(app_context& context, const http_request& request) {
    if (has_in_query(request, "refresh_token")) {
        return problem_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        return failed->as_problem();
    }
    const token_request asked{context, request, std::get<parameters>(body), asking_client{}};
    return begin_refresh(asked, as_problem);
}

task<http_response> handle_refresh(app_context& context, const http_request& request) {
    return answer_refresh(begin_first_party_refresh(context, request), as_problem);
}

using enum http_method;

constexpr route login_row{post, "/login", handle_login, "login",
                          refuses(json_or_form_body, errc::login_failed, errc::claims_too_large, errc::invalid_scope,
                                  errc::second_factor_required, errc::second_factor_failed, errc::enrolment_required,
                                  errc::approval_pending, errc::email_not_verified, request_problem::body_too_large,
                                  errc::too_many_attempts, errc::password_queue_full, errc::hash_memory_unavailable,
                                  errc::storage_unavailable)};
constexpr route refresh_row{post, "/refresh", handle_refresh, "refresh",
                            refuses(json_or_form_body, request_problem::token_in_query, errc::invalid_refresh_token,
                                    errc::refresh_token_reused, errc::session_revoked, errc::session_expired,
                                    errc::claims_too_large, errc::invalid_scope, request_problem::body_too_large,
                                    errc::storage_unavailable)};

constexpr route rows[] = {
    login_row,
    {post, "/token", handle_token, "token",
     refuses_as_oauth(errc::login_failed, errc::invalid_refresh_token, errc::refresh_token_reused,
                      errc::session_revoked, errc::session_expired, errc::validation_failed,
                      request_problem::malformed_form, request_problem::duplicate_parameter,
                      request_problem::token_in_query, request_problem::unsupported_grant_type, errc::claims_too_large,
                      request_problem::unsupported_media_type, errc::too_many_attempts, errc::password_queue_full,
                      errc::hash_memory_unavailable, errc::storage_unavailable, errc::invalid_client,
                      errc::unauthorized_client, errc::invalid_scope, errc::invalid_target, errc::too_many_assertions,
                      errc::invalid_code, errc::code_reused, errc::second_factor_required, errc::second_factor_failed,
                      errc::enrolment_required, errc::approval_pending, errc::email_not_verified)},
    refresh_row,
    // Where the FastAPI tutorials put them.
    login_row.alias("/api/v1/auth/login"),
    refresh_row.alias("/api/v1/auth/refresh"),
};

} // namespace

constinit const row_list token_rows(rows);

} // namespace pawl::app
