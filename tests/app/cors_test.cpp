#include "app/http/cors.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace pawl::app {
namespace {

std::string header(const http_response& r, std::string_view name) {
    const auto found = std::find_if(r.headers.begin(), r.headers.end(), [&](const auto& h) { return h.first == name; });
    return found == r.headers.end() ? std::string("(none)") : found->second;
}

http_request from(std::string_view origin, http_method method = http_method::get) {
    http_request q;
    q.method = method;
    q.origin = origin;
    return q;
}

BOOST_AUTO_TEST_SUITE(cors)

BOOST_AUTO_TEST_CASE(only_listed_origins_are_allowed_and_only_exactly) {
    const cors_settings settings{{"https://app.example.com", "http://a.test:8080"}, false};
    const struct {
        std::string_view origin;
        bool allowed;
    } rows[] = {
        {"https://app.example.com", true},
        {"http://a.test:8080", true},
        {"http://app.example.com", false},
        {"https://app.example.com:443", false},
        {"https://app.example.com.evil.test", false},
        {"https://evil.test/https://app.example.com", false},
        {"https://APP.example.com", false}, // browsers send lower case
        {"null", false},
        {"", false},
        {"*", false},
        {"http://localhost:3000", false},
    };
    for (const auto& row : rows) {
        BOOST_TEST(origin_allowed(settings, row.origin) == row.allowed, row.origin);
    }
}

BOOST_AUTO_TEST_CASE(pages_of_clients_may_ask_for_tokens_claims_and_keys_and_nothing_else) {
    cors_settings settings;
    settings.of_clients = [](std::string_view origin) { return origin == "https://shop.example"; };
    for (const std::string_view path : {"/token", "/userinfo", "/revoke", "/.well-known/jwks.json",
                                        "/.well-known/openid-configuration", "/authorize", "/login", "/users/me"}) {
        const bool served = serves_pages_of_clients(path);
        BOOST_TEST(served == (path != "/authorize" && path != "/login" && path != "/users/me"));
        for (const std::string_view origin : {"https://shop.example", "https://evil.example"}) {
            http_request asked = from(origin);
            asked.path = path;
            http_response answered;
            add_cors_headers(settings, asked, "GET", answered);
            const bool allowed = served && origin == "https://shop.example";
            BOOST_TEST(header(answered, "Access-Control-Allow-Origin") == (allowed ? origin : "(none)"));
            BOOST_TEST(header(answered, "Vary") == (served ? "Origin" : "(none)"));
        }
    }
}

BOOST_AUTO_TEST_CASE(development_allows_loopback_with_any_port_and_nothing_that_looks_like_it) {
    const cors_settings settings{{}, true};
    for (const char* good : {"http://localhost", "http://localhost:3000", "https://localhost:5173",
                             "http://127.0.0.1:65535", "http://[::1]:80", "http://[::1]"}) {
        BOOST_TEST(origin_allowed(settings, good), good);
    }
    for (const char* bad :
         {"http://localhost.evil.test", "http://localhost:", "http://localhost:x", "http://localhost:80.evil.test",
          "http://localhost:65536", "http://localhost:-1", "http://127.0.0.11", "http://127.0.0.1.nip.io",
          "http://[::1].evil.test", "ftp://localhost", "localhost", "null", "http://evil.test/localhost",
          "http://localhost@evil.test", "http://localhost:80/", "http://localhost:000000080"}) {
        BOOST_TEST(!origin_allowed(settings, bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(allowed_origin_is_echoed_and_never_with_credentials) {
    http_response r;
    add_cors_headers({{"https://a.test"}, false}, from("https://a.test"), "", r);
    BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "https://a.test");
    BOOST_TEST(header(r, "Vary") == "Origin");
    BOOST_TEST(header(r, "Access-Control-Expose-Headers").find("Pawl-Refresh") != std::string::npos);
    BOOST_TEST(header(r, "Access-Control-Allow-Credentials") == "(none)");
}

BOOST_AUTO_TEST_CASE(unlisted_origin_gets_vary_and_nothing_else) {
    for (const http_method method : {http_method::get, http_method::options}) {
        http_response r;
        http_request q = from("https://evil.test", method);
        q.access_control_request_method = "POST";
        add_cors_headers({{"https://a.test"}, true}, q, "POST", r);
        BOOST_TEST(header(r, "Access-Control-Allow-Origin") == "(none)");
        BOOST_TEST(header(r, "Access-Control-Allow-Methods") == "(none)");
        BOOST_TEST(header(r, "Vary").starts_with("Origin"));
        BOOST_TEST(r.headers.size() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(preflight_names_methods_and_headers) {
    http_request q = from("https://a.test", http_method::options);
    BOOST_TEST(!is_preflight(q));
    q.access_control_request_method = "DELETE";
    BOOST_TEST(is_preflight(q));
    http_response r;
    add_cors_headers({{"https://a.test"}, false}, q, "DELETE, OPTIONS", r);
    BOOST_TEST(header(r, "Access-Control-Allow-Methods") == "DELETE, OPTIONS");
    BOOST_TEST(header(r, "Access-Control-Allow-Headers") == "Authorization, Content-Type, X-Request-Id");
    BOOST_TEST(header(r, "Access-Control-Max-Age") == "600");
}

BOOST_AUTO_TEST_CASE(preflight_allows_the_headers_it_asks_for_where_they_are_names) {
    const std::string usual = "Authorization, Content-Type, X-Request-Id";
    std::string many = "a0";
    for (int i = 1; i < 32; ++i) {
        many += ", a" + std::to_string(i);
    }
    const struct {
        std::string asked, allowed;
    } rows[] = {
        {"x-requested-with", "x-requested-with"},
        {"authorization,sentry-trace , baggage", "authorization, sentry-trace, baggage"},
        {"traceparent,,", "traceparent"},
        {many, many},
        {many + ", a32", usual},
        {"a b", usual},
        {"a\x80", usual},
        {"*", "*"},
        {"", usual},
        {" , ", usual},
    };
    for (const auto& row : rows) {
        http_request q = from("https://a.test", http_method::options);
        q.access_control_request_method = "POST";
        q.access_control_request_headers = row.asked;
        http_response r;
        add_cors_headers({{"https://a.test"}, false}, q, "POST", r);
        BOOST_TEST(header(r, "Access-Control-Allow-Headers") == row.allowed, row.asked);
        BOOST_TEST(header(r, "Vary") == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    }
}

BOOST_AUTO_TEST_CASE(without_cors_nothing_is_added) {
    http_response r;
    add_cors_headers({}, from("https://a.test"), "", r);
    BOOST_TEST(r.headers.empty());
}

BOOST_AUTO_TEST_CASE(answers_without_origin_still_vary) {
    http_response r;
    add_cors_headers({{"https://a.test"}, false}, http_request(), "", r);
    BOOST_TEST(header(r, "Vary") == "Origin");
    BOOST_TEST(r.headers.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
