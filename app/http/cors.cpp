#include "app/http/cors.hpp"

#include "app/http/limits.hpp"
#include "core/text/ascii.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <charconv>

namespace pawl::app {
namespace {

// What scripts may read from answers beyond the safelist.
constexpr std::string_view exposed_headers = "Pawl-Refresh, Retry-After, WWW-Authenticate, X-Request-Id";

// What a preflight that asks for nothing, or for nonsense, is told that scripts may send.
constexpr std::string_view usual_headers = "Authorization, Content-Type, X-Request-Id";
constexpr std::size_t asked_headers_max = 32;

bool is_token(std::string_view text) {
    const auto is_token_character = [](char c) {
        return is_digit(c) || is_alpha(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

// Tracing and API tools add headers of their own to each request (traceparent, sentry-trace, X-Requested-With). None
// of them gives a script anything, so what is asked for is what is allowed.
std::string allowed_headers(std::optional<std::string_view> asked) {
    std::string names;
    std::size_t count = 0;
    for (std::string_view rest = asked.value_or(std::string_view()); !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view name = trim(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (name.empty()) { // RFC 9110 5.6.1: empty members are ignored
            continue;
        }
        if (!is_token(name) || ++count > asked_headers_max) {
            return std::string(usual_headers);
        }
        names.append(names.empty() ? "" : ", ").append(name);
    }
    return names.empty() ? std::string(usual_headers) : names;
}

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

bool serves_pages_of_clients(std::string_view path) {
    constexpr std::string_view paths[] = {"/token",
                                          "/userinfo",
                                          "/revoke",
                                          "/.well-known/jwks.json",
                                          "/.well-known/openid-configuration",
                                          "/.well-known/oauth-authorization-server"};
    return std::ranges::find(paths, path) != std::end(paths);
}

void add_cors_headers(const cors_settings& settings, const http_request& request, std::string_view allow,
                      http_response& response) {
    const bool for_clients = settings.of_clients && serves_pages_of_clients(request.path);
    if (!settings.active() && !for_clients) {
        return;
    }
    const bool preflight = is_preflight(request);
    // Also on answers without Origin: a cache must not give them to a page that sends one.
    response.headers.emplace_back(
        "Vary", preflight ? "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" : "Origin");
    if (!request.origin ||
        !(origin_allowed(settings, *request.origin) || (for_clients && settings.of_clients(*request.origin)))) {
        return;
    }
    response.headers.emplace_back("Access-Control-Allow-Origin", std::string(*request.origin));
    if (preflight) {
        response.headers.emplace_back("Access-Control-Allow-Methods", std::string(allow));
        response.headers.emplace_back("Access-Control-Allow-Headers",
                                      allowed_headers(request.access_control_request_headers));
        response.headers.emplace_back("Access-Control-Max-Age", std::to_string(cors_preflight_age.count()));
    } else {
        response.headers.emplace_back("Access-Control-Expose-Headers", std::string(exposed_headers));
    }
}

} // namespace pawl::app
