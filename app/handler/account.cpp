// Sign-up and the signed-in user's own account.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

task<http_response> handle_sign_up(app_context& context, const http_request& request) {
    if (!context.settings.sign_up_open) { // whatever the body is
        co_return problem_response(failure(errc::sign_up_closed));
    }
    body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto wanted = read_sign_up(std::get<parameters>(body));
    if (!wanted) {
        co_return problem_response(wanted.error());
    }
    auto pending = context.accounts.sign_up(std::move(*wanted), request.from);
    const auto created = co_await std::move(pending);
    if (!created) {
        co_return problem_response(created.error());
    }
    co_return json_answer(201, to_json(**created));
}

task<http_response> handle_get_me(app_context& context, const http_request& request) {
    auto asking = authenticate(context, request);
    const auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    co_return json_answer(200, to_json(*who->user));
}

task<http_response> handle_change_me(app_context& context, const http_request& request) {
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto change = read_profile_change(std::get<parameters>(body));
    if (!change) {
        co_return problem_response(change.error());
    }
    auto pending = context.accounts.change_profile(std::move(*who), std::move(*change), request.from);
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse(context, request, changed.error());
    }
    co_return json_answer(200, to_json(**changed));
}

task<http_response> handle_change_password(app_context& context, const http_request& request) {
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto change = read_password_change(std::get<parameters>(body));
    if (!change) {
        co_return problem_response(change.error());
    }
    auto pending = context.accounts.change_password(std::move(*who), std::move(change->current),
                                                    std::move(change->desired), request.from);
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse(context, request, changed.error());
    }
    co_return no_content();
}

task<http_response> handle_delete_me(app_context& context, const http_request& request) {
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    auto password = read_secret(std::get<parameters>(body), "current_password");
    if (!password) {
        co_return problem_response(password.error());
    }
    auto pending = context.accounts.remove(std::move(*who), std::move(*password), request.from);
    const auto removed = co_await std::move(pending);
    if (!removed) {
        co_return refuse(context, request, removed.error());
    }
    co_return no_content();
}

} // namespace pawl::app
