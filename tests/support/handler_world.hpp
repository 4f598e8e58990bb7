// Handlers over the services of a service_world: no sockets, no threads. A request is built, routed by the table and
// answered at once.
#pragma once

#include "app/http/context.hpp"
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
                            .instance = {"pawl-data", "ES256", "always", {}}};

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
                return answer{run(row.handle(server, r))};
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
    static bool fits(std::string_view pattern, app::http_request& r) {
        constexpr std::string_view parameter = "{id}";
        if (!pattern.ends_with(parameter)) {
            return pattern == r.path;
        }
        pattern.remove_suffix(parameter.size());
        const std::string_view rest = r.path.starts_with(pattern) ? r.path.substr(pattern.size()) : std::string_view();
        r.path_parameter = rest;
        return !rest.empty() && rest.find('/') == std::string_view::npos;
    }
};

} // namespace pawl::test
