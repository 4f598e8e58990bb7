#include "tools/output.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl::tools;

BOOST_AUTO_TEST_SUITE(tools_output)

BOOST_AUTO_TEST_CASE(nothing_in_a_name_reaches_the_terminal_as_a_control_byte) {
    BOOST_TEST(clean("ann\x1b[31m\n") == "ann\\x1b[31m\\x0a");
    BOOST_TEST(clean("\xc2\x9b"
                     "5m") == "\\xc2\\x9b5m"); // C1 control in UTF-8
    BOOST_TEST(clean("\xff\xc3\xa9") == "\\xff\xc3\xa9");
    BOOST_TEST(clean("gpj.\u202Eexe\u2028") == "gpj.\\u202eexe\\u2028"); // seen from the right; a line more
}

BOOST_AUTO_TEST_CASE(times_sizes_and_spans_read_as_people_write_them) {
    using namespace std::chrono;
    BOOST_TEST(time_text(sys_days(2026y / 11 / 22) + 5h + 30min + 7ms) == "2026-11-22T05:30:00.007Z");
    BOOST_TEST(size_text(1023) == "1023 B");
    BOOST_TEST(size_text(1536) == "1.5 KiB");
    BOOST_TEST(span_text(0s) == "0 s");
    BOOST_TEST(span_text(3h + 5s) == "3 h");
    BOOST_TEST(span_text(51h + 4min) == "2 d 3 h");
}

BOOST_AUTO_TEST_SUITE_END()
