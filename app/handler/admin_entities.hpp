// What the handlers of clients, APIs and scopes share. The life of one is the same for each of them; `Kind` says what
// differs:
//   collection                       where they stand, as "/admin/apis"
//   read                             what a body says, as read_tree() wants it
//   create, change, find, remove     the functions of client_service
//   name_of, json_of                 the name in its path, and the answer; of what create gives, and change and find
#pragma once

#include "app/handler/callers.hpp"
#include "app/handler/object_body.hpp"
#include "app/handler/support.hpp"
#include "app/http/path_segment.hpp"
#include "core/service/client_service.hpp"
#include "core/text/json_text.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pawl::app {

// 201 with the Location of what was made: `collection` and the name as path_segment() has it.
http_response created(std::string_view collection, std::string_view name, std::string body);

// 204, or the refusal.
http_response done_or_refused(const app_context& context, const http_request& request, const result<void>& outcome);

template <class Kind>
task<http_response> create_entity(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, Kind::read);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = (context.clients->*Kind::create)(std::move(by), *std::move(wanted));
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse_operator(context, request, made.error());
    }
    co_return created(Kind::collection, Kind::name_of(*made), Kind::json_of(*made));
}

template <class Kind>
task<http_response> get_entity(app_context& context, const http_request& request, operator_caller /*by*/) {
    auto pending = (context.clients->*Kind::find)(name_in_path(request.path_parameter));
    const auto found = co_await std::move(pending);
    if (!found) {
        co_return problem_response(found.error());
    }
    co_return json_answer(200, Kind::json_of(*found));
}

template <class Kind>
task<http_response> change_entity(app_context& context, const http_request& request, operator_caller by) {
    auto wanted = read_tree(request, Kind::read);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending =
        (context.clients->*Kind::change)(std::move(by), name_in_path(request.path_parameter), *std::move(wanted));
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse_operator(context, request, changed.error());
    }
    co_return json_answer(200, Kind::json_of(*changed));
}

template <class Kind>
task<http_response> remove_entity(app_context& context, const http_request& request, operator_caller by) {
    auto pending = (context.clients->*Kind::remove)(std::move(by), name_in_path(request.path_parameter));
    const auto removed = co_await std::move(pending);
    co_return done_or_refused(context, request, removed);
}

// All of a kind that the catalogue has, as {"plural": [..]}. Kind::plural, Kind::in (the list in a catalogue) and
// Kind::listed (one of them as JSON).
template <class Kind>
task<http_response> list_entities(app_context& context, const http_request& /*request*/, operator_caller /*by*/) {
    auto pending = context.clients->list_catalogue();
    const auto known = co_await std::move(pending);
    if (!known) {
        co_return problem_response(known.error());
    }
    std::string all = "[";
    for (const auto& one : Kind::in(**known)) {
        all += all.size() > 1 ? "," : "";
        all += Kind::listed(*one, **known);
    }
    all += "]";
    std::string body;
    json_object_writer(body).raw(Kind::plural, all).end();
    co_return json_answer(200, std::move(body));
}

} // namespace pawl::app
