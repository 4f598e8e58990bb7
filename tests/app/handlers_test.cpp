// What every path answers, over real services and a store in memory.
#include "tests/support/handler_world.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

constexpr std::string_view good_login = R"({"email":"ada@example.com","password":"correct horse 7 staple"})";

struct world : handler_world {
    user_id ada = add_user("ada@example.com", "ada");
    answer logged_in() {
        answer a = post("/login", good_login);
        BOOST_REQUIRE_EQUAL(a.status(), 200U);
        return a;
    }
    std::string access() { return logged_in().text("access_token"); }
};

std::string refresh_json(const std::string& token) {
    return R"({"refresh_token":")" + token + "\"}";
}

void expect_problem(const answer& a, unsigned status, const char* code) {
    BOOST_TEST(a.status() == status);
    BOOST_TEST(a.response.content_type == "application/problem+json");
    BOOST_TEST(a.text("code") == code);
}

void expect_oauth(const answer& a, unsigned status, const char* error) {
    BOOST_TEST(a.status() == status);
    BOOST_TEST(a.response.content_type == "application/json");
    BOOST_TEST(a.text("error") == error);
    BOOST_TEST(a.header("Cache-Control") == "no-store");
    BOOST_TEST(a.header("WWW-Authenticate") == "(absent)");
}

void expect_tokens(const answer& a) {
    BOOST_TEST(a.status() == 200U);
    BOOST_TEST(a.response.content_type == "application/json");
    BOOST_TEST(a.header("Cache-Control") == "no-store");
    BOOST_TEST(a.text("token_type") == "bearer");
    BOOST_TEST(a.json().as_object().size() == 5U);
}

} // namespace

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
                             "multipart/form-data; boundary=x", "application/problem+json"}) {
        BOOST_TEST_CONTEXT(type) {
            BOOST_TEST(with(type) == 415U);
        }
    }
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
        {"grant_type=client_credentials", "unsupported_grant_type"},
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
        }
    }
    expect_problem(post("/refresh?other=refresh_token", refresh_json("y")), 401, "invalid_refresh_token");
}

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
