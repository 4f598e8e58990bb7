#include "tests/app/connection_fixture.hpp"
#include "tests/app/head_check_cases.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace pawl::app {
namespace {

using namespace std::chrono_literals;
using action = connection::action;
using test::get_root;
using test::ok;
using test::status_of;
using world = test::connection_world;

BOOST_AUTO_TEST_SUITE(connection_)

BOOST_AUTO_TEST_CASE(request_and_answer_then_the_next) {
    instance w;
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST_REQUIRE((w.feed(get_root) == action::handle));
        BOOST_TEST(w.c.matched_route().name == "root");
        BOOST_TEST(w.c.request().path == "/");
        BOOST_TEST(to_text(w.c.request().from.address) == "10.0.0.1");
        const std::string answer = w.answer_with(ok());
        BOOST_TEST(status_of(answer) == 200U);
        BOOST_TEST(answer.ends_with("\r\n\r\nok"));
        BOOST_TEST(answer.find("Connection:") == std::string::npos);
        BOOST_TEST(answer.find("\r\nKeep-Alive: timeout=75\r\n") != std::string::npos);
        BOOST_TEST((w.c.next(w.now) == action::read));
    }
}

BOOST_AUTO_TEST_CASE(every_answer_carries_what_browsers_and_people_need) {
    instance w;
    w.feed(get_root);
    const std::string answer = w.answer_with(ok());
    for (const char* line :
         {"\r\nDate: ", "\r\nX-Request-Id: ", "\r\nX-Content-Type-Options: nosniff\r\n",
          "\r\nReferrer-Policy: no-referrer\r\n",
          "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
          "\r\nCache-Control: no-store\r\n", "\r\nContent-Length: 2\r\n", "\r\nContent-Type: text/plain\r\n"}) {
        BOOST_TEST(answer.find(line) != std::string::npos, line);
    }
}

