#include "app/http/cookies.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace pawl::app {
namespace {

BOOST_AUTO_TEST_SUITE(cookies)

BOOST_AUTO_TEST_CASE(a_cookie_is_found_by_its_exact_name) {
    const auto found = [](std::string_view header) { return std::string(find_cookie(header, "pawl")); };
    BOOST_TEST(found("pawl=x") == "x");
    BOOST_TEST(found("a=1; pawl=x; b=2") == "x");
    BOOST_TEST(found("a=1;pawl=x;b=2") == "x");
    BOOST_TEST(found(" \tpawl =\t x ") == "x");
    BOOST_TEST(found("pawl=x=y") == "x=y");
    BOOST_TEST(found("pawl=") == "");
    for (const char* none : {"", "pawl", ";", ";;=;", "=x", "Pawl=x", "pawls=x", "xpawl=x", "__Host-pawl=x",
                             "pawl-realm=x", "a=pawl=x", "a=\"; pawl\"", "pa wl=x"}) {
        BOOST_TEST(found(none) == "", none);
    }
}

BOOST_AUTO_TEST_CASE(two_cookies_of_one_name_are_none) {
    for (const char* two : {"pawl=x; pawl=y", "pawl=x; pawl=x", "pawl=; pawl=x", "pawl=x; a=1; pawl ="}) {
        BOOST_TEST(find_cookie(two, "pawl") == "", two);
    }
}

BOOST_AUTO_TEST_CASE(of_too_many_cookies_none_is_found) {
    std::string most = "pawl=x";
    for (std::size_t i = 1; i < cookie_pairs_max; ++i) {
        most += "; a=" + std::to_string(i);
    }
    BOOST_TEST(find_cookie(most, "pawl") == "x");
    BOOST_TEST(find_cookie(most + "; pawl=y", "pawl") == "");
    BOOST_TEST(find_cookie(most + ";", "pawl") == "");
}

BOOST_AUTO_TEST_CASE(the_name_says_whose_it_is_and_whether_it_is_secure) {
    struct {
        const char* issuer;
        bool development;
        const char* realm;
        const char* name;
        bool secure;
    } const cases[] = {
        {"https://id.example", false, "", "__Host-pawl", true},
        {"http://id.example", false, "", "__Host-pawl", true},
        {"https://localhost:8443", true, "", "__Host-pawl", true},
        {"http://localhost:8080", true, "", "pawl", false},
        {"http://localhost:8080/t/one", true, "one", "pawl-one", false},
        {"https://localhost:8443/t/one", true, "one", "__Host-pawl-one", true},
    };
    for (const auto& c : cases) {
        const session_cookie cookie = session_cookie_of(c.issuer, c.development, c.realm);
        BOOST_TEST(cookie.name == c.name);
        BOOST_TEST(cookie.secure == c.secure);
    }
}

BOOST_AUTO_TEST_CASE(a_cookie_is_set_for_this_host_alone_and_cleared_alike) {
    const session_cookie secure{"__Host-pawl", true}, plain{"pawl", false};
    BOOST_TEST(set_cookie(secure, "pws_x") == "__Host-pawl=pws_x; Path=/; HttpOnly; SameSite=Lax; Secure");
    BOOST_TEST(set_cookie(plain, "pws_x") == "pawl=pws_x; Path=/; HttpOnly; SameSite=Lax");
    BOOST_TEST(clear_cookie(secure) == "__Host-pawl=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
    BOOST_TEST(clear_cookie(plain) == "pawl=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl::app
