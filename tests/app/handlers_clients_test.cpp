// /admin/clients, /admin/apis, /admin/scopes without a socket: their JSON, what they refuse, what is never shown.
#include "tests/app/handler_checks.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

struct clients_world : world {
    answer ask(http_method method, std::string_view target, std::string_view body = {}) {
        app::http_request r = request(method, target);
        r.from_admin_socket = true;
        if (!body.empty()) {
            r.content_type = json_type;
            r.body = body;
        }
        return send(std::move(r));
    }
    answer make(std::string_view body) { return ask(http_method::post, "/admin/clients", body); }
    answer patch(std::string_view target, std::string_view body) { return ask(http_method::patch, target, body); }
};

std::string member(const answer& a, std::string_view name) {
    return boost::json::serialize(a.json().at(name));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_clients, clients_world)

BOOST_AUTO_TEST_CASE(a_client_is_made_seen_changed_and_removed) {
    const answer made = make(R"({"client_id":"shop","preset":"service","attributes":{"team":"a"}})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(made.header("Location") == "/admin/clients/shop");
    BOOST_TEST(made.header("Cache-Control") == "no-store");
    BOOST_TEST(made.text("client_secret").starts_with("pcs_"));
    BOOST_TEST(made.text("name") == "shop");
    BOOST_TEST(member(made, "grants") == R"(["client_credentials"])");
    const answer seen = ask(http_method::get, "/admin/clients/shop");
    BOOST_TEST(seen.text("client_secret") == "(absent)");
    BOOST_TEST(member(seen, "attributes") == R"({"team":"a"})");
    BOOST_TEST(seen.json().at("secrets").at(0).at("serial").as_int64() == 1);
    const answer changed = patch("/admin/clients/shop", R"({"name":"Shop","access_token_ttl":60,"attributes":null})");
    BOOST_TEST(changed.status() == 200U);
    BOOST_TEST(changed.text("name") == "Shop");
    BOOST_TEST(member(changed, "access_token_ttl") == "60");
    BOOST_TEST(member(changed, "attributes") == "{}");
    BOOST_TEST(member(patch("/admin/clients/shop", R"({"access_token_ttl":null})"), "access_token_ttl") == "null");
    BOOST_TEST(ask(http_method::post, "/admin/clients/shop/logout").status() == 204U);
    BOOST_TEST(ask(http_method::delete_, "/admin/clients/shop").status() == 204U);
    expect_problem(ask(http_method::get, "/admin/clients/shop"), 404, "client_not_found");
    expect_problem(ask(http_method::delete_, "/admin/clients/shop"), 404, "client_not_found");
}

BOOST_AUTO_TEST_CASE(every_member_of_the_design_is_in_the_answer) {
    const answer made = make(R"({"client_id":"shop","preset":"service"})");
    std::set<std::string> names;
    const boost::json::value body = made.json(); // outlives the loop
    for (const auto& m : body.as_object()) {
        names.emplace(m.key());
    }
    for (const char* name : {"client_id",
                             "name",
                             "preset",
                             "type",
                             "enabled",
                             "redirect_uris",
                             "post_logout_redirect_uris",
                             "grants",
                             "auth_method",
                             "secrets",
                             "jwks",
                             "jwks_uri",
                             "tls_subject",
                             "scopes",
                             "default_scopes",
                             "apis",
                             "consent",
                             "subject_type",
                             "id_token_alg",
                             "id_token_encryption",
                             "userinfo_alg",
                             "token_format",
                             "access_token_ttl",
                             "refresh_idle_ttl",
                             "refresh_absolute_ttl",
                             "reuse_window",
                             "lost_response_window",
                             "bind",
                             "require_par",
                             "require_signed_request",
                             "code_reuse",
                             "exchange",
                             "backchannel_logout_uri",
                             "claims",
                             "attributes",
                             "origin",
                             "created_at",
                             "pkce"}) {
        BOOST_TEST(names.contains(name), name);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_sent_back_without_what_the_server_sets) {
    make(R"({"client_id":"shop","redirect_uris":["https://shop.example/cb"],"jwks":null})");
    boost::json::object body = ask(http_method::get, "/admin/clients/shop").json().as_object();
    for (const char* name : {"secrets", "origin", "created_at"}) {
        body.erase(name);
    }
    const answer same = patch("/admin/clients/shop", boost::json::serialize(body));
    BOOST_TEST(same.status() == 200U);
    BOOST_TEST(same.body() == ask(http_method::get, "/admin/clients/shop").body());
}

BOOST_AUTO_TEST_CASE(bodies_that_are_not_acceptable_say_what_of_them) {
    make(R"({"client_id":"shop","preset":"service"})");
    const struct {
        http_method method;
        const char* target;
        const char* body;
        const char* fields;
    } rows[] = {
        {http_method::post, "/admin/clients", "{}", "client_id name redirect_uris"},
        {http_method::post, "/admin/clients", R"({"client_id":"x","nonsense":1})", "nonsense"},
        {http_method::post, "/admin/clients", R"({"client_id":1,"preset":"bot","type":"x","enabled":"yes"})",
         "client_id preset type enabled"},
        {http_method::post, "/admin/clients", R"({"client_id":"x","client_secret":"mine","secrets":[]})",
         "client_secret secrets"},
        {http_method::patch, "/admin/clients/shop", R"({"created_at":"2026-01-01T00:00:00Z","origin":"seed"})",
         "created_at origin"},
        {http_method::patch, "/admin/clients/shop", R"({"grants":["implicit"]})", "grants"},
        {http_method::patch, "/admin/clients/shop", R"({"grants":["client_credentials","client_credentials"]})",
         "grants"},
        {http_method::patch, "/admin/clients/shop", R"({"scopes":"openid","apis":[1]})", "scopes apis"},
        {http_method::patch, "/admin/clients/shop", R"({"access_token_ttl":0,"reuse_window":1.5})",
         "access_token_ttl reuse_window"},
        {http_method::patch, "/admin/clients/shop", R"({"jwks":"x","attributes":[]})", "jwks attributes"},
        {http_method::patch, "/admin/clients/shop", R"({"attributes":{"a":1e999}})", "attributes"},
        {http_method::patch, "/admin/clients/shop", R"({"jwks_uri":"https://a.example","name":1})", "name jwks_uri"},
        {http_method::patch, "/admin/clients/shop",
         R"({"tls_subject":"x","require_par":true,"exchange":["a"],"claims":[{}],"subject_type":"pairwise",
             "id_token_alg":"PS256","userinfo_alg":"RS256","backchannel_logout_uri":"https://a.example"})",
         "id_token_alg tls_subject userinfo_alg backchannel_logout_uri subject_type require_par exchange claims"},
        {http_method::post, "/admin/clients/shop/secrets", R"({"overlap":-1})", "overlap"},
        {http_method::post, "/admin/clients/shop/secrets", R"({"overlap":7776001})", "overlap"},
        {http_method::post, "/admin/clients/shop/secrets", R"({"secret":"mine"})", "secret"},
        {http_method::get, "/admin/clients?limit=0&after=x", "", "after limit"},
        {http_method::post, "/admin/apis", "{}", "identifier name"},
        {http_method::post, "/admin/apis", R"({"identifier":"a","token_format":"paseto","x":1})", "token_format x"},
        {http_method::post, "/admin/scopes", R"({"name":"a","texts":{"fr":"x","en":1},"roles":1})",
         "roles texts.en texts.fr"},
        {http_method::post, "/admin/scopes", R"({"name":"a","texts":"x"})", "texts"},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.target << " " << row.body) {
            const answer refused = ask(row.method, row.target, row.body);
            expect_problem(refused, 422, "validation_failed");
            BOOST_TEST(refused.fields() == row.fields);
        }
    }
    expect_problem(make("[]"), 422, "validation_failed");
    expect_problem(make("{"), 400, "malformed_json");
    expect_problem(make(R"({"client_id":"a","client_id":"b"})"), 400, "duplicate_parameter");
}

BOOST_AUTO_TEST_CASE(members_of_later_versions_are_taken_as_what_asks_for_nothing) {
    BOOST_TEST(make(R"({"client_id":"shop","preset":"service","tls_subject":null,"require_par":false,"exchange":[],
                        "claims":[],"subject_type":"public","id_token_alg":"RS256","jwks_uri":null,
                        "require_signed_request":null,"userinfo_alg":null,"backchannel_logout_uri":null,
                        "id_token_encryption":null})")
                   .status() == 201U);
}