BOOST_AUTO_TEST_CASE(a_response_may_bring_its_own_policy_and_caching) {
    instance w;
    w.feed(get_root);
    http_response r = ok();
    r.headers.emplace_back("Content-Security-Policy", "default-src 'self'");
    r.headers.emplace_back("cache-control", "max-age=60");
    const std::string answer = w.answer_with(std::move(r));
    BOOST_TEST(answer.find("default-src 'none'") == std::string::npos);
    BOOST_TEST(answer.find("no-store") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(request_id_of_the_client_is_taken_over_only_if_harmless) {
    const struct {
        std::string_view sent;
        bool taken;
    } rows[] = {{"abc-1.2_X", true},
                {"", false},
                {"a b", false},
                {"a\"b", false},
                {"a;b", false},
                {"\xc3\xa4", false},
                {std::string_view("0123456789012345678901234567890123456789012345678901234567890123"), true},
                {std::string_view("01234567890123456789012345678901234567890123456789012345678901234"), false}};
    for (const auto& row : rows) {
        instance w;
        w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + std::string(row.sent) + "\r\n\r\n");
        const std::string id = w.c.request().request_id;
        BOOST_TEST((id == row.sent) == row.taken, row.sent);
        BOOST_TEST((row.taken || (id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos)));
        BOOST_TEST(w.answer_with(ok()).find("X-Request-Id: " + id + "\r\n") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(request_ids_do_not_repeat) {
    request_id_source ids;
    std::vector<std::string> all(1000);
    for (std::string& id : all) {
        ids.next(id);
        BOOST_TEST(is_good_request_id(id));
    }
    std::sort(all.begin(), all.end());
    BOOST_TEST((std::adjacent_find(all.begin(), all.end()) == all.end()));
}

BOOST_AUTO_TEST_CASE(bytes_may_come_and_go_one_at_a_time) {
    instance w;
    const std::string body(300, 'b');
    const std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n\r\n" + body;
    BOOST_TEST_REQUIRE((w.feed(request, 1) == action::handle));
    BOOST_TEST(w.c.request().body == body);
    w.c.on_response(ok(), w.now);
    BOOST_TEST(w.written(1).ends_with("\r\n\r\nok"));
}

BOOST_AUTO_TEST_CASE(largest_header_and_body_fit_and_views_stay_good) {
    instance w;
    std::string request = "POST /echo?q HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: " +
                          std::to_string(body_size_max) + "\r\nX-A: ";
    request.append(header_block_size_max - request.size() - 4, 'a').append("\r\n\r\n");
    BOOST_TEST_REQUIRE(request.size() == header_block_size_max);
    request.append(body_size_max, 'b');
    for (const std::size_t step : {SIZE_MAX, std::size_t{1000}, std::size_t{17}}) {
        BOOST_TEST_REQUIRE((w.feed(request, step) == action::handle));
        BOOST_TEST(w.left_over.empty());
        BOOST_TEST(w.c.request().body == std::string(body_size_max, 'b'));
        BOOST_TEST(w.c.request().path == "/echo");
        BOOST_TEST(w.c.request().query == "q");
        BOOST_TEST(w.c.request().authorization.value() == "Bearer x");
        BOOST_TEST(w.c.request().host.value() == "localhost");
        BOOST_TEST(status_of(w.answer_with(ok())) == 200U);
        BOOST_TEST((w.c.next(w.now) == action::read));
        BOOST_TEST(w.c.read_space().size() == input_buffer_size_initial); // given back
    }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order_one_at_a_time) {
    instance w;
    std::string all;
    for (int i = 0; i < 5; ++i) {
        all += "GET /things/" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    all += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n";
    BOOST_TEST_REQUIRE((w.feed(all) == action::handle));
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST_REQUIRE((w.c.next(w.now) == action::handle));
        BOOST_TEST(w.c.request().path_parameter == std::to_string(i));
        w.answer_with(ok());
    }
    BOOST_TEST_REQUIRE((w.c.next(w.now) == action::handle));
    BOOST_TEST(w.c.request().body == "abc");
    w.answer_with(ok());
    BOOST_TEST_REQUIRE((w.feed("Host: localhost\r\n\r\n") == action::handle));
    BOOST_TEST(w.c.request().path == "/");
}

BOOST_AUTO_TEST_CASE(refused_requests_are_answered_and_nothing_after_them_is_looked_at) {
    for (const test::head_check_case& g : test::load_gate_cases()) {
        if (g.reason == "none") {
            continue;
        }
        BOOST_TEST_INFO_SCOPE(g.name);
        instance w;
        const std::string bytes = g.bytes + std::string(get_root);
        BOOST_TEST((w.feed(bytes) == action::write));
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) == g.status);
        BOOST_TEST(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        BOOST_TEST(answer.find("\r\nX-Request-Id: ") != std::string::npos);
        BOOST_TEST((w.c.next(w.now) == action::read)); // lingering: shutdown_send came with written()
        BOOST_TEST((w.feed(get_root) == action::read));
        w.c.on_read(true, 0, w.now);
        BOOST_TEST((w.c.next(w.now) == action::end));
    }
}

BOOST_AUTO_TEST_CASE(lingering_has_a_bound) {
    instance w;
    w.feed("GET / HTTP/1.1\n");
    w.written();
    const std::string junk(1000, 'x');
    std::size_t sent = 0;
    while (w.feed(junk) != action::end) {
        sent += junk.size();
        BOOST_TEST_REQUIRE(sent < 2 * linger_size_max);
    }
    BOOST_TEST(sent >= linger_size_max - junk.size());
}

BOOST_AUTO_TEST_CASE(there_is_room_to_linger_in_after_a_refusal_that_filled_the_buffer) {
    instance w;
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + std::string(2 * header_block_size_max, 'a'));
    BOOST_TEST(status_of(w.written()) == 431U);
    BOOST_TEST((w.c.next(w.now) == action::read));
    BOOST_TEST(!w.c.read_space().empty()); // else the socket's reads would end at once, for ever
}

BOOST_AUTO_TEST_CASE(connection_ends_where_version_and_header_say) {
    const struct {
        std::string_view head;
        bool stays;
        std::string_view says;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", true, ""},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", false, "\r\nConnection: close\r\n"},
        {"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", false, "\r\nConnection: close\r\n"},
        {"GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", true, "\r\nConnection: keep-alive\r\n"},
    };
    for (const auto& row : rows) {
        instance w;
        w.feed(row.head);
        const std::string answer = w.answer_with(ok());
        BOOST_TEST(answer.find(row.says) != std::string::npos);
        BOOST_TEST((w.c.next(w.now) == (row.stays ? action::read : action::end)));
    }
}

BOOST_AUTO_TEST_CASE(response_may_close) {
    instance w;
    w.feed(get_root);
    http_response r = ok();
    r.close = true;
    BOOST_TEST(w.answer_with(std::move(r)).find("Connection: close") != std::string::npos);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(request_behind_a_closing_one_is_dropped) {
    instance w;
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + std::string(get_root));
    w.c.on_response(ok(), w.now);
    BOOST_TEST(status_of(w.written()) == 200U);
    BOOST_TEST((w.c.next(w.now) == action::read)); // throws it away
    w.c.on_read(true, 0, w.now);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(head_has_the_length_of_a_body_and_none) {
    instance w;
    w.feed("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST((w.c.request().method == http_method::head));
    std::string answer = w.answer_with(ok("hello"));
    BOOST_TEST(answer.find("\r\nContent-Length: 5\r\n") != std::string::npos);
    BOOST_TEST(answer.ends_with("\r\n\r\n"));
    w.feed("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http_response r;
    r.static_body = "static";
    answer = w.answer_with(std::move(r));
    BOOST_TEST(answer.find("\r\nContent-Length: 6\r\n") != std::string::npos);
    BOOST_TEST(answer.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(no_content_has_neither_length_nor_body) {
    instance w;
    w.feed(get_root);
    http_response r;
    r.status = 204;
    const std::string answer = w.answer_with(std::move(r));
    BOOST_TEST(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
    BOOST_TEST(answer.find("Content-Length") == std::string::npos);
    BOOST_TEST(answer.find("\r\nContent-Type:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(expect_is_met_before_the_body_and_only_once_the_header_passed) {
    instance w;
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    BOOST_TEST_REQUIRE((w.feed(head) == action::write));
    BOOST_TEST(w.written() == "HTTP/1.1 100 Continue\r\n\r\n");
    BOOST_TEST_REQUIRE((w.feed("abc") == action::handle));
    BOOST_TEST(status_of(w.answer_with(ok())) == 200U);
    // The body is there already: nothing to be said.
    BOOST_TEST_REQUIRE((w.feed(head + "abc") == action::handle));
    w.answer_with(ok());
    w.feed("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n");
    BOOST_TEST(status_of(w.written()) == 413U);
}

BOOST_AUTO_TEST_CASE(exception_is_500_without_its_words_and_the_connection_goes_on) {
    instance w;
    w.feed("GET /throw HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string id = w.c.request().request_id;
    w.c.on_exception("secret cause", w.now);
    const std::string answer = w.written();
    BOOST_TEST(status_of(answer) == 500U);
    BOOST_TEST(answer.find("secret cause") == std::string::npos);
    BOOST_TEST(answer.find(id) != std::string::npos);
    BOOST_TEST((w.feed(get_root) == action::handle));
    w.answer_with(ok());
    w.log.flush(20s);
    BOOST_TEST(w.counters.render().find("pawl_http_exceptions_total 1\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(want_of_memory_or_of_a_signature_is_503_to_be_tried_again) {
    for (const bool memory : {true, false}) {
        instance w;
        w.feed(get_root);
        if (memory) {
            w.c.on_no_memory(w.now);
        } else {
            w.c.on_signing_failed("secret cause", w.now);
        }
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) == 503U);
        BOOST_TEST(answer.find("Retry-After: ") != std::string::npos);
        BOOST_TEST(answer.find(R"("code":"not_ready")") != std::string::npos);
        BOOST_TEST(answer.find("secret cause") == std::string::npos);
        BOOST_TEST((w.feed(get_root) == action::handle));
        w.answer_with(ok());
        w.log.flush(20s);
        BOOST_TEST(w.counters.render().find("pawl_http_exceptions_total 0\n") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(response_that_would_be_split_becomes_500) {
    const std::pair<std::string_view, std::string_view> rows[] = {{"X-A", "a\r\nSet-Cookie: b"},
                                                                  {"X-A", "a\nb"},
                                                                  {"X-A", std::string_view("a\0b", 3)},
                                                                  {"X A", "b"},
                                                                  {"X-A: b\r\nX-B", "c"},
                                                                  {"", "b"},
                                                                  {"Content-Length", "5"},
                                                                  {"transfer-encoding", "chunked"}};
    for (const auto& [name, value] : rows) {
        instance w;
        w.feed(get_root);
        http_response r = ok();
        r.headers.emplace_back(name, std::string(value));
        const std::string answer = w.answer_with(std::move(r));
        BOOST_TEST(status_of(answer) == 500U);
        BOOST_TEST(answer.find("Set-Cookie") == std::string::npos);
        BOOST_TEST((w.feed(get_root) == action::handle));
    }
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods_are_answered_here) {
    instance w;
    w.feed("GET /absent HTTP/1.1\r\nHost: localhost\r\n\r\n");
    BOOST_TEST(status_of(w.written()) == 404U);
    w.feed("PUT /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab");
    std::string answer = w.written();
    BOOST_TEST(status_of(answer) == 405U);
    BOOST_TEST(answer.find("\r\nAllow: DELETE, GET, HEAD, OPTIONS, POST\r\n") != std::string::npos);
    w.feed("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    answer = w.written();
    BOOST_TEST(status_of(answer) == 204U);
    BOOST_TEST(answer.find("\r\nAllow: DELETE, GET, HEAD, OPTIONS, POST\r\n") != std::string::npos);
    BOOST_TEST((w.feed(get_root) == action::handle));
}

BOOST_AUTO_TEST_CASE(cors_is_on_handled_and_unhandled_answers) {
    server_settings settings;
    settings.cors.loopback_origins = true;
    instance w(settings);
    w.feed("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:3000\r\n"
           "Access-Control-Request-Method: POST\r\n\r\n");
    std::string answer = w.written();
    BOOST_TEST(status_of(answer) == 204U);
    BOOST_TEST(answer.find("Access-Control-Allow-Origin: http://localhost:3000\r\n") != std::string::npos);
    BOOST_TEST(answer.find("Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, POST\r\n") != std::string::npos);
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n\r\n");
    answer = w.answer_with(ok());
    BOOST_TEST(answer.find("Access-Control") == std::string::npos);
    BOOST_TEST(answer.find("Vary: Origin\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(user_agent_is_cut_and_cleaned) {
    instance w;
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a\tb\xc3\xa4" + std::string(400, 'x') + "\r\n\r\n");
    const std::string& agent = w.c.request().from.agent;
    BOOST_TEST(agent.size() == family_use::agent_size_max);
    BOOST_TEST(agent.starts_with("abxxx"));
}

BOOST_AUTO_TEST_CASE(client_behind_a_trusted_proxy_is_seen) {
    server_settings settings;
    settings.trusted_proxies.blocks = {address_block_from_text("10.0.0.0/8").value()};
    instance w(settings);
    w.feed("GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
    BOOST_TEST(to_text(w.c.request().from.address) == "203.0.113.7");
}

BOOST_AUTO_TEST_CASE(client_behind_a_proxy_on_a_unix_socket_is_seen_where_that_is_trusted) {
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n";
    server_settings settings;
    settings.trusted_proxies.unix_sockets = true;
    instance w(settings, "");
    w.feed(request);
    BOOST_TEST(to_text(w.c.request().from.address) == "203.0.113.7");
    BOOST_TEST(!w.told_of_untrusted);
    instance admin(settings, "", true); // who administers there is on this machine
    admin.feed(request);
    BOOST_TEST(to_text(admin.c.request().from.address).empty());
    instance elsewhere(settings);
    elsewhere.feed(request);
    BOOST_TEST(to_text(elsewhere.c.request().from.address) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(forwarded_headers_of_a_peer_that_is_not_trusted_are_told_once) {
    server_settings settings;
    settings.trusted_proxies.blocks = {address_block_from_text("192.0.2.0/24").value()};
    instance w(settings);
    w.feed(get_root);
    w.answer_with(ok());
    BOOST_TEST(!w.told_of_untrusted);
    for (const char* field : {"X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7"}) {
        w.feed("GET / HTTP/1.1\r\nHost: localhost\r\n" + std::string(field) + "\r\n\r\n");
        BOOST_TEST(to_text(w.c.request().from.address) == "10.0.0.1");
        w.answer_with(ok());
    }
    BOOST_TEST_REQUIRE(w.log.flush(std::chrono::seconds(10)));
    char bytes[65536];
    const ssize_t n = read(w.capture.read_end(), bytes, sizeof bytes);
    BOOST_TEST_REQUIRE(n > 0);
    const std::string said(bytes, static_cast<std::size_t>(n));
    const std::size_t first = said.find("proxy.not_trusted");
    BOOST_TEST_REQUIRE(first != std::string::npos);
    BOOST_TEST(said.find("proxy.not_trusted", first + 1) == std::string::npos);
    BOOST_TEST(said.find("10.0.0.1", first) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nothing_of_one_request_is_seen_by_the_next) {
    instance w;
    w.feed("POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nCookie: c\r\nOrigin: http://o\r\n"
           "X-Request-Id: mine\r\nUser-Agent: u\r\nContent-Length: 2\r\n\r\nab");
    w.answer_with(ok());
    w.feed(get_root);
    const http_request& q = w.c.request();
    BOOST_TEST(!q.authorization.has_value());
    BOOST_TEST(!q.cookie.has_value());
    BOOST_TEST(!q.origin.has_value());
    BOOST_TEST(!q.user_agent.has_value());
    BOOST_TEST(q.body.empty());
    BOOST_TEST(q.query.empty());
    BOOST_TEST(q.from.agent.empty());
    BOOST_TEST(q.request_id != "mine");
}

BOOST_AUTO_TEST_CASE(secrets_are_wiped_from_the_buffer_once_answered) {
    instance w;
    const std::string_view canary = "canary-canary-canary";
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n" + std::string(canary);
    w.feed(request);
    const char* const buffer = w.c.request().target.data() - 5; // "POST "
    const std::string_view bytes(buffer, request.size());
    BOOST_TEST_REQUIRE(bytes == request);
    w.answer_with(ok());
    BOOST_TEST((w.c.next(w.now) == action::read));
    BOOST_TEST(bytes == std::string(request.size(), '\0'));
}

BOOST_AUTO_TEST_CASE(log_has_no_query_no_authorization_and_no_body) {
    instance w;
    w.feed("POST /echo?refresh_token=canary1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer canary2\r\n"
           "Content-Length: 7\r\n\r\ncanary3");
    w.answer_with(ok());
    w.feed("GET /things/canary4 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    w.c.on_exception("what", w.now);
    w.written();
    BOOST_TEST_REQUIRE(w.log.flush(20s));
    char bytes[65536];
    const ssize_t n = read(w.capture.read_end(), bytes, sizeof bytes);
    const std::string_view out(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    BOOST_TEST(out.find("route=echo status=200") != std::string_view::npos);
    BOOST_TEST(out.find("peer=10.0.0.1") != std::string_view::npos);
    BOOST_TEST(out.find("canary") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(answers_of_503_are_warned_of_once_a_second) {
    instance w;
    for (int i = 0; i < 20; ++i) {
        w.feed(get_root);
        http_response r = ok();
        r.status = 503;
        w.answer_with(std::move(r));
    }
    w.now += 1s;
    w.feed(get_root);
    http_response r = ok();
    r.status = 503;
    w.answer_with(std::move(r));
    BOOST_TEST_REQUIRE(w.log.flush(20s));
    char bytes[65536];
    const ssize_t n = read(w.capture.read_end(), bytes, sizeof bytes);
    std::istringstream lines(std::string(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0))));
    int warnings = 0;
    int quieted = 0;
    for (std::string line; std::getline(lines, line);) {
        warnings += line.find(" warn  request ") != std::string::npos;
        quieted += line.find("request.quieted answers=19") != std::string::npos;
    }
    BOOST_TEST(warnings == 2);
    BOOST_TEST(quieted == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
