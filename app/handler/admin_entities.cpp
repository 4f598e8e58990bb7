#include "app/handler/admin_entities.hpp"

namespace pawl::app {

http_response created(std::string_view collection, std::string_view name, std::string body) {
    http_response response = json_answer(201, std::move(body));
    response.headers.emplace_back("Location", std::string(collection) + "/" + path_segment(name));
    return response;
}

http_response done_or_refused(const app_context& context, const http_request& request, const result<void>& outcome) {
    return outcome ? no_content() : refuse_operator(context, request, outcome.error());
}

} // namespace pawl::app
