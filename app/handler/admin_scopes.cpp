// /admin/scopes: scopes that operators define. The built-in ones are not among them.
#include "app/dto/client_json.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/rows.hpp"
#include "app/http/path_segment.hpp"
#include "core/text/json_text.hpp"

namespace pawl::app {

namespace {

task<http_response> handle_admin_list_scopes(app_context& context, const http_request& /*request*/,
                                             operator_caller /*by*/) {
    auto pending = context.clients->list_catalogue();
    const auto known = co_await std::move(pending);
    if (!known) {
        co_return problem_response(known.error());
    }
    std::string all = "[";
    for (const scope_ptr& one : (*known)->scopes) {
        all += all.size() > 1 ? "," : "";
        all += scope_json(*one);
    }
    all += "]";
    std::string body;
    json_object_writer(body).raw("scopes", all).end();
    co_return json_answer(200, std::move(body));
}

task<http_response> handle_admin_create_scope(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_scope_body);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.clients->create_scope(std::move(by), *std::move(wanted));
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse_operator(context, request, made.error());
    }
    co_return created("/admin/scopes", (*made)->name, scope_json(**made));
}

task<http_response> handle_admin_get_scope(app_context& context, const http_request& request, operator_caller /*by*/) {
    auto pending = context.clients->find_scope(name_in_path(request.path_parameter));
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    co_return json_answer(200, scope_json(**found));
}

task<http_response> handle_admin_change_scope(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_scope_body);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending =
        context.clients->change_scope(std::move(by), name_in_path(request.path_parameter), *std::move(wanted));
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse_operator(context, request, changed.error());
    }
    co_return json_answer(200, scope_json(**changed));
}

task<http_response> handle_admin_remove_scope(app_context& context, const http_request& request, operator_caller by) {
    auto pending = context.clients->remove_scope(std::move(by), name_in_path(request.path_parameter));
    const auto removed = co_await std::move(pending);
    co_return done_or_refused(context, request, removed);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/scopes", as_operator<handle_admin_list_scopes>, "admin_list_scopes", refuses()},
    {post, "/admin/scopes", as_operator<handle_admin_create_scope>, "admin_create_scope",
     refuses(json_body, errc::scope_taken, errc::too_many_entities)},
    {get, "/admin/scopes/{id}", as_operator<handle_admin_get_scope>, "admin_get_scope", refuses(errc::scope_not_found)},
    {patch, "/admin/scopes/{id}", as_operator<handle_admin_change_scope>, "admin_change_scope",
     refuses(json_body, errc::scope_not_found)},
    {delete_, "/admin/scopes/{id}", as_operator<handle_admin_remove_scope>, "admin_remove_scope",
     refuses(errc::scope_not_found, errc::still_named)},
};

} // namespace

constinit const row_list admin_scopes_rows(rows);

} // namespace pawl::app
