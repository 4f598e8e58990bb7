#include "app/http/errors.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace pawl;
using namespace pawl::app;

namespace {

boost::json::object json_of(const http_response& response) {
    return boost::json::parse(response.body).as_object();
}

std::string header_of(const http_response& response, std::string_view name) {
    for (const auto& [n, value] : response.headers) {
        if (n == name) {
            return value;
        }
    }
    return "(absent)";
}

std::string text_at(const boost::json::object& object, const char* name) {
    return std::string(object.at(name).as_string());
}

struct expected_refusal {
    errc code;
    const char* word;
    unsigned status;
    const char* oauth_error;
    unsigned oauth_status;
};

// The contract, cause by cause.
constexpr expected_refusal refusals[] = {
    {errc::invalid_refresh_token, "invalid_refresh_token", 401, "invalid_grant", 400},
    {errc::refresh_token_reused, "refresh_token_reused", 401, "invalid_grant", 400},
    {errc::session_revoked, "session_revoked", 401, "invalid_grant", 400},
    {errc::session_expired, "session_expired", 401, "invalid_grant", 400},
    {errc::session_not_found, "session_not_found", 404, "", 0},
    {errc::missing_access_token, "missing_access_token", 401, "invalid_token", 401},
    {errc::invalid_access_token, "invalid_access_token", 401, "invalid_token", 401},
    {errc::login_failed, "login_failed", 401, "invalid_grant", 400},
    {errc::wrong_password, "wrong_password", 403, "", 0},
    {errc::too_many_attempts, "too_many_attempts", 429, "temporarily_unavailable", 429},
    {errc::email_taken, "email_taken", 409, "", 0},
    {errc::username_taken, "username_taken", 409, "", 0},
    {errc::validation_failed, "validation_failed", 422, "invalid_request", 400},
    {errc::user_not_found, "user_not_found", 404, "", 0},
    {errc::password_queue_full, "password_queue_full", 503, "temporarily_unavailable", 503},
    {errc::storage_unavailable, "storage_unavailable", 503, "temporarily_unavailable", 503},
    {errc::not_admin, "not_admin", 403, "", 0},
    {errc::key_not_found, "key_not_found", 404, "", 0},
    {errc::key_active, "key_active", 409, "", 0},
    {errc::key_in_use, "key_in_use", 409, "", 0},
    {errc::key_file_read_only, "key_file_read_only", 409, "", 0},
    {errc::signing_key_external, "signing_key_external", 409, "", 0},
    {errc::too_many_keys, "too_many_keys", 409, "", 0},
    {errc::snapshot_under_way, "snapshot_under_way", 409, "", 0},
    {errc::not_on_disk, "not_on_disk", 409, "", 0},
    {errc::events_gone, "events_gone", 410, "", 0},
    {errc::events_of_another_history, "events_of_another_history", 410, "", 0},
    {errc::sign_up_closed, "sign_up_closed", 403, "", 0},
    {errc::claims_too_large, "claims_too_large", 403, "invalid_grant", 400},
    {errc::hash_memory_unavailable, "hash_memory_unavailable", 503, "temporarily_unavailable", 503},
    {errc::operations_busy, "operations_busy", 503, "", 0},
    {errc::client_not_found, "client_not_found", 404, "", 0},
    {errc::client_id_taken, "client_id_taken", 409, "", 0},
    {errc::api_not_found, "api_not_found", 404, "", 0},
    {errc::api_taken, "api_taken", 409, "", 0},
    {errc::scope_not_found, "scope_not_found", 404, "", 0},
    {errc::scope_taken, "scope_taken", 409, "", 0},
    {errc::secret_not_found, "secret_not_found", 404, "", 0},
    {errc::still_named, "still_named", 409, "", 0},
    {errc::too_many_entities, "too_many_entities", 409, "", 0},
    {errc::jwks_uri_off, "jwks_uri_off", 422, "", 0},
    {errc::invalid_client, "invalid_client", 401, "invalid_client", 401},
    {errc::unauthorized_client, "unauthorized_client", 400, "unauthorized_client", 400},
    {errc::invalid_scope, "invalid_scope", 400, "invalid_scope", 400},
    {errc::invalid_target, "invalid_target", 400, "invalid_target", 400},
    {errc::token_of_another, "token_of_another", 400, "invalid_request", 400},
    {errc::too_many_revocations, "too_many_revocations", 503, "temporarily_unavailable", 503},
    {errc::too_many_assertions, "too_many_assertions", 503, "temporarily_unavailable", 503},
    {errc::insufficient_scope, "insufficient_scope", 403, "insufficient_scope", 403},
    {errc::invalid_code, "invalid_code", 400, "invalid_grant", 400},
    {errc::code_reused, "code_reused", 400, "invalid_grant", 400},
    {errc::consent_not_found, "consent_not_found", 404, "", 0},
    {errc::too_many_consents, "too_many_consents", 409, "", 0},
    {errc::forward_denied, "forward_denied", 403, "", 0},
    {errc::second_factor_required, "second_factor_required", 401, "mfa_required", 400},
    {errc::second_factor_failed, "second_factor_failed", 401, "invalid_grant", 400},
    {errc::step_expired, "step_expired", 401, "invalid_grant", 400},
    {errc::reauthentication_required, "reauthentication_required", 401, "invalid_token", 400},
    {errc::enrolment_required, "enrolment_required", 403, "invalid_grant", 400},
    {errc::factor_not_found, "factor_not_found", 404, "", 0},
    {errc::too_many_factors, "too_many_factors", 409, "", 0},
    {errc::mail_off, "mail_off", 409, "", 0},
    {errc::mail_queue_full, "mail_queue_full", 503, "", 0},
    {errc::mail_not_found, "mail_not_found", 404, "", 0},
    {errc::link_invalid, "link_invalid", 400, "", 0},
    {errc::link_expired, "link_expired", 410, "", 0},
    {errc::link_used, "link_used", 410, "", 0},
    {errc::already_verified, "already_verified", 409, "", 0},
    {errc::domain_not_allowed, "domain_not_allowed", 403, "", 0},
    {errc::approval_pending, "approval_pending", 403, "invalid_grant", 400},
    {errc::email_not_verified, "email_not_verified", 403, "invalid_grant", 400},
};

struct expected_problem {
    request_problem problem;
    const char* word;
    unsigned status;
};

constexpr expected_problem problems[] = {
    {request_problem::malformed_request, "malformed_request", 400},
    {request_problem::malformed_json, "malformed_json", 400},
    {request_problem::malformed_form, "malformed_form", 400},
    {request_problem::duplicate_parameter, "duplicate_parameter", 400},
    {request_problem::token_in_query, "token_in_query", 400},
    {request_problem::forbidden_origin, "forbidden_origin", 403},
    {request_problem::not_found, "not_found", 404},
    {request_problem::method_not_allowed, "method_not_allowed", 405},
    {request_problem::request_timeout, "request_timeout", 408},
    {request_problem::length_required, "length_required", 411},
    {request_problem::body_too_large, "body_too_large", 413},
    {request_problem::target_too_long, "target_too_long", 414},
    {request_problem::unsupported_media_type, "unsupported_media_type", 415},
    {request_problem::expectation_failed, "expectation_failed", 417},
    {request_problem::misdirected_request, "misdirected_request", 421},
    {request_problem::headers_too_large, "headers_too_large", 431},
    {request_problem::transfer_encoding, "transfer_encoding", 501},
    {request_problem::http_version, "http_version", 505},
    {request_problem::too_many_connections, "too_many_connections", 503},
    {request_problem::internal, "internal_error", 500},
    {request_problem::not_ready, "not_ready", 503},
    {request_problem::not_in_memory, "not_in_memory", 409},
    {request_problem::no_room_for_more, "no_room_for_more", 409},
    {request_problem::fault, "fault", 503},
    {request_problem::unsupported_grant_type, "unsupported_grant_type", 400},
    {request_problem::untrusted_proxy, "untrusted_proxy", 403},
    {request_problem::unknown_host, "unknown_host", 403},
};

} // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_cause_has_its_row_and_every_row_its_cause) {
    BOOST_TEST(error_table().size() == std::size(refusals) + std::size(problems));
    for (const auto& row : refusals) {
        BOOST_TEST(row_of(row.code).code == row.word);
        BOOST_TEST(row_of(row.code).status == row.status);
    }
    for (const auto& row : problems) {
        BOOST_TEST(row_of(row.problem).code == row.word);
        BOOST_TEST(row_of(row.problem).status == row.status);
    }
}