BOOST_AUTO_TEST_CASE(a_place_to_fetch_keys_from_is_refused_by_a_code_of_its_own) {
    const answer refused = make(R"({"client_id":"shop","preset":"service","jwks_uri":"https://a.example/jwks"})");
    expect_problem(refused, 422, "jwks_uri_off");
    BOOST_TEST(refused.fields() == "jwks_uri");
}

BOOST_AUTO_TEST_CASE(a_secret_is_told_once_and_ended_by_its_serial) {
    make(R"({"client_id":"shop","preset":"service"})");
    const answer added = ask(http_method::post, "/admin/clients/shop/secrets", R"({"overlap":60})");
    BOOST_TEST(added.status() == 201U);
    BOOST_TEST(added.text("secret").starts_with("pcs_"));
    BOOST_TEST(added.json().at("serial").as_int64() == 2);
    BOOST_TEST(added.json().as_object().size() == 2U);
    const answer seen = ask(http_method::get, "/admin/clients/shop");
    BOOST_TEST(seen.json().at("secrets").as_array().size() == 2U);
    BOOST_TEST(!seen.json().at("secrets").at(0).at("expires_at").is_null());
    BOOST_TEST(seen.json().at("secrets").at(1).at("expires_at").is_null());
    BOOST_TEST(std::string(seen.body()).find(added.text("secret")) == std::string::npos);
    BOOST_TEST(ask(http_method::post, "/admin/clients/shop/secrets").status() == 201U); // no body: 7 days
    BOOST_TEST(ask(http_method::delete_, "/admin/clients/shop/secrets/3").status() == 204U);
    for (const char* serial : {"3", "0", "x", "-1", "4294967297", "2x"}) {
        expect_problem(ask(http_method::delete_, "/admin/clients/shop/secrets/" + std::string(serial)), 404,
                       "secret_not_found");
    }
    expect_problem(ask(http_method::delete_, "/admin/clients/nope/secrets/1"), 404, "client_not_found");
    expect_problem(ask(http_method::post, "/admin/clients/nope/secrets"), 404, "client_not_found");
    expect_problem(ask(http_method::post, "/admin/clients/nope/logout"), 404, "client_not_found");
}

BOOST_AUTO_TEST_CASE(nothing_that_a_secret_is_compared_with_is_shown) {
    make(R"({"client_id":"shop","preset":"service"})");
    for (const char* target : {"/admin/clients", "/admin/clients/shop"}) {
        const std::string body(ask(http_method::get, target).body());
        BOOST_TEST(body.find("proof") == std::string::npos);
        BOOST_TEST(body.find("pcs_") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(clients_come_in_pages) {
    for (const char* id : {"a", "b", "c"}) {
        BOOST_TEST(make(R"({"preset":"service","client_id":")" + std::string(id) + "\"}").status() == 201U);
    }
    const answer first = ask(http_method::get, "/admin/clients?limit=2");
    BOOST_TEST(first.json().at("clients").as_array().size() == 2U);
    const answer second =
        ask(http_method::get, "/admin/clients?limit=2&after=" + std::to_string(first.json().at("next").as_int64()));
    BOOST_TEST(second.json().at("clients").as_array().size() == 1U);
    BOOST_TEST(second.json().at("next").is_null());
    expect_problem(make(R"({"client_id":"a","preset":"service"})"), 409, "client_id_taken");
}

BOOST_AUTO_TEST_CASE(an_api_is_named_by_its_identifier_in_a_path) {
    const answer made =
        ask(http_method::post, "/admin/apis", R"({"identifier":"https://api.example/v1","scopes":["orders:read"]})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(made.header("Location") == "/admin/apis/~aHR0cHM6Ly9hcGkuZXhhbXBsZS92MQ");
    BOOST_TEST(member(made, "scopes") == R"(["orders:read"])");
    BOOST_TEST(ask(http_method::get, made.header("Location")).body() == made.body());
    expect_problem(ask(http_method::get, "/admin/apis/~aHR0"), 404, "api_not_found");
    expect_problem(ask(http_method::get, "/admin/apis/~!"), 404, "api_not_found");
    expect_problem(ask(http_method::get, "/admin/apis/%zz"), 404, "api_not_found");
    expect_problem(ask(http_method::post, "/admin/apis", R"({"identifier":"https://api.example/v1"})"), 409,
                   "api_taken");
    const answer changed = patch(made.header("Location"), R"({"token_format":"opaque","scopes":[]})");
    BOOST_TEST(changed.text("token_format") == "opaque");
    BOOST_TEST(member(changed, "scopes") == "[]");
    BOOST_TEST(member(ask(http_method::get, "/admin/apis"), "apis") == "[" + std::string(changed.body()) + "]");
    BOOST_TEST(ask(http_method::delete_, made.header("Location")).status() == 204U);
    expect_problem(ask(http_method::delete_, made.header("Location")), 404, "api_not_found");
    expect_problem(patch(made.header("Location"), "{}"), 404, "api_not_found");
}

BOOST_AUTO_TEST_CASE(a_scope_is_made_changed_and_removed_once_nothing_names_it) {
    BOOST_TEST(ask(http_method::post, "/admin/apis", R"({"identifier":"a"})").status() == 201U);
    const answer made = ask(http_method::post, "/admin/scopes",
                            R"({"name":"orders:read","api":"a","texts":{"en":"Read orders","de":null},"roles":["x"]})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(made.header("Location") == "/admin/scopes/orders%3Aread");
    BOOST_TEST(member(made, "texts") == R"({"en":"Read orders","de":null})");
    make(R"({"client_id":"shop","preset":"service","scopes":["orders:read"],"apis":["a"]})");
    expect_problem(ask(http_method::delete_, "/admin/scopes/orders:read"), 409, "still_named");
    expect_problem(ask(http_method::delete_, "/admin/apis/a"), 409, "still_named");
    const answer changed = patch("/admin/scopes/orders%3Aread", R"({"api":null,"texts":null,"roles":null})");
    BOOST_TEST(member(changed, "api") == "null");
    BOOST_TEST(member(changed, "texts") == R"({"en":null,"de":null})");
    BOOST_TEST(member(changed, "roles") == "[]");
    BOOST_TEST(member(ask(http_method::get, "/admin/scopes"), "scopes") == "[" + std::string(changed.body()) + "]");
    expect_problem(ask(http_method::post, "/admin/scopes", R"({"name":"orders:read"})"), 409, "scope_taken");
    BOOST_TEST(ask(http_method::delete_, "/admin/clients/shop").status() == 204U);
    BOOST_TEST(ask(http_method::delete_, "/admin/scopes/orders:read").status() == 204U);
    expect_problem(ask(http_method::get, "/admin/scopes/orders:read"), 404, "scope_not_found");
}

BOOST_AUTO_TEST_SUITE_END()
