// /dev/faults and /dev/requests: what is to go wrong, and what clients sent.
#include "app/dev/realm.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"

#include <charconv>
#include <utility>

namespace pawl::app {

namespace {

task<http_response> handle_dev_faults(app_context& context, const http_request& /*request*/) {
    std::string out = "[";
    for (const fault& f : context.development_realm->faults().all()) {
        out += (out.size() > 1 ? "," : "") + to_json(f);
    }
    co_return json_answer(200, out + "]");
}

task<http_response> handle_dev_add_fault(app_context& context, const http_request& request) {
    const auto body = read_object(request);
    if (!body) {
        co_return body.error();
    }
    const result<fault> wanted = read_fault(*body);
    if (!wanted) {
        co_return problem_response(wanted.error());
    }
    const std::optional<fault> added = context.development_realm->faults().add(*wanted);
    if (!added) {
        co_return problem_response(request_problem::no_room_for_more);
    }
    co_return json_answer(201, to_json(*added));
}

task<http_response> handle_dev_clear_faults(app_context& context, const http_request& /*request*/) {
    context.development_realm->faults().clear();
    co_return no_content();
}

task<http_response> handle_dev_remove_fault(app_context& context, const http_request& request) {
    const std::string& text = request.path_parameter;
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    if (!is_number || !context.development_realm->faults().remove(id)) {
        co_return problem_response(request_problem::not_found, "There is no fault of this id.");
    }
    co_return no_content();
}

task<http_response> handle_dev_requests(app_context& context, const http_request& /*request*/) {
    co_return json_answer(200, context.development_realm->requests().to_json());
}

task<http_response> handle_dev_clear_requests(app_context& context, const http_request& /*request*/) {
    context.development_realm->requests().clear();
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {get, "/dev/faults", as_developer<handle_dev_faults>, "dev_list_faults", refuses()},
    {post, "/dev/faults", as_developer<handle_dev_add_fault>, "dev_add_fault",
     refuses(json_body, request_problem::no_room_for_more)},
    {delete_, "/dev/faults", as_developer<handle_dev_clear_faults>, "dev_clear_faults", refuses()},
    {delete_, "/dev/faults/{id}", as_developer<handle_dev_remove_fault>, "dev_remove_fault",
     refuses(request_problem::not_found)},
    {get, "/dev/requests", as_developer<handle_dev_requests>, "dev_list_requests", refuses()},
    {delete_, "/dev/requests", as_developer<handle_dev_clear_requests>, "dev_clear_requests", refuses()},
};

} // namespace

constinit const row_list dev_faults_rows(rows);

} // namespace pawl::app
