// Attributes of users: what is taken, and how it is kept.
#include "core/provider/attributes.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace pawl;

namespace {

std::optional<std::string> taken(std::string_view json) {
    std::string why;
    std::optional<std::string> out = check_attributes(json, why);
    BOOST_TEST(out.has_value() == why.empty());
    return out;
}
// `levels` objects, one in the other.
std::string nested(std::size_t levels) {
    std::string json;
    for (std::size_t i = 1; i < levels; ++i) {
        json += R"({"a":)";
    }
    return json + "{}" + std::string(levels - 1, '}');
}
// An object of `size` bytes.
std::string of_size(std::size_t size) {
    return R"({"a":")" + std::string(size - 8, 'x') + "\"}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(attributes)

BOOST_AUTO_TEST_CASE(an_object_is_kept_without_space_and_otherwise_as_it_was_written) {
    BOOST_TEST(taken(" { \"a b\" : [ 1 , 2.50 ,\n\t\"x \\\" y\" ] } ").value() == R"({"a b":[1,2.50,"x \" y"]})");
    BOOST_TEST(taken(R"({"a\\":"b\\"})").value() == R"({"a\\":"b\\"})");
    BOOST_TEST(taken("").value().empty());
    BOOST_TEST(taken(" { } ").value().empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_such_object_is_refused) {
    for (const char* json : {"null", "[]", "[{}]", "\"a\"", "1", "{", "{}x", "{\"a\":1 2}", "{\"a\":tr ue}",
                             "{\"a\":1,}", "{'a':1}", R"({"a":1,"a":2})", R"({"a":{"b":1,"b":1}})",
                             R"({"a":1,"\u0061":2})", "{\"a\":\"\xff\"}", R"({"a":"\ud800"})"}) {
        BOOST_TEST(!taken(json), json);
    }
}

BOOST_AUTO_TEST_CASE(depth_and_size_are_bounded) {
    BOOST_TEST(taken(nested(attributes_depth_max)).has_value());
    BOOST_TEST(!taken(nested(attributes_depth_max + 1)));
    BOOST_TEST(taken(of_size(attributes_size_max)).has_value());
    BOOST_TEST(!taken(of_size(attributes_size_max + 1)));
    BOOST_TEST(taken(std::string(10'000, ' ') + of_size(attributes_size_max)).has_value()); // as compact JSON
    std::string many = "{\"a\":[1";
    while (many.size() + 4 <= attributes_size_max) {
        many += ",1";
    }
    BOOST_TEST(taken(many + "]}").has_value());
}

BOOST_AUTO_TEST_CASE(members_are_found_by_name) {
    const attribute_members some(R"({"a":1,"b":{"c":"d"}})");
    BOOST_TEST_REQUIRE(some.find("b") != nullptr);
    BOOST_TEST(some.tape().find(*some.find("b"), "c")->text == "d");
    BOOST_TEST(some.find("c") == nullptr);
    BOOST_TEST(attribute_members("").find("a") == nullptr);
    BOOST_TEST(attribute_members("[1]").find("a") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
