// What a connection does as time passes, and when it is to end.
#include "tests/app/connection_fixture.hpp"

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

BOOST_AUTO_TEST_SUITE(connection_time)

BOOST_AUTO_TEST_CASE(slow_header_and_slow_body_get_408_at_their_deadline_and_no_sooner) {
    for (const std::string_view begun :
         {std::string_view("GET / HT"),
          std::string_view("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab")}) {
        instance w;
        BOOST_TEST((w.feed(begun) == action::read));
        w.now += 4999ms;
        BOOST_TEST(!w.c.expire(w.now));
        w.now += 1ms;
        BOOST_TEST(w.c.expire(w.now));
        BOOST_TEST(!w.c.expire(w.now)); // said once
        w.c.on_read(true, 0, w.now);    // the cancelled read
        BOOST_TEST((w.c.next(w.now) == action::write));
        const std::string answer = w.written();
        BOOST_TEST(status_of(answer) == 408U);
        BOOST_TEST(answer.find("Connection: close") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(dripping_bytes_does_not_move_the_deadline) {
    instance w;
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!w.c.expire(w.now));
        w.feed("G");
        w.now += 1000ms;
    }
    BOOST_TEST(w.c.expire(w.now));
}

BOOST_AUTO_TEST_CASE(read_that_succeeds_after_its_deadline_is_too_late_all_the_same) {
    instance w;
    w.feed("GET / HTTP/1.1\r\n");
    w.now += 5s;
    BOOST_TEST(w.c.expire(w.now));
    BOOST_TEST((w.feed("Host: localhost\r\n\r\n") == action::write));
    BOOST_TEST(status_of(w.written()) == 408U);
}

BOOST_AUTO_TEST_CASE(idle_connection_ends_without_a_word) {
    instance w;
    BOOST_TEST((w.c.next(w.now) == action::read));
    w.now += 74s;
    BOOST_TEST(!w.c.expire(w.now));
    w.now += 1s;
    BOOST_TEST(w.c.expire(w.now));
    w.c.on_read(true, 0, w.now);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(each_request_has_its_deadlines_anew) {
    instance w;
    for (int i = 0; i < 5; ++i) {
        w.now += 29s;
        BOOST_TEST(!w.c.expire(w.now));
        w.feed("GET / HTTP/1.1\r\n");
        w.now += 4s;
        BOOST_TEST(!w.c.expire(w.now));
        BOOST_TEST_REQUIRE((w.feed("Host: localhost\r\n\r\n") == action::handle));
        w.now += 1h; // a handler is bounded by what it waits for
        BOOST_TEST(!w.c.expire(w.now));
        w.answer_with(ok());
    }
}

BOOST_AUTO_TEST_CASE(client_that_does_not_read_is_cut_off) {
    instance w;
    w.feed(get_root);
    w.c.on_response(ok(), w.now);
    BOOST_TEST((w.c.next(w.now) == action::write));
    w.now += 9s;
    w.c.on_written(false, 1, w.now); // a byte now and then does not help
    BOOST_TEST(!w.c.expire(w.now));
    w.now += 1s;
    BOOST_TEST(w.c.expire(w.now));
    w.c.on_written(true, 0, w.now);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(half_a_request_and_then_the_end_is_not_answered) {
    for (const std::string_view begun :
         {"", "GET / HTTP/1.1\r\n", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab"}) {
        instance w;
        w.feed(begun);
        w.c.on_read(true, 0, w.now);
        BOOST_TEST((w.c.next(w.now) == action::end));
    }
}

BOOST_AUTO_TEST_CASE(draining_ends_idle_connections_at_once_and_others_after_their_answer) {
    instance idle;
    idle.c.next(idle.now);
    idle.host.draining = true;
    BOOST_TEST(idle.c.drain());
    idle.c.on_read(true, 0, idle.now);
    BOOST_TEST((idle.c.next(idle.now) == action::end));

    instance busy;
    BOOST_TEST((busy.feed(get_root) == action::handle));
    busy.host.draining = true;
    BOOST_TEST(!busy.c.drain());
    const std::string answer = busy.answer_with(ok());
    BOOST_TEST(status_of(answer) == 200U);
    BOOST_TEST(answer.find("Connection: close") != std::string::npos);
    BOOST_TEST((busy.c.next(busy.now) == action::end));

    instance halfway;
    halfway.feed("GET / HTTP/1.1\r\n");
    halfway.host.draining = true;
    BOOST_TEST(!halfway.c.drain());
    BOOST_TEST((halfway.feed("Host: localhost\r\n\r\n") == action::handle));
}

BOOST_AUTO_TEST_CASE(cut_connection_forgets_the_answer_of_its_handler) {
    instance w;
    w.feed(get_root);
    BOOST_TEST(!w.c.cut()); // the handler waits for something else than the socket
    w.c.on_response(ok(), w.now);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
