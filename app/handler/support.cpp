#include "app/handler/support.hpp"

#include "app/http/form.hpp"
#include "app/http/json_body.hpp"
#include "app/http/multipart.hpp"
#include "core/jwt/access_token.hpp"
#include "core/jwt/machine_token.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pawl::app {

namespace {

// "application/json" of "Application/JSON; charset=utf-8", as sent.
std::string_view media_type(std::string_view content_type) {
    return trim(content_type.substr(0, content_type.find(';')));
}

body_outcome outcome_of(body_result read) {
    if (read.has_value()) {
        return std::move(*read);
    }
    body_refusal refusal = read.error();
    if (refusal.not_an_object) {
        std::vector<field_error> errors{field_error{"body", "must be a JSON object"}};
        return body_failure{failure(errc::validation_failed, std::move(errors)), {}};
    }
    return body_failure{refusal.problem, std::move(refusal.detail)};
}

// Why an access token was refused, for --dev.
std::string_view why_not_taken(const app_context& context, std::string_view token) {
    access_token_expectations expected = expectations_of(context.settings, context.time.now());
    expected.leeway = seconds(0);
    const key_ring_ptr keys = context.keys();
    machine_claims of_client;
    const machine_token_expectations of_machine{expected.issuer, expected.now, machine_token_ttl_max};
    if (check_machine_token(*keys, token, of_machine, of_client) == access_token_check::good) {
        return "it is a client's: this takes users' tokens alone, or it is for another API, or it was revoked, or its "
               "client is no more";
    }
    expected.lifetime_max = context.settings.refresh_absolute_ttl;
    access_claims claims;
    const auto check = check_access_token(*keys, token, expected, claims);
    if (check != access_token_check::good) {
        return to_text(check);
    }
    return expected.subject_is_id ? "its session or user is no more"
                                  : "its session, its user or the name in sub is no more";
}

} // namespace

http_response json_answer(unsigned status, std::string body) {
    http_response response;
    response.status = status;
    response.content_type = "application/json";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

http_response no_content() {
    http_response response;
    response.status = 204;
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

http_response refuse(const app_context& context, const http_request& request, const failure& why) {
    if (!context.development || why.code != errc::invalid_access_token) {
        return problem_response(why);
    }
    std::string detail(row_of(why.code).detail);
    detail += " (--dev: ";
    detail += why_not_taken(context, bearer_token(request));
    detail += ")";
    return problem_response(why, detail);
}

http_response body_failure::as_problem() const {
    if (const auto* refused = std::get_if<failure>(&why)) {
        return problem_response(*refused);
    }
    return problem_response(std::get<request_problem>(why), detail);
}

http_response body_failure::as_oauth() const {
    if (const auto* refused = std::get_if<failure>(&why)) {
        return oauth_response(*refused);
    }
    return oauth_response(std::get<request_problem>(why), {}, detail);
}

body_outcome read_body(const http_request& request, body_kinds kinds, std::span<const std::string_view> may_repeat) {
    if (!request.content_type && request.body.empty()) {
        return parameters{};
    }
    const std::string_view type = media_type(request.content_type.value_or(""));
    if (kinds != body_kinds::form && equals_ignoring_case(type, "application/json")) {
        return outcome_of(read_json_object(request.body));
    }
    if (kinds != body_kinds::json && equals_ignoring_case(type, "application/x-www-form-urlencoded")) {
        return outcome_of(read_form(request.body, may_repeat));
    }
    if (kinds != body_kinds::json && equals_ignoring_case(type, "multipart/form-data")) {
        const std::string_view boundary = multipart_boundary(*request.content_type);
        if (boundary.empty()) {
            return body_failure{request_problem::malformed_form, "The Content-Type names no boundary of the parts."};
        }
        return outcome_of(read_multipart(request.body, boundary, may_repeat));
    }
    std::string detail = "Send the body as ";
    detail += kinds == body_kinds::form ? "" : "application/json";
    detail += kinds == body_kinds::json_or_form ? " or as " : "";
    detail += kinds == body_kinds::json ? "" : "application/x-www-form-urlencoded";
    detail += ", and say so in Content-Type.";
    return body_failure{request_problem::unsupported_media_type, std::move(detail)};
}

body_outcome query_parameters(const http_request& request) {
    return outcome_of(read_form(request.query));
}

meaning<parameters> read_token_form(const http_request& request) {
    if (has_in_query(request, "token")) {
        return oauth_response(request_problem::token_in_query);
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        return failed->as_oauth();
    }
    return std::get<parameters>(std::move(body));
}

std::optional<user_id> user_id_from_text(std::string_view text) {
    user_id id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (text.empty() || text.front() == '0' || error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return id;
}

bool has_in_query(const http_request& request, std::string_view name) {
    const body_result query = read_form(request.query);
    if (query.has_value()) {
        return query->find(name) != nullptr;
    }
    // Not even a form: it may hold a token all the same, under that very name.
    const std::string wanted = std::string(name) + "=";
    for (std::size_t at = 0; at != std::string_view::npos; at = request.query.find(wanted, at + 1)) {
        if (request.query.substr(at).starts_with(wanted) && (at == 0 || request.query[at - 1] == '&')) {
            return true;
        }
    }
    return false;
}

std::string_view bearer_token(const http_request& request) {
    const std::string_view value = trim(request.authorization.value_or(""));
    const std::size_t space = std::min(value.find(' '), value.size());
    if (!equals_ignoring_case(value.substr(0, space), "bearer")) {
        return {};
    }
    return trim(value.substr(space));
}

task<result<principal>> authenticate(app_context& context, const http_request& request,
                                     std::optional<builtin_scope> of_clients) {
    return context.guard.authenticate(bearer_token(request), of_clients);
}

std::optional<result<principal>> authenticate_now(app_context& context, const http_request& request) {
    return context.guard.authenticate_now(bearer_token(request));
}

} // namespace pawl::app
