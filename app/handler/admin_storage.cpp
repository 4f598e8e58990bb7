// /admin/stats, /admin/snapshot(s), /admin/timeline: figures of the store, snapshots on demand, what the log says.
#include "app/dto/admin_responses.hpp"
#include "app/dto/admin_stats.hpp"
#include "app/handler/admin_support.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"
#include "app/instance/operations.hpp"
#include "core/ids.hpp"
#include "storage/history/timeline_json.hpp"

#include <utility>

namespace pawl::app {

task<http_response> handle_admin_stats(app_context& context, const http_request& /*request*/, operator_caller /*by*/) {
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    co_return json_answer(200, stats_json(context.instance_operations->statistics()));
}

task<http_response> handle_admin_take_snapshot(app_context& context, const http_request& /*request*/,
                                               operator_caller /*by*/) {
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    auto pending = context.instance_operations->take_snapshot();
    const auto taken = co_await std::move(pending);
    if (!taken) {
        co_return problem_response(taken.error());
    }
    co_return json_answer(200, snapshot_taken_json(*taken));
}

task<http_response> handle_admin_list_snapshots(app_context& context, const http_request& /*request*/,
                                                operator_caller /*by*/) {
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    auto pending = context.instance_operations->list_snapshots();
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    co_return json_answer(200, snapshots_json(*found));
}

// What snapshot and log still say of one session: also of one that memory has long forgotten.
task<http_response> handle_admin_timeline(app_context& context, const http_request& request, operator_caller /*by*/) {
    const auto id = family_id_from_hex(request.path_parameter);
    if (!id) {
        co_return refuse_operator(context, request, failure(errc::session_not_found));
    }
    if (context.instance_operations == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    auto pending = context.instance_operations->read_timeline(*id);
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    if (!found->known) {
        co_return problem_response(failure(errc::session_not_found), storage::why(*found).sentence);
    }
    co_return json_answer(200, to_json(*found));
}

} // namespace pawl::app
