// Names within paths: each has a segment that the gate lets through, and comes out of it again.
#include "app/http/path_segment.hpp"
#include "app/http/request_target.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl::app;

BOOST_AUTO_TEST_SUITE(path_segment_)

BOOST_AUTO_TEST_CASE(every_name_comes_out_of_its_segment_and_passes_the_gate) {
    const struct {
        std::string name;
        const char* segment;
    } rows[] = {
        {"shop", "shop"},
        {"a.b-c_d~e", "a.b-c_d~e"},
        {"orders:read", "orders%3Aread"},
        {"a%2Fb", "a%252Fb"},
        {"a+bc", "a%2Bbc"},
        {"https://orders.example/v1", "~aHR0cHM6Ly9vcmRlcnMuZXhhbXBsZS92MQ"},
        {"/", "~Lw"},
        {".", "~Lg"},
        {"..", "~Li4"},
        {"~", "~fg"},
        {"~aHR0", "~fmFIUjA"},
        {"a\\b", "~YVxi"},
        {":::::::", "~Ojo6Ojo6Og"}, // shorter so
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(path_segment(row.name) == row.segment);
            BOOST_TEST(name_in_path(row.segment) == row.name);
        }
    }
    std::string all;
    for (char c = 0x21; c < 0x7f; ++c) {
        all += c;
        const std::string target = "/admin/apis/" + path_segment(std::string(1, c));
        request_head head;
        head.target = target;
        head.method = http_method::get;
        std::string_view authority;
        BOOST_TEST((split_target(head, authority) == head_refusal::none), target);
        BOOST_TEST(name_in_path(target.substr(12)) == std::string(1, c));
    }
    BOOST_TEST(name_in_path(path_segment(all)) == all);
    BOOST_TEST(path_segment(std::string(512, ':')).size() <= 700U); // the longest identifier fits into a target
}

BOOST_AUTO_TEST_CASE(a_segment_that_can_not_be_read_names_itself) {
    for (const char* segment : {"%", "%2", "%zz", "~!", "~a", "a%"}) {
        BOOST_TEST(name_in_path(segment) == segment);
    }
    BOOST_TEST(name_in_path("%41+%3a") == "A+:");
    BOOST_TEST(name_in_path("~") == "");
}

BOOST_AUTO_TEST_SUITE_END()