BOOST_AUTO_TEST_CASE(codes_are_unique_words_and_sentences_are_plain) {
    std::set<std::string_view> codes;
    for (const error_row& row : error_table()) {
        BOOST_TEST_CONTEXT(row.code) {
            BOOST_TEST(codes.insert(row.code).second);
            BOOST_TEST(std::ranges::all_of(row.code, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
            // What RFC 6749 5.2 allows in error_description.
            BOOST_TEST(std::ranges::all_of(row.detail,
                                           [](char c) { return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\'; }));
            BOOST_TEST(row.detail.ends_with('.'));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_problem_has_the_members_of_rfc_9457_and_a_code) {
    for (const auto& row : refusals) {
        const http_response response = problem_response(failure(row.code));
        const auto object = json_of(response);
        BOOST_TEST(response.status == row.status);
        BOOST_TEST(response.content_type == "application/problem+json");
        BOOST_TEST(text_at(object, "type") == "about:blank");
        BOOST_TEST(object.at("status").as_int64() == row.status);
        BOOST_TEST(text_at(object, "code") == row.word);
        BOOST_TEST(!text_at(object, "detail").empty());
        BOOST_TEST(!text_at(object, "title").empty());
        BOOST_TEST(object.contains("errors") == (row.status == 422));
        BOOST_TEST(header_of(response, "Cache-Control") == "no-store");
    }
}

BOOST_AUTO_TEST_CASE(only_401_and_a_missing_scope_challenge_and_only_a_bad_bearer_is_told_so) {
    for (const auto& row : refusals) {
        const std::string expected = row.code == errc::insufficient_scope ? "Bearer error=\"insufficient_scope\""
                                     : row.code == errc::reauthentication_required
                                         ? "Bearer error=\"insufficient_user_authentication\", max_age=0"
                                     : row.status != 401                      ? "(absent)"
                                     : row.code == errc::invalid_access_token ? "Bearer error=\"invalid_token\""
                                                                              : "Bearer";
        BOOST_TEST(header_of(problem_response(failure(row.code)), "WWW-Authenticate") == expected);
    }
}

BOOST_AUTO_TEST_CASE(retry_after_is_there_with_429_and_503_and_never_below_a_second) {
    for (const auto& row : refusals) {
        const bool busy = row.status == 429 || row.status == 503;
        BOOST_TEST(header_of(problem_response(failure(row.code, seconds(17))), "Retry-After") ==
                   (busy ? "17" : "(absent)"));
        BOOST_TEST(header_of(problem_response(failure(row.code)), "Retry-After") == (busy ? "1" : "(absent)"));
    }
    BOOST_TEST(header_of(problem_response(request_problem::too_many_connections), "Retry-After") == "1");
    BOOST_TEST(header_of(problem_response(request_problem::not_found), "Retry-After") == "(absent)");
}

BOOST_AUTO_TEST_CASE(validation_names_each_field) {
    const failure why(errc::validation_failed, {{"email", "is \"required\""}, {"password", "is short"}});
    const auto object = json_of(problem_response(why));
    const auto& errors = object.at("errors").as_array();
    BOOST_REQUIRE(errors.size() == 2);
    BOOST_TEST(text_at(errors[0].as_object(), "field") == "email");
    BOOST_TEST(text_at(errors[0].as_object(), "message") == "is \"required\"");
    BOOST_TEST(text_at(errors[1].as_object(), "field") == "password");
}

BOOST_AUTO_TEST_CASE(oauth_endpoints_answer_as_rfc_6749_does) {
    for (const auto& row : refusals) {
        if (row.oauth_status == 0) {
            continue;
        }
        const http_response response = oauth_response(failure(row.code, seconds(9)));
        const auto object = json_of(response);
        BOOST_TEST(response.status == row.oauth_status);
        BOOST_TEST(response.content_type == "application/json");
        BOOST_TEST(text_at(object, "error") == row.oauth_error);
        BOOST_TEST(object.size() == 2);
        BOOST_TEST(header_of(response, "Cache-Control") == "no-store");
        BOOST_TEST(header_of(response, "Retry-After") == (row.oauth_status >= 429 ? "9" : "(absent)"));
    }
}

BOOST_AUTO_TEST_CASE(an_oauth_description_keeps_to_its_alphabet) {
    const failure why(errc::validation_failed, {{"user\"name", "is\n\xC3\xA9 \\ required"}});
    const auto object = json_of(oauth_response(why));
    BOOST_TEST(text_at(object, "error_description") == "user.name is... . required");
    const auto other = json_of(oauth_response(request_problem::malformed_form, {}, "a \"b\""));
    BOOST_TEST(text_at(other, "error") == "invalid_request");
    BOOST_TEST(text_at(other, "error_description") == "a .b.");
}

BOOST_AUTO_TEST_CASE(a_password_that_gets_no_memory_is_no_full_queue) {
    const failure none(errc::hash_memory_unavailable, seconds(3));
    const failure full(errc::password_queue_full, seconds(3));
    BOOST_TEST(text_at(json_of(problem_response(none)), "code") == "hash_memory_unavailable");
    BOOST_TEST(text_at(json_of(problem_response(none)), "detail").find("no memory") != std::string::npos);
    BOOST_TEST(header_of(problem_response(none), "Retry-After") == "3");
    BOOST_TEST(oauth_response(none).body.find("no memory") != std::string::npos);
    BOOST_TEST(problem_response(full).body.find("memory") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_detail_of_its_own_replaces_the_sentence) {
    BOOST_TEST(text_at(json_of(problem_response(request_problem::not_ready, "the disk is full")), "detail") ==
               "the disk is full");
    BOOST_TEST(text_at(json_of(problem_response(request_problem::not_ready)), "detail") ==
               row_of(request_problem::not_ready).detail);
}

BOOST_AUTO_TEST_SUITE_END()
