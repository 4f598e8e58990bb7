// Handlers over the services of a service_world: no sockets, no threads. A request is built, routed by the table and
// answered at once.
#pragma once

#include "app/http/context.hpp"
#include "app/http/route.hpp"
#include "app/process/service_clock.hpp"
#include "tests/support/service_world.hpp"

#include <boost/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace pawl::test {

struct answer {
    app::http_response response;

    unsigned status() const { return response.status; }
    std::string_view body() const {
        return response.static_body.empty() ? std::string_view(response.body) : response.static_body;
    }
    // "(absent)" where there is none.
    std::string header(std::string_view name) const {
        for (const auto& [n, value] : response.headers) {
            if (n == name) {
                return value;
            }
        }
        return "(absent)";
    }
    boost::json::value json() const { return boost::json::parse(std::string(body())); }
    // A text member of the object that is the body; "(absent)" where there is none.
    std::string text(std::string_view name) const {
        const boost::json::value value = json();
        const auto* member = value.is_object() ? value.as_object().if_contains(name) : nullptr;
        return member == nullptr || !member->is_string() ? "(absent)" : std::string(member->as_string());
    }
    // "email password" of the faults of a 422.
    std::string fields() const {
        std::string all;
        const boost::json::value value = json();
        for (const auto& error : value.at("errors").as_array()) {
            all += (all.empty() ? "" : " ") + std::string(error.at("field").as_string());
        }
        return all;
    }
};

class handler_world : public service_world {
public:
    static constexpr std::string_view json_type = "application/json";
    static constexpr std::string_view form_type = "application/x-www-form-urlencoded";

    handler_world() {
        settings.issuer = "http://127.0.0.1:8080";
        settings.audience = settings.issuer;
    }

    app::dev_clock development{time};
    const char* not_ready = nullptr;
    app::app_context server{.sessions = sessions,
                            .accounts = accounts,
                            .guard = guard,
                            .settings = settings,
                            .data = data,
                            .time = time,
                            .keys = [this] { return keys; },
                            .metrics_text = [] { return std::string("# HELP pawl_test A test.\n"); },
                            .why_not_ready = [this] { return not_ready; },
                            .development_clock = &development,
                            .development = false,
                            .version = "1.2.3",
                            .admin = &admin,
                            .instance = {"pawl-data", "ES256", "always", {}},
                            .entities = &entities,
                            .clients = &clients};

    // A request to be filled in: headers are set by the caller.
    static app::http_request request(app::http_method method, std::string_view target) {
        app::http_request r;
        r.method = method;
        r.target = target;
        r.path = target.substr(0, target.find('?'));
        r.query = target.find('?') == std::string_view::npos ? std::string_view() : target.substr(r.path.size() + 1);
        r.from = from_host(9);
        return r;
    }
    answer send(app::http_request r) {
        for (const app::route& row : app::all_routes(true)) {
            if (row.method == r.method && fits(row.path, r)) {
                answer given{run(row.handle(server, r))};
                hold_against_row(row, given);
                return given;
            }
        }
        throw std::logic_error("no such route");
    }
    answer get(std::string_view target, std::string_view bearer = {}) {
        return bare(app::http_method::get, target, bearer);
    }
    answer bare(app::http_method method, std::string_view target, std::string_view bearer = {}) {
        return send_body(method, target, {}, {}, bearer);
    }
    answer post(std::string_view target, std::string_view body, std::string_view bearer = {}) {
        return send_body(app::http_method::post, target, json_type, body, bearer);
    }
    answer form(std::string_view target, std::string_view body) {
        return send_body(app::http_method::post, target, form_type, body, {});
    }
    answer send_body(app::http_method method, std::string_view target, std::string_view type, std::string_view body,
                     std::string_view bearer) {
        app::http_request r = request(method, target);
        if (!type.empty()) {
            r.content_type = type;
        }
        r.body = body;
        const std::string authorization = "Bearer " + std::string(bearer);
        if (!bearer.empty()) {
            r.authorization = authorization;
        }
        return send(std::move(r));
    }

private:
    // Every error that a handler answers is in its row, and looks as the row says: so the OpenAPI document, which is
    // made of the rows, has it.
    static void hold_against_row(const app::route& row, const answer& given) {
        if (given.status() < 400) {
            return;
        }
        const bool oauth = row.refusals.style() == app::error_style::oauth;
        const bool page = row.refusals.style() == app::error_style::page;
        for (const app::refusal& refused : app::all_refusals(row)) {
            const app::error_row& error = app::row_of(refused.why);
            if (page    ? given.status() == error.status
                : oauth ? given.text("error") == error.oauth_error
                        : given.text("code") == error.code && given.status() == error.status) {
                return;
            }
        }
        throw std::logic_error("the row of " + std::string(row.name) + " does not list " +
                               (page ? std::to_string(given.status()) : given.text(oauth ? "error" : "code")));
    }
    // Segment by segment, as the router's test shows of the real one.
    static bool fits(std::string_view pattern, app::http_request& r) {
        std::string_view path = r.path;
        while (!pattern.empty() && !path.empty()) {
            const std::string_view wanted = take_segment(pattern);
            const std::string_view given = take_segment(path);
            if (wanted == "/{id}" && given.size() > 1) {
                r.path_parameter = given.substr(1);
            } else if (wanted == "/{serial}" && given.size() > 1) {
                r.second_parameter = given.substr(1);
            } else if (wanted != given) {
                return false;
            }
        }
        return pattern.empty() && path.empty();
    }
    static std::string_view take_segment(std::string_view& path) {
        const std::string_view segment = path.substr(0, path.find('/', 1));
        path.remove_prefix(segment.size());
        return segment;
    }
};

} // namespace pawl::test
