#include "app/http/form.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl::app;

namespace {

std::string value_of(std::string_view body, std::string_view name) {
    const auto read = read_form(body);
    if (read.has_error()) {
        return "(refused)";
    }
    const parameter* p = read->find(name);
    return p == nullptr ? "(absent)" : std::string(p->text.reveal());
}

} // namespace

BOOST_AUTO_TEST_SUITE(form)

BOOST_AUTO_TEST_CASE(values_are_decoded) {
    const struct {
        const char* body;
        const char* value;
    } rows[] = {
        {"a=b", "b"},
        {"x=1&a=b&y=2", "b"},
        {"a=", ""},
        {"a", ""},
        {"b=1", "(absent)"},
        {"", "(absent)"},
        {"a=b+c%20d%2Be", "b c d+e"},
        {"a=%C3%A9%F0%9F%98%80", "\xC3\xA9\xF0\x9F\x98\x80"},
        {"%61=b", "b"},
        {"a=b=c==", "b=c=="},
        {"&&a=b&", "b"},
        {"a=[\"<>^`{|}\\'#?/:@!$;,()*~", "[\"<>^`{|}\\'#?/:@!$;,()*~"},
        {"a=\xC3\xA9", "\xC3\xA9"},
        {"a=%26%3D", "&="},
        {"a=x;b=y", "x;b=y"},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.body) {
            BOOST_TEST(value_of(row.body, "a") == row.value);
        }
    }
    BOOST_TEST(value_of("a=x%00y", "a") == std::string_view("x\0y", 3));
}

BOOST_AUTO_TEST_CASE(bad_escapes_and_bytes_are_malformed) {
    for (const char* body : {"a=%", "a=%4", "a=%zz", "a=%4g", "%=b", "a=%FF", "a=%C0%AF", "a=%ED%A0%80", "a=\xFF", "=b",
                             "a=b&=", "%ff=1"}) {
        BOOST_TEST_CONTEXT(body) {
            const auto read = read_form(body);
            BOOST_REQUIRE(read.has_error());
            BOOST_CHECK(read.error().problem == request_problem::malformed_form);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_parameter_given_twice_is_refused) {
    for (const char* body : {"a=1&a=1", "a=1&b=2&a=3", "a=1&%61=2", "a&a", "a=&b&a="}) {
        BOOST_TEST_CONTEXT(body) {
            const auto read = read_form(body);
            BOOST_REQUIRE(read.has_error());
            BOOST_CHECK(read.error().problem == request_problem::duplicate_parameter);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_body_full_of_parameters_is_read_in_no_time) {
    std::string body;
    for (int i = 0; i < 3000; ++i) {
        body += "p" + std::to_string(i) + "&";
    }
    BOOST_TEST(read_form(body)->size() == 3000U);
}

BOOST_AUTO_TEST_SUITE_END()
