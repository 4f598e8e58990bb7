#include "app/handler/admin_entities.hpp"

#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"
#include "app/http/path_segment.hpp"

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

http_response created(std::string_view collection, std::string_view name, std::string body) {
    http_response response = json_answer(201, std::move(body));
    response.headers.emplace_back("Location", std::string(collection) + "/" + path_segment(name));
    return response;
}

http_response done_or_refused(const app_context& context, const http_request& request, const result<void>& outcome) {
    return outcome ? no_content() : refuse_operator(context, request, outcome.error());
}

} // namespace pawl::app
