// /admin/keys: what keys there are, one more, one less. Never their material.
#include "app/dto/admin_requests.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/instance/operations.hpp"

#include <utility>

namespace pawl::app {

namespace {

// The body as `read` understands it, if this server has keys on disk to change.
template <class Read>
auto read_wish(const app_context& context, const http_request& request, Read read) {
    auto wanted = read_json(request, read);
    if (wanted && context.instance_operations == nullptr) {
        wanted = problem_response(failure(errc::not_on_disk));
    }
    return wanted;
}

task<key_change> rotate(operations& ops, const key_rotation& wanted) {
    switch (wanted.kind) {
    case key_kind::refresh:
        return ops.rotate_refresh_key();
    case key_kind::capsule:
        return ops.rotate_capsule_key();
    case key_kind::signing:
        break;
    }
    return ops.rotate_signing_keys(wanted.now ? key_start::at_once : key_start::published, wanted.algorithm);
}

task<key_change> retire(operations& ops, const key_retirement& wanted) {
    switch (wanted.kind) {
    case key_kind::refresh:
        return ops.retire_refresh_key(wanted.id, wanted.force);
    case key_kind::capsule:
        return ops.retire_capsule_key(wanted.id);
    case key_kind::signing:
        break;
    }
    return ops.retire_signing_key(wanted.kid);
}

// The list as it is now, once it is in the log who changed it. Awaited directly.
task<http_response> answer_change(app_context& context, operator_caller by, event_kind what, key_change changed) {
    if (changed.refused) {
        co_return problem_response(*changed.refused, changed.detail);
    }
    for (std::string& about : changed.about) {
        auto recording = context.admin->record(by, what, std::move(about));
        const auto recorded = co_await std::move(recording);
        if (!recorded) {
            co_return problem_response(recorded.error());
        }
    }
    const key_ring_ptr ring = context.keys();
    co_return json_answer(200, keys_json(*ring, context.time.now()));
}

task<http_response> handle_admin_list_keys(app_context& context, const http_request& /*request*/,
                                           operator_caller /*by*/) {
    const key_ring_ptr ring = context.keys();
    co_return json_answer(200, keys_json(*ring, context.time.now()));
}

task<http_response> handle_admin_rotate_key(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_wish(context, request, read_key_rotation);
    if (!wanted) {
        co_return wanted.error();
    }
    task<key_change> changing = rotate(*context.instance_operations, *wanted);
    key_change changed = co_await std::move(changing);
    auto answering = answer_change(context, std::move(by), event_kind::key_added, std::move(changed));
    co_return co_await std::move(answering);
}

task<http_response> handle_admin_retire_key(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_wish(context, request, read_key_retirement);
    if (!wanted) {
        co_return wanted.error();
    }
    task<key_change> changing = retire(*context.instance_operations, *wanted);
    key_change changed = co_await std::move(changing);
    auto answering = answer_change(context, std::move(by), event_kind::key_retired, std::move(changed));
    co_return co_await std::move(answering);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/keys", as_operator<handle_admin_list_keys>, "admin_list_keys", refuses()},
    {post, "/admin/keys/rotate", as_operator<handle_admin_rotate_key>, "admin_rotate_key",
     refuses(json_body, errc::signing_key_external, errc::not_on_disk, errc::key_file_read_only, errc::too_many_keys,
             errc::operations_busy)},
    {post, "/admin/keys/retire", as_operator<handle_admin_retire_key>, "admin_retire_key",
     refuses(json_body, errc::key_not_found, errc::key_active, errc::key_in_use, errc::key_file_read_only,
             errc::not_on_disk, errc::operations_busy)},
};

} // namespace

constinit const row_list admin_keys_rows(rows);

} // namespace pawl::app
