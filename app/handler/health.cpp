#include "app/errors.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"

namespace pawl::app {

// Alive: it answers. Says nothing about the disk, so that nobody restarts a server whose disk is full.
task<http_response> handle_health(app_context& /*context*/, const http_request& /*request*/) {
    co_return json_answer(200, R"({"status":"ok"})");
}

task<http_response> handle_ready(app_context& context, const http_request& /*request*/) {
    const char* why = context.why_not_ready ? context.why_not_ready() : nullptr;
    if (why != nullptr) {
        co_return problem_response(request_problem::not_ready, why);
    }
    co_return json_answer(200, R"({"status":"ready"})");
}

task<http_response> handle_metrics(app_context& context, const http_request& /*request*/) {
    http_response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = context.metrics_text ? context.metrics_text() : std::string();
    co_return response;
}

} // namespace pawl::app
