// What handlers share: bodies in, answers out, who is asking.
#pragma once

#include "app/http/context.hpp"
#include "app/http/errors.hpp"
#include "app/http/parameters.hpp"
#include "core/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
// missing is named. unsupported_media_type for anything else.
body_outcome read_body(const http_request& request, body_kinds kinds);

// True where the query has a parameter `refresh_token`, in whatever spelling.
bool has_refresh_token_in_query(const http_request& request);

// --- Who is asking.
// RFC 6750 2.1: the credentials of `Authorization: Bearer ...`, scheme in any case. Empty where there is no bearer.
std::string_view bearer_token(const http_request& request);

// access_guard::authenticate() of that token.
task<result<principal>> authenticate(app_context& context, const http_request& request);

} // namespace pawl::app
