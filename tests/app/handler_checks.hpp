// What the tests of handlers ask of answers, and a world with one user in it.
#pragma once

#include "tests/support/handler_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace pawl::test {

inline constexpr std::string_view good_login = R"({"email":"ada@example.com","password":"correct horse 7 staple"})";

struct world : handler_world {
    user_id ada = add_user("ada@example.com", "ada");
    answer logged_in() {
        answer a = post("/login", good_login);
        BOOST_REQUIRE_EQUAL(a.status(), 200U);
        return a;
    }
    std::string access() { return logged_in().text("access_token"); }
};

inline std::string refresh_json(const std::string& token) {
    return R"({"refresh_token":")" + token + "\"}";
}

inline void expect_problem(const answer& a, unsigned status, const char* code) {
    BOOST_TEST(a.status() == status);
    BOOST_TEST(a.response.content_type == "application/problem+json");
    BOOST_TEST(a.text("code") == code);
}

inline void expect_oauth(const answer& a, unsigned status, const char* error) {
    BOOST_TEST(a.status() == status);
    BOOST_TEST(a.response.content_type == "application/json");
    BOOST_TEST(a.text("error") == error);
    BOOST_TEST(a.header("Cache-Control") == "no-store");
    BOOST_TEST(a.header("WWW-Authenticate") == "(absent)");
}

inline void expect_tokens(const answer& a) {
    BOOST_TEST(a.status() == 200U);
    BOOST_TEST(a.response.content_type == "application/json");
    BOOST_TEST(a.header("Cache-Control") == "no-store");
    BOOST_TEST(a.text("token_type") == "bearer");
    BOOST_TEST(a.json().as_object().size() == 5U);
}

} // namespace pawl::test
