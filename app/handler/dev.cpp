// /dev/*: what a developer may do to a server of their own. In the table only under --dev, which is loopback only.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
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

task<http_response> handle_get_clock(app_context& context, const http_request& /*request*/) {
    co_return clock_answer(*context.development_clock);
}

task<http_response> handle_change_clock(app_context& context, const http_request& request) {
    const auto change = read_json(request, read_clock_change);
    if (!change) {
        co_return change.error();
    }
    apply(*context.development_clock, *change);
    co_return clock_answer(*context.development_clock);
}

using enum http_method;

constexpr route rows[] = {
    {get, "/dev/clock", as_developer<handle_get_clock>, "dev_get_clock", refuses()},
    {post, "/dev/clock", as_developer<handle_change_clock>, "dev_change_clock",
     refuses(json_body, request_problem::body_too_large)},
};

} // namespace

constinit const row_list dev_rows(rows);

} // namespace pawl::app
