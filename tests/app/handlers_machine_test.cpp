// What clients ask for themselves: /token with client_credentials, /introspect, /revoke, the metadata, and our own API.
#include "app/http/form.hpp"
#include "core/service/client_guard.hpp"
#include "tests/app/handler_checks.hpp"
#include "tests/support/machine_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
namespace json = boost::json;

namespace {

std::string base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8U | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            out += i + j <= text.size() ? digits[group >> (18 - 6 * j) & 63U] : '=';
        }
    }
    return out;
}

struct machine_handlers : world {
    memory_registry entities;
    service_context with_entities{data, time, random, hasher, limiter, settings, counters, context.keys, &entities};
    access_guard own_guard{with_entities};
    machine_service machines{with_entities, own_guard};
    admin_service operators{with_entities};
    fake_limiter client_attempts;
    client_guard proofs{with_entities, client_attempts};
    std::string billing = add("billing", [](client&) {});

    machine_handlers() {
        fill_catalogue(entities);
        server.entities = &entities;
        server.machines = &machines;
        server.client_proofs = &proofs;
        server.admin = &operators;
    }
    // A client with a secret of ours. Gives the value of its Authorization header.
    template <class Edit>
    std::string add(const std::string& client_id, Edit edit) {
        client c = machine_client(client_id);
        edit(c);
        const client_ptr there = add_client(entities, c);
        const made_secret made = make_client_secret(*keys->capsules, there->number, 1, time.now(), timestamp{}, random);
        edit_client(entities, client_id, [&](client& one) {
            one.secrets = {made.entry};
            one.last_serial = 1;
        });
        return "Basic " + base64(client_id + ":" + std::string(made.text.reveal()));
    }
    answer ask(std::string_view target, std::string_view body, std::string_view authorization) {
        app::http_request r = request(app::http_method::post, target);
        r.content_type = form_type;
        r.body = body;
        if (!authorization.empty()) {
            r.authorization = authorization;
        }
        return send(std::move(r));
    }
    answer token_of(std::string_view authorization, std::string_view more = {}) {
        const std::string body = "grant_type=client_credentials" + std::string(more);
        return ask("/token", body, authorization);
    }
    std::string token(std::string_view authorization, std::string_view more = {}) {
        const answer given = token_of(authorization, more);
        BOOST_REQUIRE_EQUAL(given.status(), 200U);
        return given.text("access_token");
    }
    answer introspect(std::string_view authorization, const std::string& text) {
        const std::string body = "token=" + text;
        return ask("/introspect", body, authorization);
    }
    answer revoke(std::string_view authorization, const std::string& text) {
        const std::string body = "token=" + text;
        return ask("/revoke", body, authorization);
    }
};

void expect_error(const answer& a, unsigned status, const char* error) {
    BOOST_TEST(a.status() == status);
    BOOST_TEST(a.response.content_type == "application/json");
    BOOST_TEST(a.text("error") == error);
    BOOST_TEST(a.header("Cache-Control") == "no-store");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_machine, machine_handlers)

BOOST_AUTO_TEST_CASE(a_client_gets_a_token_and_no_refresh_token) {
    const answer given = token_of(billing);
    BOOST_REQUIRE_EQUAL(given.status(), 200U);
    BOOST_TEST(given.response.content_type == "application/json");
    BOOST_TEST(given.header("Cache-Control") == "no-store");
    BOOST_TEST(given.text("token_type") == "Bearer");
    BOOST_TEST(given.text("scope") == "orders:read");
    BOOST_TEST(given.json().at("expires_in").as_int64() == 600);
    BOOST_TEST(given.json().as_object().size() == 4U);
}

