// Where accounts and tokens come from: real services, a store in memory.
#include "tests/app/handler_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

BOOST_FIXTURE_TEST_SUITE(handlers, world)

BOOST_AUTO_TEST_CASE(sign_up_makes_a_user_without_a_hash) {
    const answer a = post("/signup", R"({"email":"Bob@example.com","password":"a good long one"})");
    BOOST_TEST(a.status() == 201U);
    BOOST_TEST(a.text("email") == "Bob@example.com");
    BOOST_TEST(a.text("username") == "Bob@example.com");
    BOOST_TEST(a.body().find("fake$") == std::string_view::npos);
    BOOST_TEST(a.header("Cache-Control") == "no-store");
    expect_problem(post("/signup", R"({"email":"bob@EXAMPLE.com","password":"a good long one"})"), 409, "email_taken");
    expect_problem(
        post("/api/v1/auth/signup", R"({"email":"c@example.com","username":"ADA","password":"a good long one"})"), 409,
        "username_taken");
}

BOOST_AUTO_TEST_CASE(sign_up_names_what_is_not_valid) {
    BOOST_TEST(post("/signup", "{}").fields() == "email password");
    BOOST_TEST(post("/signup", R"({"email":"nobody","password":"short"})").status() == 422U);
    BOOST_TEST(bare(http_method::post, "/signup").fields() == "email password");
    expect_problem(form("/signup", "email=a"), 415, "unsupported_media_type");
    expect_problem(post("/signup", "{"), 400, "malformed_json");
    expect_problem(post("/signup", R"({"email":"a","email":"b"})"), 400, "duplicate_parameter");
    expect_problem(post("/signup", ""), 400, "malformed_json"); // it says JSON, and none is none
    expect_problem(send_body(http_method::post, "/signup", "text/plain", "", {}), 415, "unsupported_media_type");
    BOOST_TEST(post("/signup", "[]").fields() == "body");
}

BOOST_AUTO_TEST_CASE(login_by_json_and_by_form_gives_tokens) {
    for (const char* path : {"/login", "/api/v1/auth/login"}) {
        expect_tokens(post(path, good_login));
        expect_tokens(post(path, R"({"username":"ada","password":"correct horse 7 staple"})"));
        expect_tokens(form(path, "username=ada%40example.com&password=correct+horse%207+staple"));
        expect_tokens(
            form(path, "grant_type=password&username=ADA&password=correct+horse+7+staple&scope=&client_id=x"));
    }
}

BOOST_AUTO_TEST_CASE(every_login_that_fails_looks_the_same) {
    std::set<std::string> bodies;
    const std::string long_password(2000, 'x');
    for (const std::string& body : {std::string(R"({"email":"ada@example.com","password":"wrong"})"),
                                    std::string(R"({"email":"ada@example.com","password":""})"),
                                    R"({"email":"ada@example.com","password":")" + long_password + "\"}",
                                    std::string(R"({"email":"nobody@example.com","password":"wrong"})"),
                                    std::string(R"({"username":"","password":"wrong"})"),
                                    std::string(R"({"username":"a\u0000b","password":"\u0000"})")}) {
        const answer a = post("/login", body);
        expect_problem(a, 401, "login_failed");
        BOOST_TEST(a.header("WWW-Authenticate") == "Bearer");
        bodies.insert(std::string(a.body()));
    }
    BOOST_TEST(bodies.size() == 1U);
}

BOOST_AUTO_TEST_CASE(content_types_are_compared_by_their_type_alone) {
    const auto with = [&](std::string_view type) {
        return send_body(http_method::post, "/login", type, good_login, {}).status();
    };
    for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                             "application/json;charset=\"UTF-8\"", " application/json ;x=y"}) {
        BOOST_TEST_CONTEXT(type) {
            BOOST_TEST(with(type) == 200U);
        }
    }
    for (const char* type : {"text/plain", "application/jsonx", "application/json5", "text/json", "json", ";", "*/*",
                             "multipart/mixed; boundary=x", "application/problem+json"}) {
        BOOST_TEST_CONTEXT(type) {
            BOOST_TEST(with(type) == 415U);
        }
    }
    BOOST_TEST(with("multipart/form-data; boundary=x") == 400U); // a form, though not of these parts
    app::http_request r = request(http_method::post, "/login");
    r.body = good_login;
    expect_problem(send(r), 415, "unsupported_media_type");
}

BOOST_AUTO_TEST_CASE(token_takes_the_two_grants) {
    const std::string login = "username=ada&password=correct+horse+7+staple";
    for (const std::string& body : {login, "grant_type=password&" + login, "grant_type=&" + login}) {
        expect_tokens(form("/token", body));
    }
    app::http_request basic = request(http_method::post, "/token");
    basic.content_type = form_type;
    basic.authorization = "Basic Og==";
    basic.body = login;
    const answer first = send(basic);
    expect_tokens(first);
    const answer second = form("/token", "grant_type=refresh_token&refresh_token=" + first.text("refresh_token"));
    expect_tokens(second);
    BOOST_TEST(second.header("Pawl-Refresh") == "rotated");
    BOOST_TEST(first.header("Pawl-Refresh") == "(absent)");
}

