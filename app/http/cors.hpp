// Cross-origin requests (Fetch standard, "CORS protocol"): an exact allow-list, no credentials, never `*`.
#pragma once

#include "app/http/message.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

struct cors_settings {
    std::vector<std::string> origins; // exact: "https://app.example.com"
    bool loopback_origins = false;    // --dev: http(s)://localhost, 127.0.0.1 and [::1] with any port
    // Whether a client has a redirect URI of this origin: its pages may ask what serves_pages_of_clients(). Any thread;
    // empty: there are no clients.
    std::function<bool(std::string_view origin)> of_clients{};
    bool active() const { return loopback_origins || !origins.empty(); }
};

// Whether scripts of `origin` may read our answers.
bool origin_allowed(const cors_settings& settings, std::string_view origin);

// What pages of clients ask by script: tokens, claims, keys, metadata. Preflights know no client, so it goes by the
// path.
bool serves_pages_of_clients(std::string_view path);

// Whether `request` is a preflight: OPTIONS with Origin and Access-Control-Request-Method.
bool is_preflight(const http_request& request);

// Adds what CORS wants to an answer: Vary whenever CORS is active, the rest only for an allowed origin. `allow` is the
// path's Allow value, for a preflight.
void add_cors_headers(const cors_settings& settings, const http_request& request, std::string_view allow,
                      http_response& response);

} // namespace pawl::app
