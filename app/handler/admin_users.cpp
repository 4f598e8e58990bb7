// /admin/users: an operator's view of users, and changes.
#include "app/dto/admin_requests.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/handler/admin_entities.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"

#include <utility>

namespace pawl::app {

namespace {

http_response user_answer(const app_context& context, unsigned status, const user& u) {
    return json_answer(status, admin_user_json(u, context.admin->count_sessions(u.id)));
}

task<http_response> find_by_login(app_context& context, std::string login) {
    auto pending = context.admin->find_user_by_login(std::move(login));
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    std::string users;
    if (*found) {
        users = admin_user_json(**found, context.admin->count_sessions((*found)->id));
    }
    co_return json_answer(200, user_page_json(users, std::nullopt));
}

task<http_response> handle_admin_list_users(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto wanted = read_query(request, read_user_query);
    if (!wanted) {
        co_return wanted.error();
    }
    if (wanted->login) {
        auto finding = find_by_login(context, *wanted->login);
        co_return co_await std::move(finding);
    }
    auto pending = context.admin->list_users(wanted->after, wanted->limit);
    const auto page = co_await std::move(pending);
    if (!page) {
        co_return problem_response(page.error());
    }
    std::string users;
    for (const user_ptr& u : page->users) {
        users += users.empty() ? "" : ",";
        users += admin_user_json(*u, context.admin->count_sessions(u->id));
    }
    co_return json_answer(200, user_page_json(users, page->next));
}

task<http_response> handle_admin_create_user(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, read_new_user);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.admin->create_user(std::move(by), *std::move(wanted));
    const auto created = co_await std::move(pending);
    if (!created) {
        co_return refuse_operator(context, request, created.error());
    }
    co_return user_answer(context, 201, **created);
}

task<http_response> handle_admin_get_user(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    auto pending = context.admin->find_user(*id);
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    co_return user_answer(context, 200, **found);
}

task<http_response> handle_admin_change_user(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    auto wanted = read_tree(request, read_user_changes);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.admin->change_user(std::move(by), *id, *std::move(wanted));
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse_operator(context, request, changed.error());
    }
    co_return user_answer(context, 200, **changed);
}

task<http_response> handle_admin_remove_user(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    auto pending = context.admin->remove_user(std::move(by), *id);
    const auto removed = co_await std::move(pending);
    if (!removed) {
        co_return refuse_operator(context, request, removed.error());
    }
    co_return no_content();
}

task<http_response> handle_admin_approve_user(app_context& context, const http_request& request, operator_caller by) {
    const auto id = user_id_from_text(request.path_parameter);
    if (!id) {
        co_return problem_response(failure(errc::user_not_found));
    }
    auto pending = context.admin->approve_user(std::move(by), *id);
    const auto approved = co_await std::move(pending);
    if (!approved) {
        co_return refuse_operator(context, request, approved.error());
    }
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/users", as_operator<handle_admin_list_users>, "admin_list_users", refuses(query_string)},
    {post, "/admin/users", as_operator<handle_admin_create_user>, "admin_create_user",
     refuses(json_body, errc::email_taken, errc::username_taken, errc::password_queue_full,
             errc::hash_memory_unavailable)},
    {get, "/admin/users/{id}", as_operator<handle_admin_get_user>, "admin_get_user", refuses(errc::user_not_found)},
    {patch, "/admin/users/{id}", as_operator<handle_admin_change_user>, "admin_change_user",
     refuses(json_body, errc::user_not_found, errc::email_taken, errc::username_taken, errc::password_queue_full,
             errc::hash_memory_unavailable)},
    {delete_, "/admin/users/{id}", as_operator<handle_admin_remove_user>, "admin_remove_user",
     refuses(errc::user_not_found)},
    {post, "/admin/users/{id}/approve", as_operator<handle_admin_approve_user>, "admin_approve_user",
     refuses(errc::user_not_found)},
};

} // namespace

constinit const row_list admin_users_rows(rows);

} // namespace pawl::app