BOOST_AUTO_TEST_CASE(resource_and_audience_may_repeat_and_nothing_else) {
    const std::string two = "&resource=stock&resource=https%3A%2F%2Forders.example&audience=stock";
    const answer told = introspect(billing, token(billing, two));
    const json::value aud = told.json().at("aud");
    BOOST_REQUIRE(aud.is_array());
    BOOST_TEST(aud.as_array().size() == 2U);
    expect_error(token_of(billing, "&scope=orders%3Aread&scope=orders%3Aread"), 400, "invalid_request");
    expect_error(token_of(billing, "&grant_type=client_credentials"), 400, "invalid_request");
    expect_error(ask("/revoke", "token=a&token=b", billing), 400, "invalid_request");
    expect_error(ask("/introspect", "token=a&token=b&resource=x", billing), 400, "invalid_request");
    BOOST_TEST(token_of(billing, "&scope=&resource=&audience=").text("scope") == "orders:read"); // as good as absent
}

BOOST_AUTO_TEST_CASE(what_a_client_may_not_have_is_refused_by_its_name) {
    expect_error(token_of(billing, "&scope=free"), 400, "invalid_scope");
    expect_error(token_of(billing, "&scope=a++b"), 400, "invalid_scope");
    expect_error(token_of(billing, "&scope=%22"), 400, "invalid_scope");
    expect_error(token_of(billing, "&resource=https%3A%2F%2Fnone.example"), 400, "invalid_target");
    expect_error(token_of(billing, "&resource=https%3A%2F%2Forders.example%23part"), 400, "invalid_target");
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "&resource=r" + std::to_string(i);
    }
    expect_error(token_of(billing, many), 400, "invalid_target");
    const std::string without = add("without", [](client& c) { c.client_credentials = false; });
    expect_error(token_of(without), 400, "unauthorized_client");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_prove_who_it_is_gets_nothing) {
    BOOST_TEST(token_of({}).text("error") == "invalid_client");
    BOOST_TEST(token_of({}, "&client_id=unknown").text("error") == "invalid_client");
    BOOST_TEST(token_of({}, "&client_id=billing").text("error") == "invalid_client");
    BOOST_TEST(token_of("Basic " + base64("billing:wrong")).text("error") == "invalid_client");
    BOOST_TEST(introspect({}, "x").text("error") == "invalid_client");
    edit_client(entities, "billing", [](client& c) { c.enabled = false; });
    BOOST_TEST(token_of(billing).text("error") == "invalid_client");
    BOOST_TEST(introspect(billing, "x").text("error") == "invalid_client");
    BOOST_TEST(revoke(billing, "x").text("error") == "invalid_client");
}

BOOST_AUTO_TEST_CASE(a_grant_that_there_is_not_is_said_to_be_none_to_every_client) {
    for (const std::string& authorization : {std::string(), billing, "Basic " + base64("billing:wrong")}) {
        expect_error(ask("/token", "grant_type=implicit&code=x", authorization), 400, "unsupported_grant_type");
    }
}

BOOST_AUTO_TEST_CASE(a_name_without_a_secret_is_no_proof_and_the_first_partys_needs_none) {
    const std::string form = "username=ada&password=correct+horse+7+staple";
    for (const char* name : {"pawl:", "no-client-has-this:"}) { // requests-oauthlib
        BOOST_TEST(ask("/token", form, "Basic " + base64(name)).status() == 200U);
    }
    BOOST_TEST(ask("/token", form, "Basic " + base64("billing:")).text("error") == "invalid_client");
    BOOST_TEST(token_of("Basic " + base64("billing:")).text("error") == "invalid_client");
    BOOST_TEST(token_of("Basic " + base64("pawl:")).text("error") == "invalid_client");
}

BOOST_AUTO_TEST_CASE(a_public_client_is_told_of_no_token) {
    client c = machine_client("page");
    c.confidential = c.client_credentials = false;
    c.auth_method = client_auth_method::none;
    add_client(entities, c);
    BOOST_TEST(ask("/introspect", "token=x&client_id=page", {}).text("error") == "invalid_client");
}

BOOST_AUTO_TEST_CASE(users_give_their_passwords_to_the_first_party_alone) {
    const std::string form = "grant_type=password&username=ada&password=correct+horse+7+staple";
    expect_error(ask("/token", form, billing), 400, "unauthorized_client");
    BOOST_TEST(data.families_of(ada).empty());
    const std::string users = logged_in().text("refresh_token");
    const std::string body = "grant_type=refresh_token&refresh_token=" + users;
    BOOST_TEST(ask("/token", body, billing).status() != 200U);
    BOOST_TEST(ask("/token", body, {}).status() == 200U); // and it was not touched
}

