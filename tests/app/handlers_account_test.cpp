// What needs a bearer, and the end of sessions: real services, a store in memory.
#include "tests/app/handler_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

BOOST_FIXTURE_TEST_SUITE(handlers_account, world)

BOOST_AUTO_TEST_CASE(logout_by_refresh_token_is_204_whatever_it_is) {
    const answer tokens = logged_in();
    const std::string body = refresh_json(tokens.text("refresh_token"));
    for (int i = 0; i < 2; ++i) {
        const answer a = post("/logout", body);
        BOOST_TEST(a.status() == 204U);
        BOOST_TEST(a.body().empty());
        BOOST_TEST(a.response.content_type.empty());
    }
    BOOST_TEST(form("/api/v1/auth/logout", "refresh_token=nonsense").status() == 204U);
    expect_problem(post("/refresh", body), 401, "session_revoked");
    expect_problem(get("/users/me", tokens.text("access_token")), 401, "invalid_access_token");
}

BOOST_AUTO_TEST_CASE(logout_by_bearer_wants_a_genuine_one) {
    const answer tokens = logged_in();
    time.advance(seconds(3600)); // expired, and good enough
    expect_problem(bare(http_method::post, "/logout", "not.a.token"), 401, "invalid_access_token");
    BOOST_TEST(post("/logout", "{}", tokens.text("access_token")).status() == 204U);
    BOOST_TEST(post("/logout", "", tokens.text("access_token")).status() == 204U);
    expect_problem(post("/refresh", refresh_json(tokens.text("refresh_token"))), 401, "session_revoked");
    for (const answer& neither : {post("/logout", "{}"), post("/logout", ""), bare(http_method::post, "/logout"),
                                  post("/logout", R"({"refresh_token":null})")}) {
        BOOST_TEST(neither.status() == 422U);
        BOOST_TEST(neither.fields() == "refresh_token");
    }
    BOOST_TEST(post("/logout", R"({"refresh_token":7})", tokens.text("access_token")).status() == 422U);
    expect_problem(post("/logout", "{"), 400, "malformed_json");
}

BOOST_AUTO_TEST_CASE(a_missing_and_a_bad_bearer_are_told_apart_everywhere) {
    const struct {
        http_method method;
        const char* target;
    } rows[] = {
        {http_method::post, "/logout/all"},
        {http_method::get, "/users/me"},
        {http_method::patch, "/users/me"},
        {http_method::delete_, "/users/me"},
        {http_method::get, "/sessions"},
        {http_method::delete_, "/sessions?except=current"},
        {http_method::delete_, "/sessions/00112233445566778899aabbccddeeff"},
        {http_method::get, "/api/v1/auth/me"},
        {http_method::post, "/users/me/password"},
    };
    const std::string refresh_token = logged_in().text("refresh_token");
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.target) {
            const answer none = bare(row.method, row.target);
            expect_problem(none, 401, "missing_access_token");
            BOOST_TEST(none.header("WWW-Authenticate") == "Bearer");
            for (const std::string& bad : {std::string("x"), refresh_token, std::string("a b"), std::string("a.b.c")}) {
                const answer refused = bare(row.method, row.target, bad);
                expect_problem(refused, 401, "invalid_access_token");
                BOOST_TEST(refused.header("WWW-Authenticate") == "Bearer error=\"invalid_token\"");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_bearer_scheme_has_no_case_and_others_are_none) {
    const std::string token = access();
    const auto with = [&](const std::string& authorization) {
        app::http_request r = request(http_method::get, "/users/me");
        r.authorization = authorization;
        return send(r);
    };
    for (const char* scheme : {"Bearer ", "bearer ", "BEARER  "}) {
        BOOST_TEST(with(scheme + token).status() == 200U);
    }
    for (const std::string& other :
         {"Basic " + token, token, std::string("Bearer"), std::string("Bearer "), "Bearer" + token, std::string()}) {
        expect_problem(with(other), 401, "missing_access_token");
    }
}

BOOST_AUTO_TEST_CASE(profile_changes_answer_with_the_user_as_it_is) {
    const std::string token = access();
    const auto change = [&](std::string_view body) {
        return send_body(http_method::patch, "/users/me", json_type, body, token);
    };
    BOOST_TEST(change(R"({"first_name":"Ada","surname":"Lovelace"})").text("surname") == "Lovelace");
    BOOST_TEST(change(R"({"surname":"King","first_name":null})").text("first_name") == "Ada");
    BOOST_TEST(change("{}").text("surname") == "King");
    BOOST_TEST(get("/users/me", token).text("surname") == "King");
    BOOST_TEST(change(R"({"surname":1})").fields() == "surname");
    add_user("bob@example.com", "bob");
    expect_problem(change(R"({"username":"BOB"})"), 409, "username_taken");
}

BOOST_AUTO_TEST_CASE(password_change_and_removal_want_the_current_password) {
    const answer mine = logged_in();
    const std::string token = mine.text("access_token");
    const std::string other = logged_in().text("refresh_token");
    const auto change = [&](std::string_view current, std::string_view desired) {
        return post("/users/me/password",
                    R"({"current_password":")" + std::string(current) + R"(","new_password":")" + std::string(desired) +
                        "\"}",
                    token);
    };
    const answer refused = change("wrong", other_password);
    expect_problem(refused, 403, "wrong_password");
    BOOST_TEST(refused.header("WWW-Authenticate") == "(absent)");
    expect_problem(change(password, "short"), 422, "validation_failed");
    BOOST_TEST(change(password, other_password).status() == 204U);
    expect_problem(post("/refresh", refresh_json(other)), 401, "session_revoked");
    expect_tokens(post("/refresh", refresh_json(mine.text("refresh_token"))));
    const auto remove = [&](std::string_view body) {
        return send_body(http_method::delete_, "/users/me", json_type, body, token);
    };
    expect_problem(remove(R"({"current_password":"wrong"})"), 403, "wrong_password");
    BOOST_TEST(bare(http_method::delete_, "/users/me", token).fields() == "current_password");
    BOOST_TEST(remove(R"({"current_password":"another battery 9 pony"})").status() == 204U);
    expect_problem(get("/users/me", token), 401, "invalid_access_token");
}

