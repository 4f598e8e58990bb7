#include "core/provider/authorization_request.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>

using namespace pawl;

namespace {

const std::vector<std::pair<std::string, std::string>> answer = {{"code", "pac_x-_"},
                                                                 {"state", "a b&c=d+\"\n\xC3\xA4"}};

std::string sent_to(const char* uri, response_mode mode) {
    return redirect_with({uri, "", mode}, answer);
}

constexpr const char* encoded = "code=pac_x-_&state=a+b%26c%3Dd%2B%22%0A%C3%A4";

} // namespace

BOOST_AUTO_TEST_SUITE(redirect_answers)

BOOST_AUTO_TEST_CASE(parameters_are_form_encoded_behind_what_is_there) {
    const std::string tail = encoded;
    const response_mode query = response_mode::query, fragment = response_mode::fragment;
    BOOST_TEST(sent_to("https://a.example/cb", query) == "https://a.example/cb?" + tail);
    BOOST_TEST(sent_to("https://a.example", query) == "https://a.example?" + tail);
    BOOST_TEST(sent_to("https://a.example/cb?x=1", query) == "https://a.example/cb?x=1&" + tail);
    BOOST_TEST(sent_to("https://a.example/cb?", query) == "https://a.example/cb?" + tail);
    BOOST_TEST(sent_to("https://a.example/cb?x=1&", query) == "https://a.example/cb?x=1&" + tail);
    BOOST_TEST(sent_to("https://a.example/cb&", query) == "https://a.example/cb&?" + tail);
    BOOST_TEST(sent_to("com.example.app:/cb", query) == "com.example.app:/cb?" + tail);
    BOOST_TEST(sent_to("https://a.example/cb", fragment) == "https://a.example/cb#" + tail);
    BOOST_TEST(sent_to("https://a.example/cb?x=1", fragment) == "https://a.example/cb?x=1#" + tail);
    BOOST_TEST(sent_to("https://a.example/cb?", fragment) == "https://a.example/cb?#" + tail);
    BOOST_TEST(redirect_with({"https://a.example/cb", "", query}, {}) == "https://a.example/cb");
}

BOOST_AUTO_TEST_CASE(no_value_breaks_out_of_its_place) {
    std::string all;
    for (unsigned byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    const std::string uri = redirect_with({"https://a.example/cb", "", response_mode::query}, {{all, all}});
    for (const char c : uri.substr(sizeof "https://a.example/cb?" - 1)) {
        BOOST_TEST((std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                    std::string_view("-._~+%=").find(c) != std::string_view::npos));
    }
    BOOST_TEST(std::ranges::count(uri, '=') == 1);
    BOOST_TEST(std::ranges::count(uri, '+') == 2);
}

BOOST_AUTO_TEST_SUITE_END()
