// GET /admin/events: the security events of the log as they become durable, from where the client was.
#include "app/events/event_query.hpp"
#include "app/events/event_stream.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <utility>

namespace pawl::app {

namespace {

// What the query asks for, from the event on that Last-Event-ID names.
meaning<event_query> read_wish(const http_request& request) {
    return read_query(request,
                      [&](const parameters& query) { return read_event_query(query, last_event_id_of(request.head)); });
}

task<http_response> handle_admin_events(app_context& context, const http_request& request, operator_caller by) {
    if (context.events == nullptr) {
        co_return problem_response(failure(errc::not_on_disk));
    }
    auto wanted = read_wish(request);
    if (!wanted) {
        co_return wanted.error();
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

using enum http_method;

constexpr route rows[] = {
    {get, "/admin/events", as_operator<handle_admin_events>, "admin_events",
     refuses(query_string, errc::not_on_disk, errc::events_gone, errc::events_of_another_history,
             errc::operations_busy)},
};

} // namespace

constinit const row_list admin_events_rows(rows);

} // namespace pawl::app