BOOST_AUTO_TEST_CASE(what_is_told_of_a_token_is_what_is_in_it) {
    const answer told = introspect(billing, token(billing));
    BOOST_TEST(told.status() == 200U);
    BOOST_TEST(told.header("Cache-Control") == "no-store");
    const json::object facts = told.json().as_object();
    BOOST_TEST(facts.at("active").as_bool());
    BOOST_TEST(told.text("token_type") == "Bearer");
    BOOST_TEST(told.text("client_id") == "billing");
    BOOST_TEST(told.text("sub") == "client:billing");
    BOOST_TEST(told.text("scope") == "orders:read");
    BOOST_TEST(told.text("aud") == orders_api);
    BOOST_TEST(told.text("iss") == settings.issuer);
    BOOST_TEST(facts.at("exp").as_int64() == facts.at("iat").as_int64() + 600);
    BOOST_TEST(!facts.contains("username"));
    BOOST_TEST(!facts.contains("sid"));
    BOOST_TEST(introspect(billing, "x").body() == R"({"active":false})");
    BOOST_TEST(introspect(billing, logged_in().text("access_token")).body() == R"({"active":false})");
}

BOOST_AUTO_TEST_CASE(a_bearer_with_the_scope_is_told_too) {
    const std::string watcher = add("watcher", [](client& c) {
        c.scopes = {"introspect", "admin"};
        c.default_scopes.clear();
    });
    const std::string bearer = "Bearer " + token(watcher, "&scope=introspect");
    const std::string users = logged_in().text("access_token");
    BOOST_TEST(introspect(bearer, users).text("username") == "ada");
    BOOST_TEST(introspect(bearer, token(billing)).json().at("active").as_bool());
    const answer without = introspect("Bearer " + token(watcher, "&scope=admin"), users);
    expect_error(without, 403, "insufficient_scope");
    BOOST_TEST(without.header("WWW-Authenticate") == "Bearer error=\"insufficient_scope\"");
    const answer garbled = introspect("Bearer x", users);
    expect_error(garbled, 401, "invalid_token");
    BOOST_TEST(garbled.header("WWW-Authenticate") == "Bearer error=\"invalid_token\"");
    expect_error(introspect("Bearer " + users, users), 403, "insufficient_scope");
}

BOOST_AUTO_TEST_CASE(a_token_in_the_query_is_refused) {
    expect_error(ask("/introspect?token=x", "token=x", billing), 400, "invalid_request");
    expect_error(ask("/revoke?tok%65n=x", "token=x", billing), 400, "invalid_request");
}

BOOST_AUTO_TEST_CASE(a_request_without_a_token_is_told_so) {
    expect_error(ask("/introspect", "a=b", billing), 400, "invalid_request");
    expect_error(ask("/revoke", "a=b", billing), 400, "invalid_request");
    expect_error(send_body(app::http_method::post, "/revoke", json_type, "{}", {}), 415, "invalid_request");
    expect_error(send_body(app::http_method::post, "/introspect", json_type, "{}", {}), 415, "invalid_request");
}

BOOST_AUTO_TEST_CASE(a_revoked_token_is_no_good_and_what_is_unknown_is_none) {
    const std::string one = token(billing);
    const answer done = revoke(billing, one);
    BOOST_TEST(done.status() == 200U);
    BOOST_TEST(done.body() == "{}"); // some clients read it as JSON
    BOOST_TEST(done.response.content_type == "application/json");
    BOOST_TEST(done.header("Cache-Control") == "no-store");
    BOOST_TEST(introspect(billing, one).body() == R"({"active":false})");
    BOOST_TEST(revoke(billing, one).status() == 200U);
    BOOST_TEST(revoke(billing, "nonsense").status() == 200U);
    BOOST_TEST(ask("/revoke", "token=x&token_type_hint=nonsense", billing).status() == 200U);
}

