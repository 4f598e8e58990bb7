// A row of the route table: method, path, handler, who may ask it, and what it refuses. The rows of a handler stand at
// the end of its file (app/handler/*.cpp), the description for the OpenAPI document beside it (app/handler/*.json).
#pragma once

#include "app/http/message.hpp"
#include "app/http/refusals.hpp"
#include "core/port/task.hpp"

#include <span>
#include <string_view>

namespace pawl::app {

struct app_context;

// A coroutine: awaited directly, `context` and `request` outlive it. It throws nothing of its own: what a client sends
// leads to a 4xx, never to an exception.
using handler = task<http_response>(app_context& context, const http_request& request);

// Who may ask. All but `anyone` are checked before the handler runs (app/handler/callers.hpp).
enum class audience : std::uint8_t {
    anyone,
    user,      // whose access token of the first party came along
    account,   // the same, or a client's of the user, with the scope account
    superuser, // whose access token came along, of the first party or with the scope admin; a client whose token has
               // the scope admin; the admin socket
    developer, // under --dev, from this machine
};

// A handler and who may ask it, as as_user<> and its like make it; or a handler alone, for anyone.
struct endpoint {
    handler* handle;
    audience who = audience::anyone;

    constexpr endpoint(handler* h) : handle(h) {} // NOLINT(google-explicit-constructor)
    constexpr endpoint(handler* h, audience a) : handle(h), who(a) {}
};

// `path` may have one segment {id}, which lands in http_request::path_parameter, and after it one {serial}, which lands
// in second_parameter.
struct route {
    http_method method;
    std::string_view path;
    handler* handle;
    std::string_view name; // metrics label and OpenAPI operationId, e.g. "refresh"
    audience who;
    refusal_list refusals;     // beside those of the check who asks: all_refusals() has both
    std::string_view original; // of an alias: the path of the row that it is made of; else empty

    constexpr route(http_method m, std::string_view p, endpoint e, std::string_view n, refusal_list r)
        : method(m), path(p), handle(e.handle), name(n), who(e.who), refusals(r) {}

    // The same endpoint under another path.
    constexpr route alias(std::string_view other_path) const {
        route other = *this;
        other.path = other_path;
        other.original = path;
        return other;
    }
};

constexpr bool asks_for_token(audience who) {
    return who == audience::user || who == audience::account || who == audience::superuser;
}

// What the check of the caller refuses, then what the handler does. Where an access token is checked, the store may be
// asked to stand by what it rests on: storage_unavailable, last.
constexpr refusal_list all_refusals(const route& row) {
    refusal_list all;
    switch (row.who) {
    case audience::anyone:
        break;
    case audience::user:
    case audience::account:
        all.add(errc::missing_access_token);
        all.add(errc::invalid_access_token);
        all.add(errc::insufficient_scope);
        break;
    case audience::superuser:
        all.add(errc::missing_access_token);
        all.add(errc::invalid_access_token);
        all.add(errc::not_admin);
        all.add(errc::insufficient_scope);
        break;
    case audience::developer:
        all.add(request_problem::forbidden_origin);
        break;
    }
    all.add(row.refusals);
    if (asks_for_token(row.who)) {
        all.add(errc::storage_unavailable);
    }
    return all;
}

// All routes, with /dev/* if `development`. Static storage. app/handler/routes.cpp makes it of the rows of the
// handlers.
std::span<const route> all_routes(bool development);

} // namespace pawl::app
