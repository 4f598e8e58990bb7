#include "tools/token_text.hpp"

#include "core/text/encoding.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::tools;

namespace {

std::string jwt(std::string_view header, std::string_view claims, std::string_view signature) {
    return base64url_encode(header) + "." + base64url_encode(claims) + "." + base64url_encode(signature);
}

std::string said(std::string_view token) {
    const auto decoded = decode_token(token);
    return decoded ? boost::json::serialize(*decoded) : "nothing";
}

// version, key id, sixteen bytes of the family, generation, MAC
std::string refresh_token(std::size_t size) {
    std::vector<std::uint8_t> bytes(size, 0xab);
    bytes[0] = 1;
    bytes[1] = 7;
    for (std::size_t i = 18; i < 22; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i - 18);
    }
    return "prt_" + base64url_encode(bytes);
}

} // namespace

BOOST_AUTO_TEST_SUITE(tools_token_text)

BOOST_AUTO_TEST_CASE(an_access_token_says_its_header_and_claims) {
    BOOST_TEST(said(jwt(R"({"alg":"ES256"})", R"({"sub":"1"})", "12345678")) ==
               R"({"kind":"access","header":{"alg":"ES256"},"claims":{"sub":"1"},"signature_bytes":8})");
}

BOOST_AUTO_TEST_CASE(a_refresh_token_says_its_place) {
    BOOST_TEST(said(refresh_token(54)) == R"({"kind":"refresh","version":1,"key_id":7,"family":")" +
                                              std::string("abababababababababababababababab") +
                                              R"(","generation":66051})");
}

BOOST_AUTO_TEST_CASE(what_is_no_token_says_nothing) {
    for (const std::string& text :
         {std::string(), std::string("."), std::string(".."), std::string("a.b"), std::string("prt_"),
          refresh_token(53), refresh_token(55), refresh_token(54) + "=", jwt("[]", "{}", "x"), jwt("{}", "1", "x"),
          jwt("{", "{}", "x"), jwt("{}", "{}", "x") + ".", jwt("{}", "{}", "x") + "+", std::string(5000, 'a'),
          jwt("{}", "{\"a\":" + std::string(4000, '1') + "}", "x")}) {
        BOOST_TEST(said(text) == "nothing", text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
