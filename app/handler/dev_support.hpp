// What the handlers of /dev/* share.
#pragma once

#include "app/handler/support.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace pawl::app {

// A page of another site must not play with a server that happens to run on its reader's machine. Pages served from
// loopback are the developer's own.
bool comes_from_elsewhere(const http_request& request);

// Stands before every handler of /dev/* in the route table.
template <task<http_response> (*Handle)(app_context&, const http_request&)>
task<http_response> to_developers(app_context& context, const http_request& request) {
    if (comes_from_elsewhere(request)) {
        co_return problem_response(request_problem::forbidden_origin);
    }
    auto pending = Handle(context, request);
    http_response response = co_await std::move(pending);
    co_return response;
}

// A JSON object, or why it is none. No body is an object without members.
struct dev_body {
    std::optional<boost::json::object> object;
    http_response refusal;
};
dev_body read_dev_body(const http_request& request);

} // namespace pawl::app
