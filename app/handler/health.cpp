#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/errors.hpp"
#include "app/instance/operations.hpp"
#include "app/process/clock_watch.hpp"
#include "core/text/json_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

namespace {

// What people must know of the wall clock.
struct clock_trouble {
    std::string_view wall; // "held", "behind"
    milliseconds by;
    std::string_view why;
};

// std::nullopt where there is nothing to tell. `time` may be null.
std::optional<clock_trouble> trouble_of(const service_clock* time) {
    const clock_standing standing = time == nullptr ? clock_standing{} : time->standing();
    if (standing.held > milliseconds(0)) {
        return clock_trouble{"held", standing.held, wall_is_held};
    }
    if (standing.behind > wall_behind_warning) {
        return clock_trouble{"behind", standing.behind, wall_is_behind};
    }
    return std::nullopt;
}

// `passwords`: why none can be checked now; null: they can.
std::string ready_json(const std::optional<clock_trouble>& clock, const char* passwords) {
    std::string body;
    json_object_writer out(body);
    out.member("status", "ready");
    if (clock) {
        std::string told;
        json_object_writer(told)
            .member("wall", clock->wall)
            .member("seconds", std::int64_t{std::chrono::floor<seconds>(clock->by).count()})
            .member("detail", clock->why)
            .end();
        out.raw("clock", told);
    }
    if (passwords != nullptr) {
        std::string told;
        json_object_writer(told).member("detail", std::string_view(passwords)).end();
        out.raw("passwords", told);
    }
    out.end();
    return body;
}

// Alive: it answers. Says nothing about the disk, so that no one restarts a server whose disk is full.
task<http_response> handle_health(app_context& /*context*/, const http_request& /*request*/) {
    co_return json_answer(200, R"({"status":"ok"})");
}

task<http_response> handle_ready(app_context& context, const http_request& /*request*/) {
    const std::optional<clock_trouble> clock = trouble_of(context.real_time);
    const operations* const instance = context.instance_operations;
    const char* passwords = instance != nullptr ? instance->password_trouble() : nullptr;
    const char* why = context.why_not_ready ? context.why_not_ready() : nullptr;
    if (why != nullptr) {
        std::string detail = why;
        if (clock) {
            detail.append(". ").append(clock->why);
        }
        co_return problem_response(request_problem::not_ready, detail);
    }
    co_return json_answer(200, ready_json(clock, passwords));
}

task<http_response> handle_metrics(app_context& context, const http_request& /*request*/) {
    http_response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = context.metrics_text ? context.metrics_text() : std::string();
    co_return response;
}

using enum http_method;

constexpr route rows[] = {
    {get, "/healthz", handle_health, "healthz", refuses()},
    {get, "/readyz", handle_ready, "readyz", refuses(request_problem::not_ready)},
    {get, "/metrics", handle_metrics, "metrics", refuses()},
};

} // namespace

constinit const row_list health_rows(rows);

} // namespace pawl::app
