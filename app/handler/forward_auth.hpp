// Forward auth (docs/forward-auth.md): what its endpoints share.
#pragma once

#include "app/http/context.hpp"
#include "app/http/cookies.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

// Whether there is forward auth at all: it needs what sign-in for clients needs, and worlds of --dev have none.
bool serves_forward_auth(const app_context& context, const http_request& request);
// Whether people reach the server by http (--dev): then cookies have plain names, and hosts of this machine http, too.
bool is_plain_http(const app_context& context);

// The request that a proxy asks about.
struct forwarded_request {
    std::string host;             // as records have it
    std::string_view method, uri; // as sent; uri empty: not told
    bool is_plain = false;        // it came by http
};
// Of X-Forwarded-Method, -Proto, -Host and -Uri. std::nullopt where one of them is there twice or has a comma, where
// there is no host, or where one can't be what it says. Pure.
std::optional<forwarded_request> read_forwarded(const http_request& request);

// The protected host that a request under /.pawl/ is for: X-Forwarded-Host of a trusted proxy, else Host. Null record:
// no enabled client has it.
struct protected_host {
    std::string name;
    client_ptr client;
};
protected_host protected_host_of(const app_context& context, const http_request& request);

// Where a sign-in starts: absolute. `return_path` that is_return_path() takes; else "/" is meant.
std::string start_url(const app_context& context, std::string_view host, std::string_view return_path);

session_cookie forward_cookie_in(const app_context& context, forward_cookie which);

} // namespace pawl::app
