// The paths that need no account: root, keys, health, documents, the development clock.
#include "app/web/assets.hpp"
#include "tests/support/handler_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

BOOST_FIXTURE_TEST_SUITE(handlers_public, handler_world)

BOOST_AUTO_TEST_CASE(root_is_json_unless_html_is_preferred) {
    const answer json = get("/");
    BOOST_TEST(json.status() == 200U);
    BOOST_TEST(json.text("name") == "pawl");
    BOOST_TEST(json.text("version") == "1.2.3");
    BOOST_TEST(json.text("issuer") == settings.issuer);
    BOOST_TEST(json.header("Vary") == "Accept");
    settings.issuer = "http://<b>";
    app::http_request r = request(http_method::get, "/");
    r.accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    const answer page = send(r);
    BOOST_TEST(page.response.content_type == "text/html; charset=utf-8");
    BOOST_TEST(page.header("Content-Security-Policy").find("default-src 'none'") == 0U);
    BOOST_TEST(page.body().find("http://&lt;b&gt;") != std::string_view::npos);
    BOOST_TEST(page.body().find("<b>") == std::string_view::npos);
    BOOST_TEST(page.body().find("@VERSION@") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(keys_may_be_cached_for_a_while) {
    const answer a = get("/.well-known/jwks.json");
    BOOST_TEST(a.status() == 200U);
    BOOST_TEST(a.header("Cache-Control") == "public, max-age=300");
    BOOST_TEST(a.json().at("keys").as_array().empty()); // HS256
}

BOOST_AUTO_TEST_CASE(readiness_says_why_not) {
    BOOST_TEST(get("/healthz").text("status") == "ok");
    BOOST_TEST(get("/readyz").text("status") == "ready");
    not_ready = "the disk is full";
    const answer a = get("/readyz");
    BOOST_TEST(a.status() == 503U);
    BOOST_TEST(a.text("code") == "not_ready");
    BOOST_TEST(a.text("detail") == "the disk is full");
    BOOST_TEST(a.header("Retry-After") == "1");
    BOOST_TEST(get("/healthz").status() == 200U);
}

BOOST_AUTO_TEST_CASE(readiness_tells_of_a_wall_clock_that_is_behind_or_held) {
    struct manual_source final : app::time_source {
        timestamp_ms wall{seconds(1'700'000'000)};
        clock_reading read() const override { return {wall, milliseconds(0)}; }
    } source;
    app::service_clock real(source);
    server.real_time = &real;
    const auto told = [&] {
        const answer a = get("/readyz");
        BOOST_TEST(a.status() == 200U);
        BOOST_TEST(a.text("status") == "ready");
        const boost::json::value body = a.json();
        const auto* clock = body.as_object().if_contains("clock");
        if (clock == nullptr) {
            return std::string();
        }
        BOOST_TEST(clock->at("detail").as_string().starts_with("The wall clock "));
        return std::string(clock->at("wall").as_string()) + " " + std::to_string(clock->at("seconds").as_int64());
    };
    BOOST_TEST(told() == "");
    source.wall -= seconds(60);
    BOOST_TEST(told() == "");
    source.wall -= seconds(1);
    BOOST_TEST(told() == "behind 61");
    source.wall += seconds(61 + 60);
    BOOST_TEST(told() == "");
    source.wall += seconds(3'600);
    BOOST_TEST(told() == "held 3600");
    not_ready = "the disk is full";
    BOOST_TEST(get("/readyz").status() == 503U);
    BOOST_TEST(get("/readyz").text("detail").starts_with("the disk is full. The wall clock leapt ahead."));
}

BOOST_AUTO_TEST_CASE(metrics_are_prometheus_text) {
    const answer a = get("/metrics");
    BOOST_TEST(a.response.content_type.starts_with("text/plain; version=0.0.4"));
    BOOST_TEST(a.body() == "# HELP pawl_test A test.\n");
}

BOOST_AUTO_TEST_CASE(the_document_has_dev_only_in_development) {
    BOOST_TEST(!get("/openapi.json").json().at("paths").as_object().contains("/dev/clock"));
    server.development = true;
    BOOST_TEST(get("/openapi.json").json().at("paths").as_object().contains("/dev/clock"));
}

BOOST_AUTO_TEST_CASE(assets_come_compressed_only_to_whom_takes_it) {
    const app::asset& css = *app::find_asset("swagger-ui.css");
    const answer plain = get("/docs/swagger-ui.css");
    BOOST_TEST(plain.body().size() == css.size);
    BOOST_TEST(plain.header("Content-Encoding") == "(absent)");
    BOOST_TEST(plain.header("Vary") == "Accept-Encoding");
    app::http_request r = request(http_method::get, "/docs/swagger-ui.css");
    r.accept_encoding = "gzip, br";
    const answer packed = send(r);
    BOOST_TEST(packed.header("Content-Encoding") == "gzip");
    BOOST_TEST(packed.body().size() == css.gzip.size());
    BOOST_TEST(packed.response.content_type == "text/css; charset=utf-8");
}

BOOST_AUTO_TEST_CASE(assets_that_are_known_are_not_sent_again) {
    const std::string tag = get("/docs/pawl.css").header("ETag");
    const std::string opaque = tag.substr(2);
    for (const std::string& known : {tag, opaque, "\"x\", " + tag, std::string("*")}) {
        app::http_request r = request(http_method::get, "/docs/pawl.css");
        r.if_none_match = known;
        const answer a = send(r);
        BOOST_TEST(a.status() == 304U);
        BOOST_TEST(a.body().empty());
        BOOST_TEST(a.header("ETag") == tag);
    }
    app::http_request other = request(http_method::get, "/docs/pawl.css");
    other.if_none_match = "\"x\"";
    BOOST_TEST(send(other).status() == 200U);
}

BOOST_AUTO_TEST_CASE(pages_and_documents_are_no_assets) {
    for (const char* target : {"/docs/nothing", "/docs/docs.html", "/docs/openapi.json", "/docs/.."}) {
        BOOST_TEST(get(target).status() == 404U);
    }
    const answer page = get("/docs");
    BOOST_TEST(page.response.content_type == "text/html; charset=utf-8");
    const std::string policy = page.header("Content-Security-Policy");
    BOOST_TEST(policy.find("script-src 'self';") != std::string::npos);
    BOOST_TEST(policy.find("connect-src 'self';") != std::string::npos);
    BOOST_TEST(page.body().find("<script>") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(the_clock_is_read_and_turned) {
    const auto change = [&](std::string_view body) { return post("/dev/clock", body); };
    BOOST_TEST(get("/dev/clock").text("now") == "2023-11-14T22:13:20Z");
    BOOST_TEST(change(R"({"advance":60})").text("now") == "2023-11-14T22:14:20Z");
    BOOST_TEST(change(R"({"advance":-120})").text("now") == "2023-11-14T22:12:20Z");
    BOOST_TEST(change(R"({"set":"2026-11-21T23:44:00Z"})").text("now") == "2026-11-21T23:44:00Z");
    BOOST_TEST(change(R"({"freeze":true})").json().at("frozen").as_bool());
    time.advance(seconds(5));
    BOOST_TEST(get("/dev/clock").text("now") == "2026-11-21T23:44:00Z");
    BOOST_TEST(!change(R"({"freeze":false})").json().at("frozen").as_bool());
    BOOST_TEST(change("{}").status() == 422U);
    BOOST_TEST(change(R"({"advance":"1"})").fields() == "advance");
    BOOST_TEST(form("/dev/clock", "advance=1").status() == 415U);
}

BOOST_AUTO_TEST_CASE(the_clock_is_deaf_to_pages_of_other_sites) {
    const auto with = [&](const char* origin, const char* site) {
        app::http_request r = request(http_method::post, "/dev/clock");
        r.content_type = json_type;
        r.body = R"({"advance":60})";
        if (origin != nullptr) {
            r.origin = origin;
        }
        if (site != nullptr) {
            r.sec_fetch_site = site;
        }
        const unsigned status = send(r).status();
        app::http_request read = request(http_method::get, "/dev/clock");
        read.origin = r.origin;
        read.sec_fetch_site = r.sec_fetch_site;
        BOOST_TEST(send(read).status() == status);
        return status;
    };
    const std::string before = get("/dev/clock").text("now");
    for (const char* origin : {"https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.x.y",
                               "http://evil.example:8080", "file://", ""}) {
        BOOST_TEST_CONTEXT(origin) {
            BOOST_TEST(with(origin, nullptr) == 403U);
        }
    }
    BOOST_TEST(with(nullptr, "cross-site") == 403U);
    BOOST_TEST(with("http://127.0.0.1:8080", "cross-site") == 403U);
    BOOST_TEST(get("/dev/clock").text("now") == before);
    for (const char* origin : {"http://127.0.0.1:8080", "http://localhost:3000", "http://[::1]:8080"}) {
        BOOST_TEST_CONTEXT(origin) {
            BOOST_TEST(with(origin, "same-origin") == 200U);
        }
    }
    BOOST_TEST(with(nullptr, "none") == 200U);
    BOOST_TEST(with(nullptr, nullptr) == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
