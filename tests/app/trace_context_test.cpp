// Which `traceparent` is believed.
#include "app/http/trace_context.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using pawl::app::trace_id_of;

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", parent = "00f067aa0ba902b7"; // of the recommendation
const std::string good = "00-" + trace + "-" + parent + "-01";

} // namespace

BOOST_AUTO_TEST_SUITE(trace_context)

BOOST_AUTO_TEST_CASE(the_example_of_the_recommendation_is_read) {
    BOOST_TEST(trace_id_of(good) == trace);
    BOOST_TEST(trace_id_of("00-" + trace + "-" + parent + "-00") == trace);
}

BOOST_AUTO_TEST_CASE(a_later_version_may_say_more_after_a_hyphen) {
    BOOST_TEST(trace_id_of("01" + good.substr(2)) == trace);
    BOOST_TEST(trace_id_of("01" + good.substr(2) + "-more") == trace);
    BOOST_TEST(trace_id_of("01" + good.substr(2) + "more") == "");
    BOOST_TEST(trace_id_of(good + "-more") == "");
}

BOOST_AUTO_TEST_CASE(what_is_not_well_formed_is_no_trace) {
    for (const std::string& wrong :
         {std::string(), std::string("00"), good.substr(0, good.size() - 1), "ff" + good.substr(2),
          "0g" + good.substr(2), "00-" + std::string(32, '0') + "-" + parent + "-01",
          "00-" + trace + "-" + std::string(16, '0') + "-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + parent + "-01",
          "00_" + trace + "-" + parent + "-01", "00-" + trace + "_" + parent + "-01",
          "00-" + trace + "-" + parent + "_01", " " + good}) {
        BOOST_TEST(trace_id_of(wrong) == "", wrong);
    }
}

BOOST_AUTO_TEST_CASE(no_prefix_of_a_good_one_is_one) {
    for (std::size_t n = 0; n < good.size(); ++n) {
        BOOST_TEST(trace_id_of(std::string_view(good).substr(0, n)) == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
