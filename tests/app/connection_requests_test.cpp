// What requests may look like that other people's clients and proxies send: chunks, an empty line first, several Cookie
// fields, a slash too much; and what a page gets to know of a refusal.
#include "tests/app/connection_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace pawl::app {
namespace {

using action = connection::action;
using test::get_root;
using test::ok;
using test::status_of;
using world = test::connection_world;

BOOST_AUTO_TEST_SUITE(connection_requests)

std::string chunked(std::string_view body, std::string_view fields = "") {
    return "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_is_one_body_and_the_next_request_follows_it) {
    const std::string request = chunked("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", "Authorization: Bearer x\r\n");
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
        world w;
        const std::string both = request + request;
        for (int i = 0; i < 2; ++i) {
            BOOST_TEST_REQUIRE((w.feed(i == 0 ? std::string_view(both) : w.left_over, step) == action::handle));
            BOOST_TEST(w.c.request().body == "hello world");
            BOOST_TEST(w.c.request().authorization.value() == "Bearer x");
            BOOST_TEST(w.c.request().path == "/echo");
            w.answer_with(ok());
        }
        BOOST_TEST((w.c.next(w.now) == action::read));
        BOOST_TEST(w.c.read_space().size() == input_buffer_size_initial);
    }
}

BOOST_AUTO_TEST_CASE(no_byte_after_a_malformed_chunk_is_taken_for_a_request) {
    for (const char* body : {"5\r\nhello!\r\n", "x\r\n", "0\r\nAuthorization: Bearer x\r\n\r\n", "5\nhello\r\n"}) {
        world w;
        BOOST_TEST((w.feed(chunked(body) + std::string(get_root)) == action::write), body);
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) == 400U);
        BOOST_TEST(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        BOOST_TEST((w.feed(get_root) == action::read)); // thrown away
    }
}

BOOST_AUTO_TEST_CASE(the_largest_chunked_body_behind_the_largest_header_fits_at_every_pace) {
    std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nX-A: ";
    request.append(header_block_size_max - request.size() - 4, 'a').append("\r\n\r\n");
    for (std::size_t i = 0; i < body_size_max; ++i) { // the worst framing that the bound on the wire allows
        request.append(i % 2 == 0 ? "1\r\nb\r\n" : "01\r\nb\r\n");
    }
    request.append("0\r\n\r\n");
    for (const std::size_t step : {SIZE_MAX, std::size_t{4099}, std::size_t{13}}) {
        world w;
        BOOST_TEST_REQUIRE((w.feed(request, step) == action::handle));
        BOOST_TEST(w.c.request().body == std::string(body_size_max, 'b'));
    }
}

BOOST_AUTO_TEST_CASE(a_chunked_request_that_expects_continue_is_told_to_go_on) {
    world w;
    BOOST_TEST_REQUIRE((w.feed(chunked("", "Expect: 100-continue\r\n")) == action::write));
    BOOST_TEST(w.written() == "HTTP/1.1 100 Continue\r\n\r\n");
    BOOST_TEST_REQUIRE((w.feed("2\r\nab\r\n0\r\n\r\n") == action::handle));
    BOOST_TEST(w.c.request().body == "ab");
}

BOOST_AUTO_TEST_CASE(one_empty_line_before_a_request_is_skipped) {
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
        world w;
        for (int i = 0; i < 2; ++i) { // before each
            BOOST_TEST_REQUIRE((w.feed("\r\n" + std::string(get_root), step) == action::handle));
            w.answer_with(ok());
        }
        BOOST_TEST((w.feed("\r\n\r\n" + std::string(get_root), step) == action::write));
        BOOST_TEST(status_of(w.written()) == 400U);
    }
}

BOOST_AUTO_TEST_CASE(cookies_of_several_fields_are_read_as_one) {
    world w;
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=b; c=d\r\nCookie: e=f\r\ncookie: g=h\r\n\r\n");
    BOOST_TEST(w.c.request().cookie.value_or("") == "a=b; c=d; e=f; g=h");
    w.answer_with(ok());
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: i=j\r\n\r\n");
    BOOST_TEST(w.c.request().cookie.value_or("") == "i=j");
    w.answer_with(ok());
    w.feed(get_root);
    BOOST_TEST(!w.c.request().cookie.has_value());
}

