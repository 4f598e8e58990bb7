// GET /admin/events: the security events of the log as they become durable, from where the client was.
#include "app/events/event_query.hpp"
#include "app/events/event_stream.hpp"
#include "app/handler/admin_support.hpp"
#include "app/handler/handlers.hpp"
#include "app/handler/support.hpp"
#include "app/http/form.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <utility>

namespace pawl::app {

task<http_response> handle_admin_events(app_context& context, const http_request& request, operator_caller by) {
    if (context.events == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    const body_result query = read_form(request.query);
    if (!query.has_value()) {
        co_return problem_response(query.error().problem, query.error().detail);
    }
    auto wanted = read_event_query(*query, last_event_id_of(request.head));
    if (!wanted) {
        co_return problem_response(wanted.error());
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    auto stream = std::make_shared<event_stream>(*context.events, *context.admin, std::move(by), executor);
    auto opening = stream->open(std::move(wanted->filter), wanted->since);
    const auto opened = co_await std::move(opening);
    if (!opened) {
        co_return problem_response(opened.error());
    }
    http_response response;
    response.content_type = "text/event-stream";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Accel-Buffering", "no"); // nginx would keep it to itself
    response.stream = std::move(stream);
    co_return response;
}

} // namespace pawl::app
