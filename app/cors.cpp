#include "app/cors.hpp"

#include "app/limits.hpp"

#include <algorithm>
#include <charconv>

namespace pawl::app {
namespace {

// What scripts may send beyond the safelist, and read from answers.
constexpr std::string_view allowed_headers = "Authorization, Content-Type, X-Request-Id";
constexpr std::string_view exposed_headers = "Pawl-Refresh, Retry-After, WWW-Authenticate, X-Request-Id";

bool is_loopback_origin(std::string_view origin) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!origin.starts_with(scheme)) {
            continue;
        }
        const std::string_view authority = origin.substr(scheme.size());
        for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
            if (!authority.starts_with(host)) {
                continue;
            }
            const std::string_view port = authority.substr(host.size());
            if (port.empty()) {
                return true;
            }
            unsigned number = 0;
            const char* const last = port.data() + port.size();
            const auto [end, error] = std::from_chars(port.data() + 1, last, number);
            return port[0] == ':' && port.size() <= 6 && error == std::errc() && end == last && number <= 65535;
        }
    }
    return false;
}

} // namespace

bool origin_allowed(const cors_settings& settings, std::string_view origin) {
    return std::find(settings.origins.begin(), settings.origins.end(), origin) != settings.origins.end() ||
           (settings.loopback_origins && is_loopback_origin(origin));
}

bool is_preflight(const http_request& request) {
    return request.method == http_method::options && request.origin && request.access_control_request_method;
}

void add_cors_headers(const cors_settings& settings, const http_request& request, std::string_view allow,
                      http_response& response) {
    if (!settings.active()) {
        return;
    }
    const bool preflight = is_preflight(request);
    // Also on answers without Origin: a cache must not give them to a page that sends one.
    response.headers.emplace_back("Vary", preflight ? "Origin, Access-Control-Request-Method" : "Origin");
    if (!request.origin || !origin_allowed(settings, *request.origin)) {
        return;
    }
    response.headers.emplace_back("Access-Control-Allow-Origin", std::string(*request.origin));
    if (preflight) {
        response.headers.emplace_back("Access-Control-Allow-Methods", std::string(allow));
        response.headers.emplace_back("Access-Control-Allow-Headers", std::string(allowed_headers));
        response.headers.emplace_back("Access-Control-Max-Age", std::to_string(cors_preflight_age.count()));
    } else {
        response.headers.emplace_back("Access-Control-Expose-Headers", std::string(exposed_headers));
    }
}

} // namespace pawl::app
