// What handlers share: bodies in, answers out, who is asking.
#pragma once

#include "app/http/context.hpp"
#include "app/http/errors.hpp"
#include "app/http/parameters.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace pawl::app {

// --- Answers. Personal data and tokens are `no-store`.
http_response json_answer(unsigned status, std::string body);
http_response no_content();

// problem_response(), and under --dev the reason an access token was refused for.
http_response refuse(const app_context& context, const http_request& request, const failure& why);

// --- Bodies.
enum class body_kinds : std::uint8_t { json, form, json_or_form };

// Why a body did not become parameters: a problem of the request, or a value that is not acceptable (422).
struct body_failure {
    std::variant<request_problem, failure> why;
    std::string detail; // may be empty

    http_response as_problem() const;
    http_response as_oauth() const;
};
using body_outcome = std::variant<parameters, body_failure>;

// By Content-Type, whose parameters (charset) are ignored; no body and no Content-Type: no parameters, so that what is
// missing is named. unsupported_media_type for anything else. In a form the names of `may_repeat` may be given more
// than once.
body_outcome read_body(const http_request& request, body_kinds kinds,
                       std::span<const std::string_view> may_repeat = {});

// What a request means, or the answer that refuses it.
template <class T>
using meaning = boost::system::result<T, http_response>;

// What `read` (of app/dto: result<T>(const parameters&)) makes of `given`. (In place: a bool would do for an error,
// too.)
template <class Read>
auto read_with(const body_outcome& given, Read read)
    -> meaning<typename decltype(read(std::declval<const parameters&>()))::value_type> {
    if (const auto* failed = std::get_if<body_failure>(&given)) {
        return failed->as_problem();
    }
    auto wanted = read(std::get<parameters>(given));
    if (!wanted) {
        return problem_response(wanted.error());
    }
    return {boost::system::in_place_value, *std::move(wanted)};
}
// The body as `read` understands it. A row that reads one refuses json_body or json_or_form_body.
template <class Read>
auto read_json(const http_request& request, Read read) {
    return read_with(read_body(request, body_kinds::json), std::move(read));
}
template <class Read>
auto read_json_or_form(const http_request& request, Read read) {
    return read_with(read_body(request, body_kinds::json_or_form), std::move(read));
}

// The parameters of the query. Refuses query_string.
body_outcome query_parameters(const http_request& request);
template <class Read>
auto read_query(const http_request& request, Read read) {
    return read_with(query_parameters(request), std::move(read));
}

// Decimal digits of a user's number, without a leading zero; std::nullopt for anything else.
std::optional<user_id> user_id_from_text(std::string_view text);

// True where the query has a parameter of that name, in whatever spelling: a token there ends up in logs.
bool has_in_query(const http_request& request, std::string_view name);

// The form of a request about a token (RFC 7009 2.1, RFC 7662 2.1), which is not in the query.
meaning<parameters> read_token_form(const http_request& request);

// --- Who is asking.
// RFC 6750 2.1: the credentials of `Authorization: Bearer ...`, scheme in any case. Empty where there is no bearer.
std::string_view bearer_token(const http_request& request);

// access_guard::authenticate() of that token.
task<result<principal>> authenticate(app_context& context, const http_request& request,
                                     std::optional<builtin_scope> of_clients = {});
// access_guard::authenticate_now() of that token: std::nullopt where authenticate() is to be asked.
std::optional<result<principal>> authenticate_now(app_context& context, const http_request& request);

} // namespace pawl::app
