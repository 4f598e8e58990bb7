#include "app/http/errors.hpp"

#include "core/text/json_text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace pawl::app {

namespace {

constexpr std::string_view problem_content_type = "application/problem+json";
constexpr std::string_view json_content_type = "application/json";

// RFC 6750 3: no error code where the request carried no token at all.
constexpr std::string_view challenge = "Bearer";
constexpr std::string_view challenge_invalid_token = "Bearer error=\"invalid_token\"";
constexpr std::string_view challenge_insufficient_scope = "Bearer error=\"insufficient_scope\"";
constexpr std::string_view challenge_stale =
    "Bearer error=\"insufficient_user_authentication\", max_age="; // RFC 9470 3

constexpr std::string_view invalid_grant = "invalid_grant"; // RFC 6749 5.2; what /token says where a row has no word

// Said where the refusal itself names no time.
constexpr seconds default_retry_after{1};

// The order is that of `code` in the OpenAPI document: programs made from it count on it, so a new row comes last.
// Sentences have no quotes or backslashes: RFC 6749 5.2 does not allow them in error_description.
constexpr std::array table{
    error_row{request_problem::body_too_large, "body_too_large", 413, "Content Too Large",
              "The body is larger than 16 KiB.", ""},
    error_row{request_problem::duplicate_parameter, "duplicate_parameter", 400, "Bad Request",
              "A member or parameter is given twice.", "invalid_request"},
    error_row{errc::email_taken, "email_taken", 409, "Conflict", "There is an account with this email already.", ""},
    error_row{request_problem::expectation_failed, "expectation_failed", 417, "Expectation Failed",
              "The only expectation that is met is 100-continue.", ""},
    error_row{request_problem::fault, "fault", 503, "Service Unavailable",
              "A fault of /dev/faults answers instead of the server.", ""},
    error_row{request_problem::forbidden_origin, "forbidden_origin", 403, "Forbidden",
              "This resource does not answer pages of other sites.", ""},
    error_row{request_problem::headers_too_large, "headers_too_large", 431, "Request Header Fields Too Large",
              "The header fields are too large.", ""},
    error_row{request_problem::http_version, "http_version", 505, "HTTP Version Not Supported",
              "This server speaks HTTP/1.1 and HTTP/1.0.", ""},
    error_row{request_problem::internal, "internal_error", 500, "Internal Server Error",
              "Something went wrong in the server. Its log has the cause under this request id.", "server_error"},
    error_row{errc::invalid_access_token, "invalid_access_token", 401, "Unauthorized",
              "The access token is not valid, has expired, or its session has ended.", "invalid_token"},
    error_row{errc::invalid_refresh_token, "invalid_refresh_token", 401, "Unauthorized",
              "The refresh token is not valid.", "invalid_grant"},
    error_row{request_problem::length_required, "length_required", 411, "Length Required",
              "A body needs a Content-Length.", ""},
    error_row{errc::login_failed, "login_failed", 401, "Unauthorized", "Incorrect username or password.",
              "invalid_grant"},
    error_row{request_problem::malformed_form, "malformed_form", 400, "Bad Request",
              "The body is not a well-formed form in UTF-8.", "invalid_request"},
    error_row{request_problem::malformed_json, "malformed_json", 400, "Bad Request",
              "The body is not well-formed JSON in UTF-8.", ""},
    error_row{request_problem::malformed_request, "malformed_request", 400, "Bad Request",
              "The request is not well-formed HTTP.", ""},
    error_row{request_problem::method_not_allowed, "method_not_allowed", 405, "Method Not Allowed",
              "This path does not take this method. See the Allow header.", ""},
    error_row{request_problem::misdirected_request, "misdirected_request", 421, "Misdirected Request",
              "This server does not answer for that Host. If it should, start it with --allowed-host.", ""},
    error_row{errc::missing_access_token, "missing_access_token", 401, "Unauthorized",
              "An access token is required: send it as Authorization: Bearer, one space, the token.", "invalid_token"},
    error_row{request_problem::no_room_for_more, "no_room_for_more", 409, "Conflict",
              "There are as many of these as there may be. Remove some.", ""},
    error_row{request_problem::not_found, "not_found", 404, "Not Found", "There is nothing at this path.", ""},
    error_row{request_problem::not_in_memory, "not_in_memory", 409, "Conflict",
              "Only a server started with --data-dir :memory: can do this.", ""},
    error_row{request_problem::not_ready, "not_ready", 503, "Service Unavailable",
              "The server can not take changes now.", ""},
    error_row{errc::password_queue_full, "password_queue_full", 503, "Service Unavailable",
              "Too many passwords are waiting to be checked. Try again after Retry-After seconds.",
              "temporarily_unavailable"},
    error_row{errc::refresh_token_reused, "refresh_token_reused", 401, "Unauthorized",
              "This refresh token was used before, so its session has been ended. Log in again.", "invalid_grant"},
    error_row{request_problem::request_timeout, "request_timeout", 408, "Request Timeout",
              "The request took too long to arrive.", ""},
    error_row{errc::session_expired, "session_expired", 401, "Unauthorized", "This session has expired. Log in again.",
              "invalid_grant"},
    error_row{errc::session_not_found, "session_not_found", 404, "Not Found", "You have no such session.", ""},
    error_row{errc::session_revoked, "session_revoked", 401, "Unauthorized",
              "This session has been ended. Log in again.", "invalid_grant"},
    error_row{errc::storage_unavailable, "storage_unavailable", 503, "Service Unavailable",
              "The change could not be stored. Try again after Retry-After seconds.", "temporarily_unavailable"},
    error_row{request_problem::target_too_long, "target_too_long", 414, "URI Too Long",
              "The request target is too long.", ""},
    error_row{request_problem::token_in_query, "token_in_query", 400, "Bad Request",
              "The parameter refresh_token must not be in the query, since logs and histories keep URLs: send it in "
              "the body, "
              "as JSON or as a form. If its value was a token, consider that known to others.",
              "invalid_request"},
    error_row{errc::too_many_attempts, "too_many_attempts", 429, "Too Many Requests",
              "Too many attempts. Wait as long as Retry-After says, then try again.", "temporarily_unavailable"},
    error_row{request_problem::too_many_connections, "too_many_connections", 503, "Service Unavailable",
              "There are too many connections. Try again later.", ""},
    error_row{request_problem::transfer_encoding, "transfer_encoding", 501, "Not Implemented",
              "The only Transfer-Encoding that is taken is chunked, without trailers.", ""},
    error_row{request_problem::unsupported_media_type, "unsupported_media_type", 415, "Unsupported Media Type",
              "The body has a Content-Type that this path does not take.", "invalid_request"},
    error_row{errc::user_not_found, "user_not_found", 404, "Not Found", "There is no such user.", ""},
    error_row{errc::username_taken, "username_taken", 409, "Conflict",
              "There is an account with this username already.", ""},
    error_row{errc::validation_failed, "validation_failed", 422, "Unprocessable Content",
              "The request is well-formed, but something in it is missing or not acceptable. See errors.",
              "invalid_request"},
    error_row{errc::wrong_password, "wrong_password", 403, "Forbidden", "The current password is not right.", ""},
    error_row{errc::sign_up_closed, "sign_up_closed", 403, "Forbidden",
              "This server takes no sign-ups: an operator makes accounts, or invites to them.", ""},
    error_row{errc::claims_too_large, "claims_too_large", 403, "Forbidden",
              "What access tokens are to say of this account is over 4 KiB. An operator has to take roles from it.",
              "invalid_grant"},
    error_row{errc::not_admin, "not_admin", 403, "Forbidden",
              "This takes the access token of a superuser, or the admin socket of the server.", ""},
    error_row{errc::key_not_found, "key_not_found", 404, "Not Found", "There is no such key.", ""},
    error_row{errc::key_active, "key_active", 409, "Conflict",
              "This key makes the tokens of now. Rotate first, then retire it.", ""},
    error_row{
        errc::key_in_use, "key_in_use", 409, "Conflict",
        "Refresh tokens of this key may still be presented: retiring it ends their sessions. Send force to do so.", ""},
    error_row{errc::key_file_read_only, "key_file_read_only", 409, "Conflict",
              "The key file is a credential of the service manager, which the server can not write. Change it there, "
              "then restart.",
              ""},
    error_row{errc::signing_key_external, "signing_key_external", 409, "Conflict",
              "Access tokens are signed with SECRET_KEY, which is not in the key file. Change it where it is set.", ""},
    error_row{errc::too_many_keys, "too_many_keys", 409, "Conflict",
              "The key file holds as many keys as it may. Retire one first.", ""},
    error_row{errc::snapshot_under_way, "snapshot_under_way", 409, "Conflict", "A snapshot is being taken already.",
              ""},
    error_row{errc::not_on_disk, "not_on_disk", 409, "Conflict", "This server keeps nothing on disk.", ""},
    error_row{errc::operations_busy, "operations_busy", 503, "Service Unavailable",
              "Too many operations are waiting. Try again after Retry-After seconds.", ""},
    error_row{errc::events_gone, "events_gone", 410, "Gone",
              "The log does not go on from this event: what came after is kept no longer, or it is of another store.",
              ""},
    error_row{
        errc::events_of_another_history, "events_of_another_history", 410, "Gone",
        "This id is of an event before a restore, or of another store: events have other ids since. Begin without "
        "an id, or with since=0 for all that is kept, and take users and sessions anew.",
        ""},
    error_row{request_problem::unsupported_grant_type, "unsupported_grant_type", 400, "Bad Request",
              "The grant_type must be password, refresh_token, authorization_code, client_credentials or absent.",
              "unsupported_grant_type"},
    error_row{errc::hash_memory_unavailable, "hash_memory_unavailable", 503, "Service Unavailable",
              "There is no memory now to hash the password. Try again after Retry-After seconds.",
              "temporarily_unavailable"},
    error_row{errc::client_not_found, "client_not_found", 404, "Not Found", "There is no such client.", ""},
    error_row{errc::client_id_taken, "client_id_taken", 409, "Conflict", "There is a client with this id already.", ""},
    error_row{errc::api_not_found, "api_not_found", 404, "Not Found", "There is no such API.", ""},
    error_row{errc::api_taken, "api_taken", 409, "Conflict", "There is an API with this identifier already.", ""},
    error_row{errc::scope_not_found, "scope_not_found", 404, "Not Found", "There is no such scope.", ""},
    error_row{errc::scope_taken, "scope_taken", 409, "Conflict", "There is a scope with this name already.", ""},
    error_row{errc::secret_not_found, "secret_not_found", 404, "Not Found", "This client has no such secret.", ""},
    error_row{errc::still_named, "still_named", 409, "Conflict",
              "A client or a scope still names this. Take it from there first.", ""},
    error_row{errc::too_many_entities, "too_many_entities", 409, "Conflict",
              "There are as many of these as there may be. Remove some first.", ""},
    error_row{errc::jwks_uri_off, "jwks_uri_off", 422, "Unprocessable Content",
              "This server fetches nothing from elsewhere. Send the keys themselves as jwks.", ""},
    error_row{errc::invalid_client, "invalid_client", 401, "Unauthorized",
              "The client is unknown, disabled, or did not prove that it is this client.", "invalid_client"},
    error_row{errc::unauthorized_client, "unauthorized_client", 400, "Bad Request", "This client may not do that.",
              "unauthorized_client"},
    error_row{errc::invalid_scope, "invalid_scope", 400, "Bad Request",
              "A scope is malformed, unknown, or not one that this client may have.", "invalid_scope"},
    error_row{errc::invalid_target, "invalid_target", 400, "Bad Request",
              "The API is unknown, or not one that this client may ask.", "invalid_target"},
    error_row{errc::token_of_another, "token_of_another", 400, "Bad Request",
              "The token was not issued to this client.", "invalid_request"},
    error_row{errc::too_many_revocations, "too_many_revocations", 503, "Service Unavailable",
              "Too many tokens of this client are revoked one by one. An operator has to end all of them at once.",
              "temporarily_unavailable"},
    error_row{errc::too_many_assertions, "too_many_assertions", 503, "Service Unavailable",
              "Too many client assertions came. Try again after Retry-After seconds.", "temporarily_unavailable"},
    error_row{errc::insufficient_scope, "insufficient_scope", 403, "Forbidden",
              "The access token does not have the scope that this needs.", "insufficient_scope"},
    error_row{errc::invalid_code, "invalid_code", 400, "Bad Request",
              "The authorization code is not valid: it has expired, or client, redirect URI or code verifier are not "
              "those that it was made for.",
              "invalid_grant"},
    error_row{errc::code_reused, "code_reused", 400, "Bad Request",
              "This authorization code was used before, so the tokens that it gave have been ended.", "invalid_grant"},
    error_row{errc::consent_not_found, "consent_not_found", 404, "Not Found", "The user allows this client nothing.",
              ""},
    error_row{errc::too_many_consents, "too_many_consents", 409, "Conflict",
              "The user allows as many clients something as can be kept. One has to be withdrawn first.", ""},
    error_row{request_problem::untrusted_proxy, "untrusted_proxy", 403, "Forbidden",
              "Only a proxy that the server was told of with --trusted-proxy may ask this.", ""},
    error_row{request_problem::unknown_host, "unknown_host", 403, "Forbidden",
              "No client for forward auth has this host.", ""},
    error_row{errc::forward_denied, "forward_denied", 403, "Forbidden",
              "This host asks for a role or a scope that the user does not have.", ""},
    error_row{errc::second_factor_required, "second_factor_required", 401, "Unauthorized",
              "A second factor is wanted: send a code. A sign-in can go on with step, too.", "mfa_required"},
    error_row{errc::second_factor_failed, "second_factor_failed", 401, "Unauthorized",
              "The code is not right, or was used before.", "invalid_grant"},
    error_row{errc::step_expired, "step_expired", 401, "Unauthorized",
              "This sign-in has begun too long ago, or the account was changed since. Begin anew.", "invalid_grant"},
    error_row{errc::reauthentication_required, "reauthentication_required", 401, "Unauthorized",
              "This needs a session that was proven lately, with a second factor where the account has one. POST "
              "/step-up gives one.",
              "invalid_token"},
    error_row{errc::enrolment_required, "enrolment_required", 403, "Forbidden",
              "This account has to have a second factor, and has none: set one up with step.", "invalid_grant"},
    error_row{errc::factor_not_found, "factor_not_found", 404, "Not Found", "There is no such factor.", ""},
    error_row{errc::too_many_factors, "too_many_factors", 409, "Conflict",
              "The account has as many factors as it may. Remove one first.", ""},
    error_row{errc::mail_off, "mail_off", 409, "Conflict", "This server sends no mail: it has no relay.", ""},
    error_row{errc::mail_queue_full, "mail_queue_full", 503, "Service Unavailable",
              "Too many mails are waiting to be sent. Try again after Retry-After seconds.", ""},
    error_row{errc::mail_not_found, "mail_not_found", 404, "Not Found", "There is no such mail.", ""},
    error_row{errc::link_invalid, "link_invalid", 400, "Bad Request", "This is nothing that this server made for that.",
              ""},
    error_row{errc::link_expired, "link_expired", 410, "Gone", "This is too old. Ask for another one.", ""},
    error_row{errc::link_used, "link_used", 410, "Gone",
              "This was used, or something that it rests on has changed since. Ask for another one.", ""},
    error_row{errc::already_verified, "already_verified", 409, "Conflict",
              "The address of this account is verified already.", ""},
    error_row{errc::domain_not_allowed, "domain_not_allowed", 403, "Forbidden",
              "This server takes sign-ups with addresses of certain domains alone.", ""},
    error_row{errc::approval_pending, "approval_pending", 403, "Forbidden",
              "This account waits for an operator to allow it.", "invalid_grant"},
    error_row{errc::email_not_verified, "email_not_verified", 403, "Forbidden",
              "The address of this account is not proven yet. Use the link of the mail; a link to a new password "
              "(/password/forgot) proves it, too.",
              "invalid_grant"},
};

// From a cause to its row. Does not compile if a cause has no row, or two.
consteval std::array<std::uint8_t, table.size()> index_rows() {
    std::array<std::uint8_t, table.size()> rows{};
    std::array<bool, table.size()> seen{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const std::size_t at = table[i].why.index();
        if (!table[i].why.is_known() || seen[at]) {
            throw std::logic_error("a row of no cause, or two of one");
        }
        seen[at] = true;
        rows[at] = static_cast<std::uint8_t>(i);
    }
    return rows;
}
static_assert(table.size() == cause::count);
constexpr std::array rows_by_cause = index_rows();

void add_retry_after(http_response& response, seconds after) {
    if (response.status == 429 || response.status == 503) {
        const seconds wait = std::max(after, default_retry_after);
        response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    }
}

void add_challenge(http_response& response, errc code, seconds window) {
    if (code == errc::reauthentication_required) {
        response.headers.emplace_back("WWW-Authenticate",
                                      std::string(challenge_stale) + std::to_string(window.count()));
    } else if (response.status == 401) {
        const bool invalid = code == errc::invalid_access_token;
        response.headers.emplace_back("WWW-Authenticate", invalid ? challenge_invalid_token : challenge);
    } else if (code == errc::insufficient_scope) {
        response.headers.emplace_back("WWW-Authenticate", challenge_insufficient_scope);
    }
}

std::string field_errors_json(const std::vector<field_error>& fields) {
    std::string text = "[";
    for (const field_error& field : fields) {
        if (text.size() > 1) {
            text.push_back(',');
        }
        json_object_writer(text).member("field", field.field).member("message", field.message).end();
    }
    text.push_back(']');
    return text;
}

http_response problem_of(const error_row& row, std::string_view detail, const std::vector<field_error>& fields) {
    http_response response;
    response.status = row.status;
    response.content_type = problem_content_type;
    response.headers.emplace_back("Cache-Control", "no-store");
    json_object_writer object(response.body);
    object.member("type", "about:blank")
        .member("title", row.title)
        .member("status", std::uint64_t{row.status})
        .member("detail", detail.empty() ? row.detail : detail)
        .member("code", row.code);
    if (row.status == 422) {
        object.raw("errors", field_errors_json(fields));
    }
    object.end();
    return response;
}

// RFC 6749 5.2: the request's own faults keep their status; refusals of users' credentials and tokens are 400, whatever
// status the same refusal has elsewhere (403 of an account that waits).
http_response oauth_of(const error_row& row, std::string_view error, std::string_view description) {
    http_response response;
    const bool is_bad_request = row.status == 401 || row.status == 422 || error == invalid_grant;
    response.status = is_bad_request ? 400 : row.status;
    response.content_type = json_content_type;
    response.headers.emplace_back("Cache-Control", "no-store");
    json_object_writer(response.body).member("error", error).member("error_description", description).end();
    return response;
}

// What RFC 6749 5.2 allows in error_description: printable ASCII without quotes and backslashes.
std::string oauth_description(std::string_view text) {
    std::string clean(text);
    std::replace_if(
        clean.begin(), clean.end(), [](char c) { return c < 0x20 || c > 0x7E || c == '"' || c == '\\'; }, '.');
    return clean;
}

} // namespace