BOOST_AUTO_TEST_CASE(token_refuses_as_rfc_6749_does) {
    const struct {
        const char* body;
        const char* error;
    } rows[] = {
        {"username=ada&password=wrong", "invalid_grant"},
        {"username=ada&password=", "invalid_grant"},
        {"username=ada", "invalid_request"},
        {"password=x", "invalid_request"},
        {"", "invalid_request"},
        {"grant_type=refresh_token", "invalid_request"},
        {"grant_type=refresh_token&refresh_token=", "invalid_grant"},
        {"grant_type=refresh_token&refresh_token=prt_x", "invalid_grant"},
        {"grant_type=implicit", "unsupported_grant_type"},
        {"grant_type=Password&username=ada&password=x", "unsupported_grant_type"},
        {"username=ada&username=ada&password=x", "invalid_request"},
        {"username=%zz", "invalid_request"},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.body) {
            expect_oauth(form("/token", row.body), 400, row.error);
        }
    }
    expect_oauth(post("/token", good_login), 415, "invalid_request");
    expect_oauth(form("/token?refresh_token=x", ""), 400, "invalid_request");
    limiter.limit = 0;
    const answer limited = form("/token", "username=ada&password=wrong");
    expect_oauth(limited, 429, "temporarily_unavailable");
    BOOST_TEST(limited.header("Retry-After") == "17");
    limiter.limit = 100;
    hasher.full = true;
    const answer busy = form("/token", "username=ada&password=wrong");
    expect_oauth(busy, 503, "temporarily_unavailable");
    BOOST_TEST(busy.header("Retry-After") == "3");
}

BOOST_AUTO_TEST_CASE(token_says_invalid_grant_for_every_end_of_a_session) {
    const answer first = logged_in();
    const std::string old = first.text("refresh_token");
    const answer second = post("/refresh", refresh_json(old));
    post("/refresh", refresh_json(second.text("refresh_token")));
    for (int i = 0; i < 2; ++i) { // reused, then revoked
        expect_oauth(form("/token", "grant_type=refresh_token&refresh_token=" + old), 400, "invalid_grant");
    }
}

BOOST_AUTO_TEST_CASE(refresh_rotates_replays_and_finds_reuse) {
    const std::string first = logged_in().text("refresh_token");
    const answer rotated = post("/refresh", refresh_json(first));
    expect_tokens(rotated);
    BOOST_TEST(rotated.header("Pawl-Refresh") == "rotated");
    const answer replayed = form("/api/v1/auth/refresh", "refresh_token=" + first);
    expect_tokens(replayed);
    BOOST_TEST(replayed.header("Pawl-Refresh") == "replayed");
    BOOST_TEST(replayed.text("refresh_token") == rotated.text("refresh_token"));
    expect_tokens(post("/refresh", refresh_json(rotated.text("refresh_token"))));
    const answer reused = post("/refresh", refresh_json(first));
    expect_problem(reused, 401, "refresh_token_reused");
    BOOST_TEST(reused.header("Pawl-Refresh") == "(absent)");
    expect_problem(post("/refresh", refresh_json(first)), 401, "session_revoked");
}

BOOST_AUTO_TEST_CASE(refresh_says_what_is_wrong_with_a_token) {
    for (const char* token : {"", "x", "prt_", "prt_AAAA", "a.b.c", "\\u0000", "\xC3\xA9"}) {
        expect_problem(post("/refresh", refresh_json(token)), 401, "invalid_refresh_token");
    }
    for (const char* body :
         {"{}", R"({"refresh_token":null})", R"({"refresh_token":1})", R"({"refresh_token":["x"]})"}) {
        BOOST_TEST(post("/refresh", body).fields() == "refresh_token");
    }
    expect_problem(post("/refresh", refresh_json(access())), 401, "invalid_refresh_token");
    const std::string expiring = logged_in().text("refresh_token");
    time.advance(seconds(15 * 86400));
    expect_problem(post("/refresh", refresh_json(expiring)), 401, "session_expired");
}

BOOST_AUTO_TEST_CASE(a_refresh_token_in_the_query_is_refused_with_a_reason) {
    for (const char* target : {"/refresh?refresh_token=x", "/refresh?a=b&refresh%5Ftoken=x", "/refresh?refresh_token",
                               "/refresh?refresh_token=%zz", "/logout?refresh_token=x"}) {
        BOOST_TEST_CONTEXT(target) {
            const answer a = post(target, refresh_json("y"));
            expect_problem(a, 400, "token_in_query");
            BOOST_TEST(a.text("detail").find("query") != std::string::npos);
            // Nothing is known of the value: it may be no token.
            BOOST_TEST(a.text("detail").find("If its value was a token") != std::string::npos);
        }
    }
    for (const char* target : {"/refresh?other=refresh_token", "/refresh?a=%zz&my_refresh_token=1",
                               "/refresh?next=%zz/refresh_token=1"}) { // of another name
        expect_problem(post(target, refresh_json("y")), 401, "invalid_refresh_token");
    }
    expect_problem(post("/refresh?a=%zz&refresh_token=x", refresh_json("y")), 400, "token_in_query");
}

BOOST_AUTO_TEST_SUITE_END()