BOOST_AUTO_TEST_CASE(a_token_of_another_is_refused) {
    const std::string other = add("other", [](client&) {});
    expect_error(revoke(other, token(billing)), 400, "invalid_request");
    expect_error(revoke({}, token(billing)), 400, "invalid_request");
    expect_error(revoke(other, logged_in().text("refresh_token")), 400, "invalid_request");
}

BOOST_AUTO_TEST_CASE(the_first_party_revokes_without_a_client) {
    const answer users = logged_in();
    BOOST_TEST(revoke({}, users.text("refresh_token")).status() == 200U);
    BOOST_TEST(get("/users/me", users.text("access_token")).status() == 401U);
}

BOOST_AUTO_TEST_CASE(a_client_is_no_user_at_our_own_api) {
    const std::string text = token(billing);
    for (const char* path : {"/users/me", "/sessions"}) {
        expect_problem(get(path, text), 401, "invalid_access_token");
    }
}

BOOST_AUTO_TEST_CASE(a_client_with_the_scope_admin_is_an_operator) {
    const std::string deploy = add("deploy", [](client& c) {
        c.scopes = {"admin", "introspect"};
        c.default_scopes.clear();
    });
    const std::string text = token(deploy, "&scope=admin");
    BOOST_TEST(get("/admin/users", text).status() == 200U);
    const answer without = get("/admin/users", token(deploy, "&scope=introspect"));
    expect_problem(without, 403, "insufficient_scope");
    BOOST_TEST(without.header("WWW-Authenticate") == "Bearer error=\"insufficient_scope\"");
    expect_problem(get("/admin/users", token(billing)), 401, "invalid_access_token"); // of another API
    expect_problem(get("/admin/users", access()), 403, "not_admin");                  // a user who is none
    expect_problem(get("/admin/users", "x"), 401, "invalid_access_token");
    edit_client(entities, "deploy", [](client& c) { c.raise_epoch(); });
    expect_problem(get("/admin/users", text), 401, "invalid_access_token");
}

BOOST_AUTO_TEST_CASE(the_metadata_says_what_is_on) {
    for (const char* path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
        const answer told = get(path);
        BOOST_TEST(told.text("introspection_endpoint") == settings.issuer + "/introspect");
        BOOST_TEST(told.text("revocation_endpoint") == settings.issuer + "/revoke");
        const json::object all = told.json().as_object();
        // Of the built-in ones those of machines: no one signs in to clients here.
        const json::array expected{"admin", "introspect", "free", "orders:read", "orders:write", "stock:read"};
        BOOST_TEST((all.at("scopes_supported").as_array() == expected));
        for (const char* algorithms : {"token_endpoint_auth_signing_alg_values_supported",
                                       "introspection_endpoint_auth_signing_alg_values_supported",
                                       "revocation_endpoint_auth_signing_alg_values_supported"}) {
            BOOST_TEST(!all.at(algorithms).as_array().empty());
        }
        BOOST_TEST(!all.at("request_uri_parameter_supported").as_bool());
        BOOST_TEST(all.at("response_modes_supported").as_array().empty());
        const json::array& asking = all.at("introspection_endpoint_auth_methods_supported").as_array();
        BOOST_TEST((std::ranges::find(asking, json::value("none")) == asking.end()));
        BOOST_TEST((std::ranges::find(asking, json::value("Bearer")) != asking.end()));
    }
}

BOOST_AUTO_TEST_CASE(an_issuer_with_a_path_has_its_metadata_behind_the_well_known_path) {
    for (const std::string path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
        expect_problem(get(path + "/auth"), 404, "not_found");
        settings.issuer = "https://example.com/auth";
        BOOST_TEST(get(path + "/auth").text("issuer") == settings.issuer);
        expect_problem(get(path + "/other"), 404, "not_found");
        settings.issuer = "https://example.com";
    }
}

BOOST_AUTO_TEST_SUITE_END()
