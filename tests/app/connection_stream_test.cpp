// Bodies that are made while they are sent, as the state machine sees them.
#include "tests/app/connection_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace pawl::app {
namespace {

using namespace std::chrono_literals;
using action = connection::action;
using test::get_root;
using test::status_of;
using world = test::connection_world;

// Gives what it is filled with; never asked for by a coroutine here.
struct canned_stream final : response_stream {
    bool stopped = false;
    task<std::string> next() override { throw std::logic_error("no one awaits it"); }
    void stop() override { stopped = true; }
};

http_response streaming(const std::shared_ptr<canned_stream>& stream) {
    http_response r;
    r.content_type = "text/event-stream";
    r.stream = stream;
    return r;
}

BOOST_AUTO_TEST_SUITE(connection_stream)

BOOST_AUTO_TEST_CASE(a_stream_is_pulled_until_it_ends_and_the_connection_with_it) {
    world w;
    w.feed(get_root);
    const auto stream = std::make_shared<canned_stream>();
    const std::string head = w.answer_with(streaming(stream));
    BOOST_TEST(status_of(head) == 200U);
    BOOST_TEST(head.find("Content-Length") == std::string::npos);
    BOOST_TEST(head.find("\r\nConnection: close\r\n") != std::string::npos);
    for (const char* bytes : {"one", "two"}) {
        BOOST_TEST((w.c.next(w.now) == action::pull));
        w.c.on_pulled(bytes, w.now);
        BOOST_TEST(w.written(2) == bytes);
    }
    BOOST_TEST((w.c.next(w.now) == action::pull));
    BOOST_TEST(!w.c.expire(w.now + 1h)); // however long it has nothing to say
    w.c.on_pulled({}, w.now);
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(whoever_does_not_take_a_stream_is_cut_off) {
    world w;
    w.feed(get_root);
    const auto stream = std::make_shared<canned_stream>();
    w.answer_with(streaming(stream));
    BOOST_TEST((w.c.next(w.now) == action::pull));
    w.c.on_pulled("bytes", w.now);
    BOOST_TEST((w.c.next(w.now) == action::write));
    w.now += w.settings.deadlines.write;
    BOOST_TEST(w.c.expire(w.now));
    BOOST_TEST((w.c.next(w.now) == action::end));
}

BOOST_AUTO_TEST_CASE(a_drain_ends_streams_at_once) {
    for (const bool writing : {false, true}) {
        world w;
        w.feed(get_root);
        const auto stream = std::make_shared<canned_stream>();
        w.answer_with(streaming(stream));
        BOOST_TEST((w.c.next(w.now) == action::pull));
        if (writing) {
            w.c.on_pulled("bytes", w.now);
        }
        w.host.draining = true;
        BOOST_TEST(w.c.drain() == writing);
        BOOST_TEST(stream->stopped);
        if (!writing) {
            w.c.on_pulled({}, w.now);
        }
        BOOST_TEST((w.c.next(w.now) == action::end));
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_hangs_up_stops_the_stream) {
    world w;
    w.feed(get_root);
    w.c.hang_up(); // no stream yet
    const auto stream = std::make_shared<canned_stream>();
    w.answer_with(streaming(stream));
    w.c.hang_up();
    BOOST_TEST(stream->stopped);
}

BOOST_AUTO_TEST_CASE(head_and_a_draining_server_have_no_stream) {
    world w;
    w.feed("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string head = w.answer_with(streaming(std::make_shared<canned_stream>()));
    BOOST_TEST(status_of(head) == 200U);
    BOOST_TEST((w.c.next(w.now) != action::pull));
    world v;
    v.feed(get_root);
    v.host.draining = true;
    v.answer_with(streaming(std::make_shared<canned_stream>()));
    BOOST_TEST((v.c.next(v.now) == action::end));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