std::span<const error_row> error_table() {
    return table;
}

const error_row& row_of(cause why) {
    BOOST_ASSERT(why.is_known());
    return table[rows_by_cause[why.index()]];
}

http_response problem_response(request_problem problem, std::string_view detail) {
    http_response response = problem_of(row_of(problem), detail, {});
    add_retry_after(response, default_retry_after);
    return response;
}

http_response problem_response(const failure& why, std::string_view detail) {
    http_response response = problem_of(row_of(why.code), detail, why.fields);
    add_retry_after(response, why.retry_after);
    add_challenge(response, why.code, why.retry_after);
    return response;
}

http_response oauth_response(const failure& why) {
    const error_row& row = row_of(why.code);
    std::string description(row.detail);
    if (!why.fields.empty()) { // there is no `errors` here: the sentence names the first
        const field_error& first = why.fields.front();
        description = oauth_description(first.field.empty() ? first.message : first.field + " " + first.message);
    }
    http_response response = oauth_of(row, row.oauth_error.empty() ? invalid_grant : row.oauth_error, description);
    add_retry_after(response, why.retry_after);
    if (why.code == errc::invalid_access_token || why.code == errc::missing_access_token ||
        why.code == errc::insufficient_scope) {
        response.status = row.status; // RFC 6750 3.1, which is who asks by bearer
        add_challenge(response, why.code, why.retry_after);
    } else if (why.code == errc::invalid_client) {
        response.status = row.status; // RFC 6749 5.2; the challenge is client_refusal()'s
    }
    return response;
}

http_response oauth_response(request_problem problem, std::string_view error, std::string_view description) {
    const error_row& row = row_of(problem);
    const std::string_view word = row.oauth_error.empty() ? "invalid_request" : row.oauth_error;
    http_response response =
        oauth_of(row, error.empty() ? word : error, oauth_description(description.empty() ? row.detail : description));
    add_retry_after(response, default_retry_after);
    return response;
}

} // namespace pawl::app
