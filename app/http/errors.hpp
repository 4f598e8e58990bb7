// The one place where a cause becomes words: HTTP status, stable `code`, title, sentence, OAuth error, headers.
#pragma once

#include "app/http/message.hpp"
#include "core/failure.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pawl::app {

// What can be wrong with a request before any service sees it.
enum class request_problem : std::uint8_t {
    malformed_request,      // 400 framing or syntax of HTTP itself; connection closes
    malformed_json,         // 400
    malformed_form,         // 400
    duplicate_parameter,    // 400 a member or parameter given twice
    token_in_query,         // 400 refresh_token in the query
    forbidden_origin,       // 403 /dev/* from elsewhere
    not_found,              // 404
    method_not_allowed,     // 405 with Allow
    request_timeout,        // 408
    length_required,        // 411
    body_too_large,         // 413
    target_too_long,        // 414
    unsupported_media_type, // 415
    expectation_failed,     // 417 an Expect other than 100-continue
    misdirected_request,    // 421
    headers_too_large,      // 431
    transfer_encoding,      // 501 a Transfer-Encoding other than chunked, or a Trailer
    http_version,           // 505
    too_many_connections,   // 503
    internal,               // 500 a defect of ours; logged with the request id
    not_ready,              // 503 /readyz
    not_in_memory,          // 409 /dev/reset and its like with a data directory
    no_room_for_more,       // 409 realms, snapshots, faults
    fault,                  // of /dev/faults, with the status it was given
    unsupported_grant_type, // 400 /token only
    untrusted_proxy,        // 403 /forward-auth from others than --trusted-proxy
    unknown_host,           // 403 /forward-auth for a host that no client has
};

// What goes wrong, of either kind: the key of the error table. Implicit, so that a list may name both.
class cause {
public:
    // The last of each kind counts them.
    static constexpr std::size_t errc_count = static_cast<std::size_t>(errc::email_not_verified);
    static constexpr std::size_t problem_count = static_cast<std::size_t>(request_problem::unknown_host) + 1;
    static constexpr std::size_t count = errc_count + problem_count;

    constexpr cause() = default;
    constexpr cause(errc code) : value_(static_cast<std::uint8_t>(code)) {} // NOLINT(google-explicit-constructor)
    constexpr cause(request_problem problem)                                // NOLINT(google-explicit-constructor)
        : of_the_request_(true), value_(static_cast<std::uint8_t>(problem)) {}

    constexpr bool of_the_request() const { return of_the_request_; }
    constexpr request_problem problem() const { return static_cast<request_problem>(value_); } // if of_the_request()
    constexpr errc code() const { return static_cast<errc>(value_); }                          // if not
    // Below count, and another one for each cause; errc begins with 1.
    constexpr std::size_t index() const {
        return of_the_request_ ? errc_count + value_ : static_cast<std::size_t>(value_) - 1;
    }
    constexpr bool is_known() const {
        return of_the_request_ ? value_ < problem_count : value_ > 0 && value_ <= errc_count;
    }
    friend constexpr bool operator==(cause, cause) = default;

private:
    bool of_the_request_ = false;
    std::uint8_t value_ = 0;
};

// RFC 9457 problem details for a request-level problem. `detail` overrides the table's sentence where not empty.
http_response problem_response(request_problem problem, std::string_view detail = {});

// The same for a service's refusal: status, code, sentence, `errors` on 422, Retry-After, WWW-Authenticate.
// `bearer` challenges as the contract says for missing and invalid tokens. `detail` as above.
http_response problem_response(const failure& why, std::string_view detail = {});

// RFC 6749 5.2 for /token, /revoke and /introspect: every refusal of credentials or tokens is invalid_grant.
http_response oauth_response(const failure& why);
// `error` and `description` override the table's where not empty.
http_response oauth_response(request_problem problem, std::string_view error = {}, std::string_view description = {});

// One row of the table. Titles are the status phrases, since `type` is "about:blank" (RFC 9457 4.2.1): programs look at
// `code`, people at `detail`.
struct error_row {
    cause why;
    std::string_view code; // stable, snake_case
    unsigned status;
    std::string_view title;
    std::string_view detail;
    std::string_view oauth_error; // "invalid_grant" ...; what /token says where such a thing happens there
};
// All rows, for the OpenAPI document and its test.
std::span<const error_row> error_table();
const error_row& row_of(cause why);

} // namespace pawl::app