BOOST_AUTO_TEST_CASE(a_path_with_a_slash_too_much_is_sent_to_the_one_without) {
    const struct {
        std::string_view line, location; // empty: 404
    } rows[] = {
        {"POST /echo/", "/echo"},
        {"GET /echo/?a=b&c", "/echo?a=b&c"},
        {"DELETE /things/7/", "/things/7"},
        {"GET /nowhere/", ""},
        {"GET //", ""},
        {"GET //echo/", ""},
        {"GET /echo//", ""},
    };
    for (const auto& row : rows) {
        world w;
        w.feed(std::string(row.line) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) == (row.location.empty() ? 404U : 308U), row.line);
        const bool there = answer.find("\r\nLocation: " + std::string(row.location) + "\r\n") != std::string::npos;
        BOOST_TEST(there == !row.location.empty(), row.line);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_request_of_an_allowed_origin_is_readable_for_its_page) {
    server_settings settings;
    settings.cors.origins = {"https://a.test"};
    const struct {
        std::string_view fields;
        bool readable;
    } rows[] = {
        {"Host: evil\r\nOrigin: https://a.test\r\n", true},
        {"Host: evil\r\nOrigin: https://b.test\r\n", false},
        {"Host: evil\r\n", false},
        {"Host: localhost\r\nOrigin: https://a.test\r\nOrigin: https://a.test\r\n", false},
    };
    for (const auto& row : rows) {
        world w(settings);
        w.feed("GET / HTTP/1.1\r\n" + std::string(row.fields) + "\r\n");
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) >= 400U);
        BOOST_TEST((answer.find("Access-Control-Allow-Origin: https://a.test\r\n") != std::string::npos) ==
                   row.readable);
    }
    world w(settings);
    w.feed(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.test\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
    BOOST_TEST(w.written().find("Access-Control-Allow-Origin: https://a.test\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_protected_host_is_served_its_own_paths_and_no_other_host_is) {
    server_settings settings;
    settings.is_forward_host = [](std::string_view host) { return host == "app.test"; };
    const struct {
        std::string_view path, fields;
        unsigned status; // 0: there is a handler for it
    } rows[] = {
        {"/.pawl/start", "Host: app.test\r\n", 0},
        {"/.pawl/start", "Host: localhost\r\nX-Forwarded-Host: app.test\r\n", 0},
        {"/.pawl/start", "Host: localhost\r\n", 404},
        {"/.pawl/start", "Host: localhost\r\nX-Forwarded-Host: other.test\r\n", 404},
        {"/.pawl/start", "Host: other.test\r\n", 421},
        {"/.pawl/start", "Host: app.test:81\r\n", 421},
        {"/.pawl/other", "Host: app.test\r\n", 404},
        {"/forward-auth", "Host: app.test\r\n", 0},
        {"/forward-auth", "Host: localhost\r\nX-Forwarded-Host: app.test\r\n", 0},
        {"/forward-auth", "Host: localhost\r\n", 0},
        {"/echo", "Host: app.test\r\n", 404},
        {"/echo/", "Host: app.test\r\n", 404},
        {"/echo", "Host: localhost\r\nX-Forwarded-Host: app.test\r\n", 404},
        {"/echo", "Host: localhost\r\nX-Forwarded-Host: other.test\r\n", 0},
        {"/", "Host: app.test\r\n", 404},
    };
    for (const auto& row : rows) {
        world w(settings);
        w.hosts.allow_also(settings.is_forward_host);
        const auto what = w.feed("GET " + std::string(row.path) + " HTTP/1.1\r\n" + std::string(row.fields) + "\r\n");
        BOOST_TEST((what == connection::action::handle) == (row.status == 0), row.path << " " << row.fields);
        if (row.status != 0) {
            BOOST_TEST(status_of(w.written()) == row.status, row.path << " " << row.fields);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_proxy_says_of_a_request_is_read_with_who_says_it) {
    server_settings settings;
    settings.trusted_proxies.blocks.push_back(address_block_from_text("10.0.0.1").value());
    for (const std::string_view peer : {"10.0.0.1", "10.0.0.2"}) {
        world w(settings, peer);
        w.feed("GET /echo HTTP/1.1\r\nHost: localhost\r\nx-forwarded-HOST: a.test\r\nX-Forwarded-Uri: /x?y\r\n"
               "X-Forwarded-Method: PUT\r\nX-Forwarded-Proto: https\r\n\r\n");
        const http_request& r = w.c.request();
        BOOST_TEST(r.from_trusted_proxy == (peer == "10.0.0.1"));
        BOOST_TEST(!r.x_forwarded_twice);
        BOOST_TEST((r.x_forwarded_host == "a.test" && r.x_forwarded_uri == "/x?y" && r.x_forwarded_method == "PUT" &&
                    r.x_forwarded_proto == "https"));
    }
    for (const std::string_view twice : {"Host", "Uri", "Method", "Proto"}) {
        world w(settings);
        const std::string line = "X-Forwarded-" + std::string(twice) + ": a\r\n";
        w.feed("GET /echo HTTP/1.1\r\nHost: localhost\r\n" + line + line + "\r\n");
        BOOST_TEST(w.c.request().x_forwarded_twice, twice);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
