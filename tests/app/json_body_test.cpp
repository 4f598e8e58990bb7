#include "app/http/json_body.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

using namespace pawl::app;

namespace {

std::string nested(std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

std::filesystem::path vectors() {
    const char* given = std::getenv("PAWL_VECTORS");
    return std::filesystem::path(given != nullptr ? given : PAWL_SOURCE_DIR "/../shared/vectors") / "json";
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Read as the value of a member, so that documents that are no objects are tried as well.
bool parses(const std::string& document) {
    const body_result alone = read_json_object(document);
    if (!alone.has_error()) {
        return true;
    }
    return alone.error().not_an_object;
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_body)

BOOST_AUTO_TEST_CASE(members_keep_their_kind_and_value) {
    const auto read = read_json_object(
        R"( {"s":"a\u00e9\ud83d\ude00\n","i":-7,"d":1.5,"big":18446744073709551615,"t":true,"f":false,)"
        R"("n":null,"a":[1,"x",{}],"o":{"s":1}} )");
    BOOST_REQUIRE(read.has_value());
    const auto kind = [&](const char* name) { return read->find(name)->kind; };
    BOOST_TEST(read->size() == 9U);
    BOOST_TEST(read->find("s")->text.reveal() == "a\xC3\xA9\xF0\x9F\x98\x80\n");
    BOOST_TEST(read->find("i")->integer == -7);
    BOOST_CHECK(kind("i") == parameter_kind::integer);
    BOOST_CHECK(kind("d") == parameter_kind::real);
    BOOST_CHECK(kind("big") == parameter_kind::real);
    BOOST_TEST(read->find("t")->truth);
    BOOST_TEST(!read->find("f")->truth);
    BOOST_CHECK(kind("n") == parameter_kind::null);
    BOOST_CHECK(kind("a") == parameter_kind::array);
    BOOST_CHECK(kind("o") == parameter_kind::object);
    BOOST_TEST(read->find("x") == nullptr);
}

BOOST_AUTO_TEST_CASE(long_strings_and_names_arrive_whole) {
    const std::string name(2000, 'n');
    std::string value;
    for (int i = 0; i < 1800; ++i) {
        value += "\\u0041b";
    }
    const auto read = read_json_object("{\"" + name + "\":\"" + value + "\"}");
    BOOST_REQUIRE(read.has_value());
    BOOST_REQUIRE(read->find(name) != nullptr);
    BOOST_TEST(read->find(name)->text.size() == 3600U);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_in_utf8_is_malformed) {
    const std::vector<std::string> bodies = {
        "",
        " ",
        "{",
        "{}x",
        "{}{}",
        "{} ,",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\xFF\"}",
        "{\"a\":\"\xC0\xAF\"}",
        "{\"a\":\"\xED\xA0\x80\"}",
        "{\"\xFF\":1}",
        "\xEF\xBB\xBF{}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{/**/}",
        std::string("{}\0", 3),
        std::string("{\"a\":\"\0\"}", 9),
        "<x/>",
        "a=b",
        std::string(100'000, '['),
    };
    for (const std::string& body : bodies) {
        BOOST_TEST_CONTEXT(body.substr(0, 40)) {
            const auto read = read_json_object(body);
            BOOST_REQUIRE(read.has_error());
            BOOST_CHECK(read.error().problem == request_problem::malformed_json);
            BOOST_TEST(!read.error().not_an_object);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_escaped_nul_is_text_like_any_other) {
    const auto read = read_json_object(R"({"a":"x\u0000y"})");
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->find("a")->text.reveal() == std::string_view("x\0y", 3));
}

BOOST_AUTO_TEST_CASE(a_member_given_twice_is_refused_at_any_depth) {
    for (const char* body : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"\u0061":3})", R"({"":1,"":2})",
                             R"({"x":{"a":1,"a":2}})", R"({"x":[{"y":{"a":1,"b":1,"a":2}}]})", R"([{"a":1,"a":2}])"}) {
        BOOST_TEST_CONTEXT(body) {
            const auto read = read_json_object(body);
            BOOST_REQUIRE(read.has_error());
            BOOST_CHECK(read.error().problem == request_problem::duplicate_parameter);
        }
    }
    BOOST_CHECK(read_json_object(R"({"a":{"a":1},"b":{"a":1},"c":[{"a":1},{"a":1}]})").has_value());
}

BOOST_AUTO_TEST_CASE(json_that_is_no_object_is_told_apart) {
    for (const char* body : {"[]", "null", "1", "\"x\"", "true", R"([{"a":1}])"}) {
        const auto read = read_json_object(body);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST(read.error().not_an_object);
    }
}

BOOST_AUTO_TEST_CASE(depth_and_size_are_bounded) {
    BOOST_TEST(read_json_object(nested(json_depth_max)).has_value());
    BOOST_TEST(read_json_object(nested(json_depth_max + 1)).has_error());
    BOOST_TEST(read_json_object(nested(json_size_max / 2 - 4)).has_error());
    BOOST_TEST(read_json_object(std::string(json_size_max - 2, ' ') + "{}").has_value());
    BOOST_TEST(read_json_object(std::string(json_size_max - 1, ' ') + "{}").has_error());
}

BOOST_AUTO_TEST_CASE(agrees_with_the_json_test_suite) {
    if (!std::filesystem::is_directory(vectors())) {
        std::cout << "SKIPPED 283 no JSONTestSuite at " << vectors().string() << "\n";
        return;
    }
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (const auto& entry : std::filesystem::directory_iterator(vectors())) {
        const std::string name = entry.path().filename().string();
        BOOST_TEST_CONTEXT(name) {
            const bool good = parses(text_of(entry.path()));
            if (name.starts_with("y_")) {
                // Two of them give a member twice, which RFC 8259 leaves open and we refuse.
                const bool twice = name.starts_with("y_object_duplicated_key");
                BOOST_TEST(good == !twice);
                ++accepted;
            } else if (name.starts_with("n_")) {
                BOOST_TEST(!good);
                ++refused;
            }
        }
    }
    BOOST_TEST(accepted == 95U);
    BOOST_TEST(refused == 188U);
}

BOOST_AUTO_TEST_SUITE_END()
