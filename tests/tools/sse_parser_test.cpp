#include "tools/client/sse_parser.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

using namespace pawl::tools;

namespace pawl::tools {
std::ostream& operator<<(std::ostream& out, const sse_event& e) { // NOLINT(misc-use-internal-linkage): found by Boost
    return out << '{' << e.id << ' ' << e.type << ' ' << e.data << '}';
}
} // namespace pawl::tools

namespace {

using events = std::vector<sse_event>;

events read(std::string_view text, std::size_t piece = std::string_view::npos) {
    sse_parser parser;
    events out;
    for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at)) {
        BOOST_TEST(parser.feed(text.substr(at, piece), out));
    }
    return out;
}

void expect(const events& seen, const events& wanted) {
    BOOST_TEST(seen == wanted, boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_SUITE(tools_sse_parser)

BOOST_AUTO_TEST_CASE(an_event_is_what_stands_before_a_blank_line) {
    expect(read("id: 7\nevent: signed_up\ndata: {\"a\":1}\n\n"), {{"7", "signed_up", "{\"a\":1}"}});
    expect(read("id: 7\nevent: signed_up\ndata: {\"a\":1}\n"), {}); // not over
    expect(read("data\n\ndata:x\n\n"), {{"", "message", ""}, {"", "message", "x"}});
}

BOOST_AUTO_TEST_CASE(lines_end_in_three_ways_and_pieces_in_any) {
    const std::string text = "\xef\xbb\xbfid:1\r\ndata: a\r\ndata:  b\r\r: no\nevent:x\rdata:c\n\r\ndata:d\r\n\r\n";
    const events wanted{{"1", "message", "a\n b"}, {"1", "x", "c"}, {"1", "message", "d"}};
    expect(read(text), wanted);
    for (std::size_t piece = 1; piece < 9; ++piece) {
        expect(read(text, piece), wanted);
    }
}

BOOST_AUTO_TEST_CASE(an_id_counts_once_its_block_has_ended_also_without_data) {
    sse_parser parser;
    events out;
    BOOST_TEST(parser.feed(": heartbeat\nid: 12\n", out));
    BOOST_TEST(parser.last_id().empty());
    BOOST_TEST(parser.feed("\n", out));
    BOOST_TEST(parser.last_id() == "12");
    BOOST_TEST(parser.feed(std::string_view("id: 1\0003\n\n", 9), out)); // an id with a NUL is none
    BOOST_TEST(parser.last_id() == "12");
    BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(a_wait_is_a_number_of_milliseconds) {
    sse_parser parser;
    events out;
    BOOST_TEST(!parser.retry());
    BOOST_TEST(parser.feed("retry: 3000\nretry: soon\nretry: -1\nretry: 99999999999\nretry: 5x\n\n", out));
    BOOST_REQUIRE(parser.retry());
    BOOST_TEST(parser.retry()->count() == 3000);
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_refused) {
    sse_parser line;
    events out;
    BOOST_TEST(line.feed("data: " + std::string(sse_line_size_max - 6, 'x'), out));
    BOOST_TEST(!line.feed("x", out));
    BOOST_TEST(!line.feed("\n\ndata: y\n\n", out));
    sse_parser data;
    const std::string half = "data:" + std::string(sse_data_size_max / 2, 'x') + "\n";
    BOOST_TEST(data.feed(half, out));
    BOOST_TEST(!data.feed(half + "\n", out)); // with the line break between
    BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_SUITE_END()
