// What handlers of /admin/* share: who may, and what they say of ids.
#pragma once

#include "app/handler/support.hpp"
#include "app/http/context.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/service/admin_service.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace pawl::app {

// Whoever came over the admin socket, or the superuser whose access token came along. missing_access_token,
// invalid_access_token, not_admin, storage_unavailable. Awaited directly.
task<result<operator_caller>> authorise_operator(app_context& context, const http_request& request);

// A refusal as the operator reads it: of any session or user, not of one's own.
http_response refuse_operator(const app_context& context, const http_request& request, const failure& why);

// A handler that is only asked by operators, and is told by whom.
template <task<http_response> (*Handle)(app_context&, const http_request&, operator_caller)>
task<http_response> to_operators(app_context& context, const http_request& request) {
    auto asking = authorise_operator(context, request);
    auto by = co_await std::move(asking);
    if (!by) {
        co_return refuse_operator(context, request, by.error());
    }
    auto pending = Handle(context, request, *std::move(by));
    co_return co_await std::move(pending);
}

// What a request means, or the answer that refuses it.
template <class T>
using meaning = boost::system::result<T, http_response>;

// The JSON body as `read` (of app/dto: result<T>(const parameters&)) understands it.
template <class Read>
auto read_json(const http_request& request, Read read)
    -> meaning<typename decltype(read(std::declval<const parameters&>()))::value_type> {
    const body_outcome body = read_body(request, body_kinds::json);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        return failed->as_problem();
    }
    auto wanted = read(std::get<parameters>(body));
    if (!wanted) {
        return problem_response(wanted.error());
    }
    return *std::move(wanted);
}

// Decimal digits of a user's number, without a leading zero; nothing for anything else.
std::optional<user_id> user_id_from_text(std::string_view text);

} // namespace pawl::app
