// GET and POST /userinfo (OIDC Core 5.3, RFC 6750): what a client may know of its user.
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/code_service.hpp"

#include <string_view>
#include <utility>

namespace pawl::app {

namespace {

constexpr std::string_view token_parameter = "access_token";

http_response token_in_query() {
    return oauth_response(request_problem::token_in_query, {},
                          "The parameter access_token must not be in the query, since logs and histories keep URLs: "
                          "send it in the header. If its value was a token, consider that known to others.");
}

http_response two_tokens() {
    return oauth_response(request_problem::duplicate_parameter, {},
                          "The access token must come in one way only: header or form.");
}

task<http_response> answer(app_context& context, std::string_view token) {
    if (context.codes == nullptr) {
        co_return oauth_response(failure(errc::invalid_access_token));
    }
    auto pending = context.codes->userinfo(token);
    result<std::string> told = co_await std::move(pending);
    if (!told) {
        co_return oauth_response(told.error());
    }
    co_return json_answer(200, *std::move(told));
}

task<http_response> handle_userinfo(app_context& context, const http_request& request) {
    if (has_in_query(request, token_parameter)) {
        co_return token_in_query();
    }
    auto pending = answer(context, bearer_token(request));
    co_return co_await std::move(pending);
}

task<http_response> handle_userinfo_post(app_context& context, const http_request& request) {
    if (has_in_query(request, token_parameter)) {
        co_return token_in_query();
    }
    parameters form;
    if (!request.body.empty()) { // libraries send a Content-Type without a body, too
        body_outcome body = read_body(request, body_kinds::form);
        if (const auto* failed = std::get_if<body_failure>(&body)) {
            co_return failed->as_oauth();
        }
        form = std::move(std::get<parameters>(body));
    }
    const parameter* const given = form.find(token_parameter);
    const std::string_view in_form = given == nullptr ? std::string_view() : given->text.reveal();
    const std::string_view in_header = bearer_token(request);
    if (!in_form.empty() && !in_header.empty()) {
        co_return two_tokens();
    }
    auto pending = answer(context, in_form.empty() ? in_header : in_form);
    co_return co_await std::move(pending);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/userinfo", handle_userinfo, "userinfo",
     refuses_as_oauth(errc::missing_access_token, errc::invalid_access_token, errc::insufficient_scope,
                      in_other_words(request_problem::token_in_query), errc::storage_unavailable)},
    {post, "/userinfo", handle_userinfo_post, "userinfo_post",
     refuses_as_oauth(errc::missing_access_token, errc::invalid_access_token, errc::insufficient_scope,
                      in_other_words(request_problem::token_in_query), request_problem::malformed_form,
                      in_other_words(request_problem::duplicate_parameter), request_problem::unsupported_media_type,
                      errc::storage_unavailable)},
};

} // namespace

constinit const row_list userinfo_rows(rows);

} // namespace pawl::app
