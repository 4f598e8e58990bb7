// /dev/*: what a developer may do to a server of their own. In the table only under --dev, which is loopback only.
#include "app/dev/strict_json.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/dev_support.hpp"
#include "app/handler/handlers.hpp"
#include "app/http/cors.hpp"
#include "app/http/json_body.hpp"
#include "app/process/service_clock.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

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

bool comes_from_elsewhere(const http_request& request) {
    if (request.sec_fetch_site && *request.sec_fetch_site == "cross-site") {
        return true;
    }
    static const cors_settings loopback{{}, true};
    return request.origin && !origin_allowed(loopback, *request.origin);
}

dev_body read_dev_body(const http_request& request) {
    body_outcome read = read_body(request, body_kinds::json); // says what is wrong with it; structure is lost
    if (const auto* failed = std::get_if<body_failure>(&read)) {
        return {std::nullopt, failed->as_problem()};
    }
    if (request.body.empty()) {
        return {boost::json::object(), {}};
    }
    json_tree tree = read_strict_json(request.body, json_size_max);
    if (!tree.object) {
        return {std::nullopt, problem_response(request_problem::malformed_json, tree.why)};
    }
    return {std::move(tree.object), {}};
}

task<http_response> handle_get_clock(app_context& context, const http_request& /*request*/) {
    co_return clock_answer(*context.development_clock);
}

task<http_response> handle_change_clock(app_context& context, const http_request& request) {
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
