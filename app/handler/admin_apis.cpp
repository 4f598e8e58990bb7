// /admin/apis: APIs (resource servers), whose access tokens are for them. A path names one by its identifier,
// percent-encoded.
#include "app/dto/client_json.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/rows.hpp"
#include "app/http/path_segment.hpp"
#include "core/text/json_text.hpp"

namespace pawl::app {

namespace {

task<http_response> handle_admin_list_apis(app_context& context, const http_request& /*request*/,
                                           operator_caller /*by*/) {
    auto pending = context.clients->list_catalogue();
    const auto known = co_await std::move(pending);
    if (!known) {
        co_return problem_response(known.error());
    }
    std::string all = "[";
    for (const api_ptr& one : (*known)->apis) {
        all += all.size() > 1 ? "," : "";
        all += api_json(*one, **known);
    }
    all += "]";
    std::string body;
    json_object_writer(body).raw("apis", all).end();
    co_return json_answer(200, std::move(body));
}

task<http_response> handle_admin_create_api(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_api_body);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.clients->create_api(std::move(by), *std::move(wanted));
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse_operator(context, request, made.error());
    }
    co_return created("/admin/apis", made->record->identifier, api_json(*made->record, *made->known));
}

task<http_response> handle_admin_get_api(app_context& context, const http_request& request, operator_caller /*by*/) {
    auto pending = context.clients->find_api(name_in_path(request.path_parameter));
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    co_return json_answer(200, api_json(*found->record, *found->known));
}

task<http_response> handle_admin_change_api(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_api_body);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.clients->change_api(std::move(by), name_in_path(request.path_parameter), *std::move(wanted));
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse_operator(context, request, changed.error());
    }
    co_return json_answer(200, api_json(*changed->record, *changed->known));
}

task<http_response> handle_admin_remove_api(app_context& context, const http_request& request, operator_caller by) {
    auto pending = context.clients->remove_api(std::move(by), name_in_path(request.path_parameter));
    const auto removed = co_await std::move(pending);
    co_return done_or_refused(context, request, removed);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/apis", as_operator<handle_admin_list_apis>, "admin_list_apis", refuses()},
    {post, "/admin/apis", as_operator<handle_admin_create_api>, "admin_create_api",
     refuses(json_body, errc::api_taken, errc::too_many_entities)},
    {get, "/admin/apis/{id}", as_operator<handle_admin_get_api>, "admin_get_api", refuses(errc::api_not_found)},
    {patch, "/admin/apis/{id}", as_operator<handle_admin_change_api>, "admin_change_api",
     refuses(json_body, errc::api_not_found, errc::too_many_entities)},
    {delete_, "/admin/apis/{id}", as_operator<handle_admin_remove_api>, "admin_remove_api",
     refuses(errc::api_not_found, errc::still_named)},
};

} // namespace

constinit const row_list admin_apis_rows(rows);

} // namespace pawl::app
