// What the handlers of clients, APIs and scopes share: a body with structure, answers.
#pragma once

#include "app/handler/callers.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "core/service/client_service.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::app {

// The body as `read` (result<T>(member_reader&)) understands it. A row that reads one refuses json_body.
meaning<boost::json::object> read_object(const http_request& request);
template <class Read>
auto read_tree(const http_request& request, Read read)
    -> meaning<typename decltype(read(std::declval<member_reader&>()))::value_type> {
    auto tree = read_object(request);
    if (!tree) {
        return tree.error();
    }
    member_reader reader(*tree);
    auto wanted = read(reader);
    if (!wanted) {
        return problem_response(wanted.error());
    }
    return *std::move(wanted);
}

// 201 with the Location of what was made: `collection` and the name as path_segment() has it.
http_response created(std::string_view collection, std::string_view name, std::string body);

// 204, or the refusal.
http_response done_or_refused(const app_context& context, const http_request& request, const result<void>& outcome);

} // namespace pawl::app
