// /admin/keys: what keys there are, one more, one less. Never their material.
#include "app/dto/admin_requests.hpp"
#include "app/dto/admin_responses.hpp"
#include "app/handler/admin_support.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"
#include "app/instance/operations.hpp"

#include <utility>

namespace pawl::app {

namespace {

// The list as it is now, once it is in the log who changed it. Awaited directly.
task<http_response> answer_change(app_context& context, operator_caller by, event_kind what, key_change changed) {
    if (changed.refused) {
        co_return problem_response(*changed.refused, changed.detail);
    }
    auto recording = context.admin->record(std::move(by), what, changed.about);
    const auto recorded = co_await std::move(recording);
    if (!recorded) {
        co_return problem_response(recorded.error());
    }
    const key_ring_ptr ring = context.keys();
    co_return json_answer(200, keys_json(*ring, context.time.now()));
}

} // namespace

task<http_response> handle_admin_list_keys(app_context& context, const http_request& /*request*/,
                                           operator_caller /*by*/) {
    const key_ring_ptr ring = context.keys();
    co_return json_answer(200, keys_json(*ring, context.time.now()));
}

task<http_response> handle_admin_rotate_key(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_json(request, read_key_rotation);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    operations& ops = *context.instance_operations;
    const key_start start = wanted->now ? key_start::at_once : key_start::published;
    task<key_change> changing =
        wanted->kind == key_kind::signing ? ops.rotate_signing_key(start, wanted->algorithm) : ops.rotate_refresh_key();
    key_change changed = co_await std::move(changing);
    auto answering = answer_change(context, std::move(by), event_kind::key_added, std::move(changed));
    co_return co_await std::move(answering);
}

task<http_response> handle_admin_retire_key(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_json(request, read_key_retirement);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    operations& ops = *context.instance_operations;
    task<key_change> changing =
        wanted->kid ? ops.retire_signing_key(*wanted->kid) : ops.retire_refresh_key(wanted->refresh_id, wanted->force);
    key_change changed = co_await std::move(changing);
    auto answering = answer_change(context, std::move(by), event_kind::key_retired, std::move(changed));
    co_return co_await std::move(answering);
}

} // namespace pawl::app
