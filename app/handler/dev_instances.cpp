// /dev/reset, /dev/snapshots, /dev/realms: worlds turned back, and worlds beside each other.
#include "app/dev/fixture.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/rows.hpp"
#include "app/http/member_reader.hpp"
#include "core/text/json_text.hpp"

#include <utility>

namespace pawl::app {

namespace {

http_response not_in_memory() {
    return problem_response(request_problem::not_in_memory);
}

// The member `name` of the body, if the world can be turned back.
meaning<std::string> read_name(const realm& place, const http_request& request) {
    if (!place.in_memory()) {
        return not_in_memory();
    }
    const auto body = read_object(request);
    if (!body) {
        return body.error();
    }
    member_reader reader(*body);
    std::string name = reader.optional_text("name").value_or("");
    if (!reader.failed() && !is_dev_name(name)) {
        reader.blame("name", std::string(dev_name_rule));
    }
    reader.refuse_others();
    if (reader.failed()) {
        return problem_response(reader.why());
    }
    return name;
}

std::string snapshot_json(const snapshot_line& line) {
    std::string out;
    json_object_writer(out)
        .member("name", line.name)
        .member("users", line.users)
        .member("sessions", line.sessions)
        .member("bytes", line.bytes)
        .end();
    return out;
}

task<http_response> handle_dev_reset(app_context& context, const http_request& /*request*/) {
    realm& place = *context.development_realm;
    if (!place.in_memory()) {
        co_return not_in_memory();
    }
    place.reset();
    co_return no_content();
}

task<http_response> handle_dev_snapshot(app_context& context, const http_request& request) {
    realm& place = *context.development_realm;
    const auto name = read_name(place, request);
    if (!name) {
        co_return name.error();
    }
    if (place.snapshot(*name) != realm::outcome::done) {
        co_return problem_response(request_problem::no_room_for_more);
    }
    for (const snapshot_line& line : place.snapshots()) {
        if (line.name == *name) {
            co_return json_answer(201, snapshot_json(line));
        }
    }
    co_return problem_response(request_problem::not_found); // removed meanwhile
}

task<http_response> handle_dev_restore(app_context& context, const http_request& request) {
    realm& place = *context.development_realm;
    const auto name = read_name(place, request);
    if (!name) {
        co_return name.error();
    }
    if (place.restore(*name) != realm::outcome::done) {
        co_return problem_response(request_problem::not_found, "There is no snapshot of this name.");
    }
    co_return no_content();
}

task<http_response> handle_dev_snapshots(app_context& context, const http_request& /*request*/) {
    std::string out = "[";
    for (const snapshot_line& line : context.development_realm->snapshots()) {
        out += (out.size() > 1 ? "," : "") + snapshot_json(line);
    }
    co_return json_answer(200, out + "]");
}

task<http_response> handle_dev_forget_snapshot(app_context& context, const http_request& request) {
    if (!context.development_realm->forget_snapshot(request.path_parameter)) {
        co_return problem_response(request_problem::not_found, "There is no snapshot of this name.");
    }
    co_return no_content();
}

task<http_response> handle_dev_realms(app_context& context, const http_request& /*request*/) {
    std::string out = "[";
    for (const fixture::realm_line& line : context.development_realm->home().realms()) {
        out += out.size() > 1 ? "," : "";
        json_object_writer(out)
            .member("name", line.name)
            .member("issuer", line.issuer)
            .member("users", line.users)
            .member("sessions", line.sessions)
            .end();
    }
    co_return json_answer(200, out + "]");
}

task<http_response> handle_dev_remove_realm(app_context& context, const http_request& request) {
    if (!is_dev_name(request.path_parameter)) {
        co_return problem_response(request_problem::not_found,
                                   "The name of a realm " + std::string(dev_name_rule) + ".");
    }
    if (!context.development_realm->home().remove(request.path_parameter)) {
        co_return problem_response(request_problem::not_found, "There is no realm of this name.");
    }
    co_return no_content();
}

using enum http_method;

constexpr route rows[] = {
    {post, "/dev/reset", as_developer<handle_dev_reset>, "dev_reset", refuses(request_problem::not_in_memory)},
    {post, "/dev/snapshot", as_developer<handle_dev_snapshot>, "dev_snapshot",
     refuses(json_body, request_problem::not_in_memory, request_problem::no_room_for_more, request_problem::not_found)},
    {post, "/dev/restore", as_developer<handle_dev_restore>, "dev_restore",
     refuses(json_body, request_problem::not_found, request_problem::not_in_memory)},
    {get, "/dev/snapshots", as_developer<handle_dev_snapshots>, "dev_list_snapshots", refuses()},
    {delete_, "/dev/snapshots/{id}", as_developer<handle_dev_forget_snapshot>, "dev_remove_snapshot",
     refuses(request_problem::not_found)},
    {get, "/dev/realms", as_developer<handle_dev_realms>, "dev_list_realms", refuses()},
    {delete_, "/dev/realms/{id}", as_developer<handle_dev_remove_realm>, "dev_remove_realm",
     refuses(request_problem::not_found)},
};

} // namespace

constinit const row_list dev_instances_rows(rows);

} // namespace pawl::app
