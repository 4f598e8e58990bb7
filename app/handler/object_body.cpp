#include "app/handler/object_body.hpp"

#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"

#include <utility>

namespace pawl::app {

meaning<boost::json::object> read_object(const http_request& request) {
    const body_outcome read = read_body(request, body_kinds::json); // says what is wrong with it; structure is lost
    if (const auto* failed = std::get_if<body_failure>(&read)) {
        return failed->as_problem();
    }
    if (request.body.empty()) {
        return boost::json::object();
    }
    tree_result tree = read_json_tree(request.body, json_size_max);
    if (tree.has_error()) {
        return problem_response(request_problem::malformed_json, sentence_of(tree.error()));
    }
    return *std::move(tree);
}

} // namespace pawl::app
