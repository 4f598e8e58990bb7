#include "app/http/multipart.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace pawl::app {
namespace {

std::string part(std::string_view name, std::string_view value, std::string_view more = "") {
    return "--B\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n" + std::string(more) +
           "\r\n" + std::string(value) + "\r\n";
}

std::string_view text_of(const body_result& form, std::string_view name) {
    const parameter* p = form.has_value() ? form->find(name) : nullptr;
    return p == nullptr ? "(none)" : p->text.reveal();
}

BOOST_AUTO_TEST_SUITE(multipart)

BOOST_AUTO_TEST_CASE(parts_are_parameters_and_their_text_is_taken_as_it_is) {
    const std::string odd = "p%20a+s&s=\r\n--C\r\n\xc3\xa4";
    const body_result form =
        read_multipart(part("username", "a@example.com") +
                           part("password", odd, "Content-Type: text/plain; charset=utf-8\r\n") + "--B--\r\n",
                       "B");
    BOOST_TEST_REQUIRE(form.has_value());
    BOOST_TEST(form->size() == 2U);
    BOOST_TEST(text_of(form, "username") == "a@example.com");
    BOOST_TEST(text_of(form, "password") == odd);
    BOOST_TEST(read_multipart("--B--", "B").has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_form_is_refused) {
    std::string many;
    for (std::size_t i = 0; i <= multipart_parts_max; ++i) {
        many += part("a" + std::to_string(i), "");
    }
    const std::string file = "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nx\r\n--B--\r\n";
    for (const std::string& body :
         {std::string(), std::string("--B"), std::string("--C--\r\n"), "x" + part("a", "b") + "--B--\r\n",
          part("a", "b"), part("a", "b") + "--B--x", part("a", "b") + "--B--\r\nx",
          std::string("--B\r\n\r\nx\r\n--B--\r\n"),
          std::string("--B\nContent-Disposition: form-data; name=\"a\"\n\nx\n--B--\n"), file,
          part("", "b") + "--B--\r\n", part("a\\\"", "b") + "--B--\r\n", part("a", "\xff") + "--B--\r\n",
          part("a", "", "no colon\r\n") + "--B--\r\n",
          part("a", "", "Content-Disposition: form-data; name=\"b\"\r\n") + "--B--\r\n", many + "--B--\r\n"}) {
        const body_result form = read_multipart(body, "B");
        BOOST_TEST_REQUIRE(form.has_error(), body);
        BOOST_TEST((form.error().problem == request_problem::malformed_form));
    }
    const body_result twice = read_multipart(part("a", "b") + part("a", "b") + "--B--\r\n", "B");
    BOOST_TEST((twice.has_error() && twice.error().problem == request_problem::duplicate_parameter));
}

BOOST_AUTO_TEST_CASE(a_boundary_is_found_with_and_without_quotes) {
    const struct {
        std::string type, boundary;
    } rows[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"multipart/form-data;BOUNDARY=\"a-b.c\"; x=y", "a-b.c"},
        {"multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundary1", "----WebKitFormBoundary1"},
        {"multipart/form-data", ""},
        {"multipart/form-data; boundary", ""},
        {"multipart/form-data; boundary=", ""},
        {"multipart/form-data; boundary=\"a b\"", ""},
        {"multipart/form-data; boundary=a\"b", ""},
        {"multipart/form-data; boundary=" + std::string(71, 'a'), ""},
        {"multipart/form-data; boundary=" + std::string(70, 'a'), std::string(70, 'a')},
    };
    for (const auto& row : rows) {
        BOOST_TEST(multipart_boundary(row.type) == row.boundary, row.type);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
