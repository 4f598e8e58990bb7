// /dev/*: what a developer may do to a server of their own. In the table only under --dev, which is loopback only.
#include "app/cors.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"
#include "app/service_clock.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

// A page of another site must not turn the clock of a server that happens to run on its reader's machine. Pages served
// from loopback are the developer's own.
bool comes_from_elsewhere(const http_request& request) {
    if (request.sec_fetch_site && *request.sec_fetch_site == "cross-site") {
        return true;
    }
    static const cors_settings loopback{{}, true};
    return request.origin && !origin_allowed(loopback, *request.origin);
}

void apply(dev_clock& clock, const clock_change& change) {
    if (const auto* advance = std::get_if<clock_advance>(&change)) {
        clock.advance(advance->by);
    } else if (const auto* set = std::get_if<clock_set>(&change)) {
        clock.set(set->to);
    } else {
        clock.freeze(std::get<clock_freeze>(change).frozen);
    }
}

http_response clock_answer(const dev_clock& clock) {
    return json_answer(200, clock_json(clock.now(), clock.frozen()));
}

} // namespace

task<http_response> handle_get_clock(app_context& context, const http_request& request) {
    if (comes_from_elsewhere(request)) {
        co_return problem_response(request_problem::forbidden_origin);
    }
    co_return clock_answer(*context.development_clock);
}

task<http_response> handle_change_clock(app_context& context, const http_request& request) {
    if (comes_from_elsewhere(request)) {
        co_return problem_response(request_problem::forbidden_origin);
    }
    body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        co_return failed->as_problem();
    }
    const auto change = read_clock_change(std::get<parameters>(body));
    if (!change) {
        co_return problem_response(change.error());
    }
    apply(*context.development_clock, *change);
    co_return clock_answer(*context.development_clock);
}

} // namespace pawl::app
