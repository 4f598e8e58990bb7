// /dev/reset, /dev/snapshots, /dev/realms: worlds turned back, and worlds beside each other.
#include "app/dev/fixture.hpp"
#include "app/dev/strict_json.hpp"
#include "app/handler/dev_support.hpp"
#include "app/handler/handlers.hpp"
#include "core/text/json_text.hpp"

#include <utility>

namespace pawl::app {

namespace {

// The member `name` of the body, or why not.
struct named {
    std::string name;
    std::optional<http_response> refusal;
};
named read_name(const http_request& request) {
    dev_body body = read_dev_body(request);
    if (!body.object) {
        return {{}, std::move(body.refusal)};
    }
    std::vector<field_error> errors;
    member_reader reader(*body.object, "", errors);
    const std::string name = reader.text("name").value_or("");
    if (errors.empty() && !is_dev_name(name)) {
        reader.blame("name", std::string(dev_name_rule));
    }
    reader.finish();
    if (!errors.empty()) {
        return {{}, problem_response(failure(errc::validation_failed, std::move(errors)))};
    }
    return {name, std::nullopt};
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

http_response not_in_memory() {
    return problem_response(request_problem::not_in_memory);
}

} // namespace

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
    if (!place.in_memory()) {
        co_return not_in_memory();
    }
    named wanted = read_name(request);
    if (wanted.refusal) {
        co_return *std::move(wanted.refusal);
    }
    if (place.snapshot(wanted.name) != realm::outcome::done) {
        co_return problem_response(request_problem::no_room_for_more);
    }
    for (const snapshot_line& line : place.snapshots()) {
        if (line.name == wanted.name) {
            co_return json_answer(201, snapshot_json(line));
        }
    }
    co_return problem_response(request_problem::not_found); // removed meanwhile
}

task<http_response> handle_dev_restore(app_context& context, const http_request& request) {
    realm& place = *context.development_realm;
    if (!place.in_memory()) {
        co_return not_in_memory();
    }
    named wanted = read_name(request);
    if (wanted.refusal) {
        co_return *std::move(wanted.refusal);
    }
    if (place.restore(wanted.name) != realm::outcome::done) {
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

} // namespace pawl::app
