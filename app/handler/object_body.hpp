// A body with structure: a JSON object in which values may be lists and objects.
#pragma once

#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace pawl::app {

// The JSON object of a body, or the answer to a body that is no JSON object. A request without a body gives an empty
// object.
meaning<boost::json::object> read_object(const http_request& request);

// The body as `read` (result<T>(member_reader&)) understands it. A row that reads one refuses json_body.
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

} // namespace pawl::app