BOOST_AUTO_TEST_CASE(sessions_are_listed_and_ended_one_by_one_or_but_one) {
    const answer first = logged_in();
    logged_in();
    logged_in();
    const std::string token = first.text("access_token");
    const auto ids = [&] {
        std::set<std::string> all;
        const auto listed = get("/sessions", token).json();
        for (const auto& session : listed.as_array()) {
            if (!session.at("current").as_bool()) {
                all.emplace(session.at("id").as_string());
            }
        }
        return all;
    };
    BOOST_REQUIRE(ids().size() == 2U);
    const std::string one = *ids().begin();
    BOOST_TEST(bare(http_method::delete_, "/sessions/" + one, token).status() == 204U);
    BOOST_TEST(ids().size() == 1U);
    for (const std::string& gone : {one, std::string(32, '0'), std::string("x"), std::string(33, 'a')}) {
        expect_problem(bare(http_method::delete_, "/sessions/" + gone, token), 404, "session_not_found");
    }
    for (const char* target : {"/sessions", "/sessions?except=", "/sessions?except=none", "/sessions?except=%zz",
                               "/sessions?except=current&except=current"}) {
        BOOST_TEST(bare(http_method::delete_, target, token).fields() == "except");
    }
    BOOST_TEST(bare(http_method::delete_, "/sessions?except=current", token).status() == 204U);
    BOOST_TEST(ids().empty());
    BOOST_TEST(get("/sessions", token).json().as_array().size() == 1U);
}

BOOST_AUTO_TEST_CASE(logout_all_ends_every_session) {
    const answer mine = logged_in();
    const std::string other = logged_in().text("refresh_token");
    BOOST_TEST(bare(http_method::post, "/logout/all", mine.text("access_token")).status() == 204U);
    expect_problem(post("/refresh", refresh_json(other)), 401, "session_revoked");
    expect_problem(post("/refresh", refresh_json(mine.text("refresh_token"))), 401, "session_revoked");
}

BOOST_AUTO_TEST_CASE(storage_that_takes_nothing_is_503) {
    const answer mine = logged_in();
    data.full = true;
    for (const answer& a : {post("/login", good_login), post("/refresh", refresh_json(mine.text("refresh_token"))),
                            post("/signup", R"({"email":"new@example.com","password":"a good long one"})")}) {
        expect_problem(a, 503, "storage_unavailable");
        BOOST_TEST(a.header("Retry-After") != "(absent)");
    }
}

BOOST_AUTO_TEST_CASE(development_shows_why_a_token_is_refused) {
    server.development = true;
    const std::string token = access();
    BOOST_TEST(get("/users/me", "x").text("detail").find("--dev: ") != std::string::npos);
    time.advance(seconds(3600));
    BOOST_TEST(get("/users/me", token).text("detail").find("expired)") != std::string::npos);
    server.development = false;
    BOOST_TEST(get("/users/me", token).text("detail").find("--dev") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
