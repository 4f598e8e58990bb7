// Where tokens come from: /login, /token (RFC 6749 4.3 and 6), /refresh. What they do is in grants.cpp.
#include "app/handler/grants.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

task<http_response> handle_login(app_context& context, const http_request& request) {
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    const token_request asked{context, request, std::get<parameters>(body), first_party_client};
    auto pending = answer_login(asked, as_problem);
    co_return co_await std::move(pending);
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
    const result<client_number> client = authenticated_client(request, form);
    if (!client) {
        co_return oauth_response(client.error());
    }
    const grant* const wanted = grant_of(form);
    if (wanted == nullptr) {
        co_return oauth_response(request_problem::unsupported_grant_type);
    }
    const token_request asked{context, request, form, *client};
    auto pending = wanted->handle(asked);
    co_return co_await std::move(pending);
}

task<http_response> handle_refresh(app_context& context, const http_request& request) {
    if (has_refresh_token_in_query(request)) {
        co_return problem_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::json_or_form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    const token_request asked{context, request, std::get<parameters>(body), first_party_client};
    auto pending = answer_refresh(asked, as_problem);
    co_return co_await std::move(pending);
}

} // namespace pawl::app
