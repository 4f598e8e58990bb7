// /admin/users/{id}/factors: operators see kinds and times, and remove; they never add.
#include "app/dto/factor_json.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/factors.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/factor_service.hpp"

#include <utility>

namespace pawl::app {

namespace {

task<http_response> handle_admin_list_factors(app_context& context, const http_request& request,
                                              operator_caller /*by*/) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::user_not_found));
    }
    auto pending = context.factors->list(*id);
    const auto factors = co_await std::move(pending);
    co_return factors ? json_answer(200, to_json(*factors)) : refuse_operator(context, request, factors.error());
}

task<http_response> remove_for(app_context& context, const http_request& request, operator_caller by,
                               std::uint32_t factor) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::user_not_found));
    }
    auto pending = context.factors->remove(std::move(by), *id, factor);
    const auto done = co_await std::move(pending);
    co_return done ? no_content() : refuse_operator(context, request, done.error());
}

task<http_response> handle_admin_remove_factor(app_context& context, const http_request& request, operator_caller by) {
    const auto factor = factor_in_path(request.second_parameter);
    if (!factor) {
        co_return refuse_operator(context, request, failure(errc::factor_not_found));
    }
    auto pending = remove_for(context, request, std::move(by), *factor);
    co_return co_await std::move(pending);
}

task<http_response> handle_admin_reset_factors(app_context& context, const http_request& request, operator_caller by) {
    return remove_for(context, request, std::move(by), 0);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/users/{id}/factors", as_operator<handle_admin_list_factors>, "admin_list_factors",
     refuses(errc::user_not_found)},
    {delete_, "/admin/users/{id}/factors/{serial}", as_operator<handle_admin_remove_factor>, "admin_remove_factor",
     refuses(errc::user_not_found, errc::factor_not_found)},
    {post, "/admin/users/{id}/factors/reset", as_operator<handle_admin_reset_factors>, "admin_reset_factors",
     refuses(errc::user_not_found)},
};

} // namespace

constinit const row_list admin_factors_rows(rows);

} // namespace pawl::app
