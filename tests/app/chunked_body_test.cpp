#include "app/http/chunked_body.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

namespace pawl::app {
namespace {

struct decoded {
    chunked_body::outcome outcome{};
    head_refusal why{};
    std::string body, left; // what follows the message
};

// As a connection runs it: `step` bytes arrive at a time.
decoded decode(std::string_view wire, std::size_t step = SIZE_MAX) {
    chunked_body chunks;
    std::string buffer;
    decoded out;
    do {
        const std::size_t n = std::min(step, wire.size());
        buffer.append(wire.substr(0, n));
        wire.remove_prefix(n);
        out.outcome = chunks.decode({buffer.data(), buffer.size()});
        BOOST_TEST_REQUIRE(chunks.end() <= buffer.size());
        buffer.resize(chunks.end());
        BOOST_TEST_REQUIRE(chunks.size() <= buffer.size());
    } while (out.outcome == chunked_body::outcome::incomplete && !wire.empty());
    out.why = chunks.why();
    out.body = buffer.substr(0, chunks.size());
    out.left = buffer.substr(chunks.size()) + std::string(wire);
    return out;
}

bool is_complete(const decoded& d) {
    return d.outcome == chunked_body::outcome::complete;
}

BOOST_AUTO_TEST_SUITE(chunked_body_)

BOOST_AUTO_TEST_CASE(chunks_become_one_body_however_they_arrive_and_what_follows_is_left) {
    const std::string wire = "5\r\nhello\r\n1;a=\"b\"\r\n \r\n00005 \t\r\nworld\r\n0;end\r\n\r\nGET /next";
    for (std::size_t step = 1; step <= wire.size(); ++step) {
        const decoded d = decode(wire, step);
        BOOST_TEST_REQUIRE(is_complete(d));
        BOOST_TEST(d.body == "hello world");
        BOOST_TEST(d.left == "GET /next");
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_the_largest_size_passes_and_one_byte_more_does_not) {
    const std::string half(body_size_max / 2, 'x');
    const std::string chunk = "2000\r\n" + half + "\r\n";
    BOOST_TEST_REQUIRE(half.size() == 0x2000U);
    const decoded whole = decode(chunk + chunk + "0\r\n\r\n", 1000);
    BOOST_TEST(is_complete(whole));
    BOOST_TEST(whole.body == half + half);
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
        const decoded more = decode(chunk + chunk + "1\r\nx\r\n0\r\n\r\n", step);
        BOOST_TEST((more.outcome == chunked_body::outcome::refused));
        BOOST_TEST((more.why == head_refusal::body_too_large));
    }
}

BOOST_AUTO_TEST_CASE(framing_may_take_no_more_than_its_bound) {
    std::string wire;
    std::size_t chunks = 0;
    for (; wire.size() <= chunked_wire_size_max; ++chunks) {
        wire += "1;" + std::string(chunk_extension_size_max - 1, 'e') + "\r\nx\r\n";
    }
    BOOST_TEST_REQUIRE(chunks < body_size_max);
    for (const std::size_t step : {std::size_t{1}, std::size_t{777}, SIZE_MAX}) {
        const decoded d = decode(wire + "0\r\n\r\n", step);
        BOOST_TEST((d.outcome == chunked_body::outcome::refused));
        BOOST_TEST((d.why == head_refusal::body_too_large));
    }
}

BOOST_AUTO_TEST_CASE(what_another_reader_could_read_otherwise_is_refused_at_each_way_to_cut_it) {
    const std::string extension(chunk_extension_size_max + 1, 'e');
    for (const std::string& wire : {std::string("5\nhello\r\n0\r\n\r\n"),
                                    std::string("5\r\nhello\n0\r\n\r\n"),
                                    std::string("5\r\nhello0\r\n\r\n"),
                                    std::string("5\r\nhell\r\n0\r\n\r\n"),
                                    std::string("5\r\nhello\r\n0\r\n\n"),
                                    std::string("\r\n"),
                                    std::string("x\r\n"),
                                    std::string("0x5\r\n"),
                                    std::string(" 5\r\n"),
                                    std::string("-5\r\n"),
                                    std::string("5,\r\n"),
                                    std::string("123456789\r\n"),
                                    std::string("5;\x7f\r\n"),
                                    std::string("5;\x80\r\n"),
                                    std::string("5;a\rb\r\n"),
                                    std::string("5\r\r\n"),
                                    std::string("0\r\nA: b\r\n\r\n"),
                                    std::string("0\r\n0\r\n"),
                                    "5;" + extension + "\r\n",
                                    std::string(chunk_line_size_max, '0')}) {
        for (std::size_t step = 1; step <= wire.size(); ++step) {
            const decoded d = decode(wire, step);
            BOOST_TEST((d.outcome == chunked_body::outcome::refused), wire << ", " << step << " at a time");
            BOOST_TEST((d.why == head_refusal::bad_chunking));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_cut_anywhere_waits_for_more) {
    const std::string wire = "5;a\r\nhello\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < wire.size(); ++size) {
        BOOST_TEST((decode(wire.substr(0, size)).outcome == chunked_body::outcome::incomplete), size);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
