// POST /revoke (RFC 7009): the end of a token before its time.
#include "app/dto/requests.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/machine_service.hpp"

#include <utility>

namespace pawl::app {

namespace {

// RFC 7009 2.2: clients ignore the body. Some read it as JSON all the same (simple-oauth2 of npm) and fail where there
// is none.
http_response revoked() {
    return json_answer(200, "{}");
}

task<http_response> handle_revoke(app_context& context, const http_request& request) {
    if (has_in_query(request, "token")) {
        co_return oauth_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_oauth();
    }
    const auto& form = std::get<parameters>(body);
    auto asking = authenticated_client(context, request, form);
    const result<asking_client> who = co_await std::move(asking);
    if (!who) {
        co_return client_refusal(request, who.error());
    }
    if (context.machines == nullptr) {
        co_return oauth_response(failure(errc::invalid_client));
    }
    auto token = read_secret(form, "token");
    if (!token) {
        co_return oauth_response(token.error());
    }
    auto pending = context.machines->revoke(who->number(), *std::move(token), request.from);
    const result<void> ended = co_await std::move(pending);
    if (!ended) {
        co_return oauth_response(ended.error());
    }
    co_return with_proof_spent(context, request, *who, revoked());
}

using enum http_method;

constexpr route rows[] = {
    {post, "/revoke", handle_revoke, "revoke",
     refuses_as_oauth(
         errc::invalid_client, errc::token_of_another, errc::validation_failed, request_problem::malformed_form,
         request_problem::duplicate_parameter, request_problem::token_in_query, request_problem::unsupported_media_type,
         errc::too_many_revocations, errc::too_many_attempts, errc::too_many_assertions, errc::storage_unavailable)},
};

} // namespace

constinit const row_list revoke_rows(rows);

} // namespace pawl::app
