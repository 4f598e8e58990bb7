// /dev/users: users as a test wants them, with what sign-up does not give: roles, a superuser.
#include "app/dto/admin_requests.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

// As read_new_user takes them.
constexpr std::array<std::string_view, 11> members{"email",          "username", "password",  "password_hash",
                                                   "first_name",     "surname",  "roles",     "is_superuser",
                                                   "email_verified", "enabled",  "attributes"};

std::vector<field_error> unknown_members(const boost::json::object& body) {
    std::vector<field_error> errors;
    for (const auto& member : body) {
        const std::string_view name(member.key());
        if (std::ranges::find(members, name) == members.end()) {
            errors.push_back({std::string(name), "is not known here"});
        }
    }
    return errors;
}

task<http_response> handle_dev_make_user(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    std::vector<field_error> errors = unknown_members(*body);
    if (!errors.empty()) {
        co_return problem_response(failure(errc::validation_failed, std::move(errors)));
    }
    member_reader reader(*body);
    auto wanted = read_new_user(reader);
    if (!wanted) {
        co_return problem_response(wanted.error());
    }
    operator_caller by;
    by.from = request.from;
    auto pending = context.admin->create_user(std::move(by), *std::move(wanted));
    const auto created = co_await std::move(pending);
    if (!created) {
        co_return problem_response(created.error());
    }
    co_return json_answer(201, admin_user_json(**created, context.admin->count_sessions((*created)->id)));
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/users", as_developer<handle_dev_make_user>, "dev_make_user",
     refuses(json_body, errc::email_taken, errc::username_taken, errc::password_queue_full,
             errc::hash_memory_unavailable, errc::storage_unavailable)},
};

} // namespace

constinit const row_list dev_users_rows(rows);

} // namespace pawl::app
