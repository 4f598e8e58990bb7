#include "app/handler/callers.hpp"

#include "app/http/cors.hpp"
#include "core/service/grant_tokens.hpp"
#include "core/service/machine_service.hpp"

#include <utility>

namespace pawl::app {

task<result<operator_caller>> authorise_operator(app_context& context, const http_request& request) {
    operator_caller by;
    by.from = request.from;
    if (request.from_admin_socket) {
        co_return by;
    }
    const std::string_view bearer = bearer_token(request);
    if (context.machines != nullptr && !bearer.empty() && !is_of_session(*context.keys(), bearer)) {
        auto asking = context.machines->authenticate(bearer, admin_scope);
        auto machine = co_await std::move(asking);
        if (!machine) {
            co_return machine.error();
        }
        by.machine = *std::move(machine);
        co_return by;
    }
    auto asking = authenticate(context, request, builtin_scope::admin);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return who.error();
    }
    if (!who->user->is_superuser) {
        co_return errc::not_admin;
    }
    by.who = *std::move(who);
    co_return by;
}

http_response refuse_operator(const app_context& context, const http_request& request, const failure& why) {
    if (why.code == errc::session_not_found) {
        return problem_response(why, "There is no such session.");
    }
    return refuse(context, request, why);
}

bool comes_from_elsewhere(const http_request& request) {
    if (request.sec_fetch_site && *request.sec_fetch_site == "cross-site") {
        return true;
    }
    static const cors_settings loopback{{}, true};
    return request.origin && !origin_allowed(loopback, *request.origin);
}

task<http_response> ask_as_user(app_context& context, const http_request& request, user_handler* handle,
                                std::optional<builtin_scope> of_clients) {
    auto asking = authenticate(context, request, of_clients);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    auto pending = handle(context, request, *std::move(who));
    co_return co_await std::move(pending);
}

task<http_response> answer_user(app_context& context, const http_request& request, user_answer* answer,
                                std::optional<builtin_scope> of_clients) {
    std::optional<result<principal>> who = authenticate_now(context, request);
    if (!who) {
        auto asking = authenticate(context, request, of_clients);
        auto authenticated = co_await std::move(asking);
        who = std::move(authenticated);
    }
    if (!*who) {
        co_return refuse(context, request, who->error());
    }
    co_return answer(**who);
}

task<http_response> ask_as_operator(app_context& context, const http_request& request, operator_handler* handle) {
    auto asking = authorise_operator(context, request);
    auto by = co_await std::move(asking);
    if (!by) {
        co_return refuse_operator(context, request, by.error());
    }
    auto pending = handle(context, request, *std::move(by));
    co_return co_await std::move(pending);
}

task<http_response> ask_as_developer(app_context& context, const http_request& request, handler* handle) {
    if (comes_from_elsewhere(request)) {
        co_return problem_response(request_problem::forbidden_origin);
    }
    auto pending = handle(context, request);
    co_return co_await std::move(pending);
}

} // namespace pawl::app
