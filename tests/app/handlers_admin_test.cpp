// /admin/* without a socket: who may, what is said of bad requests, what never leaves.
#include "tests/app/handler_checks.hpp"

#include "app/net/listen.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

struct admin_world : world {
    answer on_socket(http_method method, std::string_view target, std::string_view body = {}) {
        app::http_request r = request(method, target);
        r.from_admin_socket = true;
        if (!body.empty()) {
            r.content_type = json_type;
            r.body = body;
        }
        return send(std::move(r));
    }
    void promote(user_id id) {
        user u = *data.find_user(id);
        u.is_superuser = true;
        ++u.version;
        BOOST_REQUIRE(data.replace_user(u).has_value());
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_admin, admin_world)

BOOST_AUTO_TEST_CASE(a_peer_may_administer_as_the_servers_own_user_or_root) {
    for (const uid_t own : {uid_t{0}, uid_t{1000}}) {
        BOOST_TEST(app::may_administer(own, own));
        BOOST_TEST(app::may_administer(0, own));
        BOOST_TEST(!app::may_administer(1001, own));
        BOOST_TEST(!app::may_administer(static_cast<uid_t>(-1), own));
    }
}

BOOST_AUTO_TEST_CASE(no_route_of_theirs_answers_whoever_is_no_operator) {
    const std::string plain = access();
    unsigned seen = 0;
    for (const app::route& row : app::all_routes(true)) {
        if (!row.path.starts_with("/admin/")) {
            continue;
        }
        std::string target(row.path);
        for (const std::string_view parameter : {"{id}", "{serial}"}) {
            const std::size_t at = target.find(parameter);
            if (at != std::string::npos) {
                target.replace(at, parameter.size(), "1");
            }
        }
        BOOST_TEST_CONTEXT(row.name) {
            expect_problem(bare(row.method, target), 401, "missing_access_token");
            expect_problem(bare(row.method, target, "x.y.z"), 401, "invalid_access_token");
            expect_problem(bare(row.method, target, plain), 403, "not_admin");
        }
        ++seen;
    }
    BOOST_TEST(seen >= 18U);
}

BOOST_AUTO_TEST_CASE(a_superuser_and_the_socket_see_the_same) {
    promote(ada);
    const std::string token = access();
    for (const char* target : {"/admin/users", "/admin/users/1", "/admin/users?login=ada", "/admin/sessions?user_id=1",
                               "/admin/keys", "/admin/info"}) {
        const answer one = get(target, token);
        BOOST_TEST(one.status() == 200U);
        BOOST_TEST(one.header("Cache-Control") == "no-store");
        BOOST_TEST(one.body() == on_socket(http_method::get, target).body());
    }
}

BOOST_AUTO_TEST_CASE(no_hash_and_no_key_is_ever_shown) {
    const std::string hash = data.find_user(ada)->password_hash;
    for (const char* target : {"/admin/users", "/admin/users/1", "/admin/keys", "/admin/info"}) {
        const std::string body(on_socket(http_method::get, target).body());
        BOOST_TEST(body.find(hash) == std::string::npos);
        BOOST_TEST(body.find("KysrKysr") == std::string::npos); // of the test keys, 0x2B
        BOOST_TEST(body.find("WlpaWlpa") == std::string::npos); // and 0x5A
    }
    BOOST_TEST(on_socket(http_method::get, "/admin/users/1").text("hash") == "unknown"); // a fake one
}

BOOST_AUTO_TEST_CASE(users_are_made_changed_and_removed) {
    const answer made = on_socket(http_method::post, "/admin/users",
                                  R"({"email":"bob@example.com","password":"another battery 9 pony","roles":["ops"]})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(made.json().at("roles").as_array().size() == 1U);
    const answer changed = on_socket(http_method::patch, "/admin/users/2", R"({"enabled":false,"roles":[]})");
    BOOST_TEST(changed.status() == 200U);
    BOOST_TEST(changed.json().at("gate").at("reason").as_string() == "disabled");
    BOOST_TEST(on_socket(http_method::delete_, "/admin/users/2").status() == 204U);
    expect_problem(on_socket(http_method::get, "/admin/users/2"), 404, "user_not_found");
}

BOOST_AUTO_TEST_CASE(attributes_are_set_replaced_and_taken_away) {
    const auto attributes = [](const answer& told) { return boost::json::serialize(told.json().at("attributes")); };
    const answer made = on_socket(http_method::post, "/admin/users",
                                  R"({"email":"bob@example.com","password":"another battery 9 pony",)"
                                  R"("attributes":{"nickname":"bob","address":{"locality":"Rome"}}})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(attributes(made) == R"({"nickname":"bob","address":{"locality":"Rome"}})");
    const auto patched = [&](const char* body) { return on_socket(http_method::patch, "/admin/users/2", body); };
    BOOST_TEST(attributes(patched(R"({"roles":["ops"]})")) == attributes(made));
    BOOST_TEST(attributes(patched(R"({"attributes":{"gender":"male"}})")) == R"({"gender":"male"})");
    BOOST_TEST(attributes(on_socket(http_method::get, "/admin/users/2")) == R"({"gender":"male"})");
    BOOST_TEST(attributes(patched(R"({"attributes":null})")) == "{}");
    BOOST_TEST(attributes(on_socket(http_method::get, "/admin/users/1")) == "{}");
}

BOOST_AUTO_TEST_CASE(attributes_that_are_not_acceptable_are_refused) {
    std::string deep = "{}", wide = R"({"a":")" + std::string(4096, 'x') + "\"}";
    for (int i = 0; i < 8; ++i) {
        deep = R"({"a":)" + deep + "}";
    }
    for (const std::string& bad :
         {std::string("[]"), std::string("\"{}\""), std::string("1"), deep, wide, std::string(R"({"a":1e999})")}) {
        const std::string body = R"({"attributes":)" + bad + "}";
        const answer refused = on_socket(http_method::patch, "/admin/users/1", body);
        expect_problem(refused, 422, "validation_failed");
        BOOST_TEST(refused.fields() == "attributes", bad.substr(0, 40));
    }
    expect_problem(on_socket(http_method::patch, "/admin/users/1", R"({"attributes":{"a":1,"a":2}})"), 400,
                   "duplicate_parameter"); // as in any body
}

BOOST_AUTO_TEST_CASE(bodies_and_queries_that_are_not_acceptable_say_what_of_them) {
    const struct {
        http_method method;
        const char* target;
        const char* body;
        const char* fields;
    } rows[] = {
        {http_method::post, "/admin/users", "{}", "email"},
        {http_method::post, "/admin/users", R"({"email":1,"roles":[1],"enabled":"x"})", "email roles enabled"},
        {http_method::post, "/admin/users",
         R"({"email":"b@example.com","password":"another battery 9 pony","roles":[["a"]]})", "roles"},
        {http_method::post, "/admin/users",
         R"({"email":"b@example.com","password":"another battery 9 pony","roles":{}})", "roles"},
        {http_method::patch, "/admin/users/1", R"({"is_superuser":1})", "is_superuser"},
        {http_method::post, "/admin/logout", R"({"user_id":0})", "user_id"},
        {http_method::post, "/admin/logout", R"({"user_id":1.5})", "user_id"},
        {http_method::post, "/admin/tokens", "{}", "user_id"},
        {http_method::post, "/admin/tokens/verify", "{}", "token"},
        {http_method::post, "/admin/keys/rotate", R"({"kind":"log"})", "kind"},
        {http_method::post, "/admin/keys/rotate", R"({"kind":"signing","now":1,"alg":"ES384"})", "now alg"},
        {http_method::post, "/admin/keys/rotate", R"({"kind":"refresh","now":false,"alg":"ES256"})", "now alg"},
        {http_method::post, "/admin/keys/retire", "{}", "kid"},
        {http_method::get, "/admin/users?limit=1001", "", "limit"},
        {http_method::get, "/admin/users?after=x&limit=0", "", "after limit"},
        {http_method::get, "/admin/users?login=a&after=1", "", "login"},
        {http_method::get, "/admin/sessions", "", "user_id"},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.target << " " << row.body) {
            const answer refused = on_socket(row.method, row.target, row.body);
            BOOST_TEST(refused.status() == 422U);
            BOOST_TEST(refused.fields() == row.fields);
        }
    }
    expect_problem(on_socket(http_method::get, "/admin/users?limit=1&limit=1"), 400, "duplicate_parameter");
    expect_problem(on_socket(http_method::get, "/admin/users?login=%zz"), 400, "malformed_form");
    expect_problem(on_socket(http_method::post, "/admin/users", "{"), 400, "malformed_json");
    for (const char* id : {"0", "01", "-1", "+1", "1x", "18446744073709551616"}) {
        expect_problem(on_socket(http_method::get, "/admin/users/" + std::string(id)), 404, "user_not_found");
    }
}

BOOST_AUTO_TEST_CASE(what_is_of_the_disk_says_that_there_is_none) {
    expect_problem(on_socket(http_method::post, "/admin/snapshot"), 409, "not_on_disk");
    expect_problem(on_socket(http_method::get, "/admin/snapshots"), 409, "not_on_disk");
    expect_problem(on_socket(http_method::get, "/admin/timeline/00112233445566778899aabbccddeeff"), 409, "not_on_disk");
    expect_problem(on_socket(http_method::post, "/admin/keys/rotate", R"({"kind":"refresh"})"), 409, "not_on_disk");
    expect_problem(on_socket(http_method::post, "/admin/keys/rotate", R"({"kind":"capsule"})"), 409, "not_on_disk");
}

BOOST_AUTO_TEST_CASE(arrays_of_strings_are_kept_and_others_are_told_apart) {
    const auto roles = [&](const char* json) {
        return on_socket(http_method::patch, "/admin/users/1",
                         "{\"roles\":" + std::string(json) + ",\"surname\":\"x\"}");
    };
    BOOST_TEST(roles(R"(["a","b\u0041"])").json().at("roles").as_array()[1].as_string() == "bA");
    BOOST_TEST(roles("[]").json().at("roles").as_array().empty());
    for (const char* other : {"[1]", "[null]", "[true]", "[1.5]", R"(["a",{}])", R"([["a"]])", R"([{"a":["b"]}])",
                              "[18446744073709551615]", "1", "{}", R"("a")"}) {
        BOOST_TEST(roles(other).fields() == "roles", other);
    }
}

BOOST_AUTO_TEST_SUITE_END()
