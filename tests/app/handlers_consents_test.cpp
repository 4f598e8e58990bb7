// /users/me/consents and /admin/consents without a socket: who may ask, what is told, what is refused.
#include "core/provider/standard_claims.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/issue.hpp"
#include "tests/app/handler_checks.hpp"
#include "tests/support/machine_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

struct consents_world : world {
    consent_service consents{context};
    client_number shop, bank;

    consents_world() {
        server.consents = &consents;
        fill_catalogue(entities);
        shop = add_client(entities, machine_client("shop"))->number;
        client c = machine_client("https://bank.example/app");
        c.name = "The \"bank\"";
        bank = add_client(entities, c)->number;
    }
    void allow(client_number which) {
        scope_set some;
        some.insert(static_cast<std::size_t>(builtin_scope::openid));
        some.insert(entities.find_catalogue()->find_scope("orders:read")->number.value);
        BOOST_REQUIRE(run(consents.allow(ada, which, some, from_host(1))));
    }
    answer as_operator(http_method method, std::string_view target) {
        app::http_request r = request(method, target);
        r.from_admin_socket = true;
        return send(std::move(r));
    }
    std::string of_ada(std::string_view rest = {}) const {
        return "/admin/consents?user_id=" + std::to_string(ada.value) + std::string(rest);
    }
    answer withdraw(std::string_view path, std::string_view bearer) { return bare(http_method::delete_, path, bearer); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_consents, consents_world)

BOOST_AUTO_TEST_CASE(a_user_sees_what_it_allows_and_withdraws_it) {
    const std::string token = access();
    BOOST_TEST(get("/users/me/consents", token).body() == R"({"consents":[]})");
    allow(bank);
    allow(shop);
    const answer seen = get("/users/me/consents", token);
    BOOST_TEST(seen.status() == 200U);
    BOOST_TEST(seen.header("Cache-Control") == "no-store");
    BOOST_TEST(seen.body() ==
               R"({"consents":[{"client_id":"shop","name":"","scopes":["openid","orders:read"],)"
               R"("granted_at":"2023-11-14T22:13:20Z"},{"client_id":"https://bank.example/app","name":"The \"bank\"",)"
               R"("scopes":["openid","orders:read"],"granted_at":"2023-11-14T22:13:20Z"}]})");
    BOOST_TEST(withdraw("/users/me/consents/shop", token).status() == 204U);
    BOOST_TEST(get("/users/me/consents", token).json().at("consents").as_array().size() == 1U);
    BOOST_TEST(withdraw("/users/me/consents/~aHR0cHM6Ly9iYW5rLmV4YW1wbGUvYXBw", token).status() == 204U);
    BOOST_TEST(get("/users/me/consents", token).body() == R"({"consents":[]})");
    for (const char* path : {"/users/me/consents/shop", "/users/me/consents/not-known", "/users/me/consents/%FF"}) {
        expect_problem(withdraw(path, token), 404, "consent_not_found");
    }
}

BOOST_AUTO_TEST_CASE(a_removed_client_and_a_removed_scope_are_not_told) {
    allow(shop);
    allow(bank);
    edit_client(entities, "shop", [](client& c) { c.removed = true; });
    scope gone = *entities.find_catalogue()->find_scope("orders:read");
    ++gone.version;
    gone.removed = true;
    entities.put_scope(gone).value();
    const std::string token = access();
    const boost::json::value told = get("/users/me/consents", token).json();
    BOOST_TEST(told.at("consents").as_array().size() == 1U);
    BOOST_TEST(boost::json::serialize(told.at("consents").at(0).at("scopes")) == R"(["openid"])");
    expect_problem(withdraw("/users/me/consents/shop", token), 404, "consent_not_found");
}

BOOST_AUTO_TEST_CASE(who_is_not_signed_in_sees_nothing) {
    for (const char* token : {"", "x.y.z"}) {
        BOOST_TEST(get("/users/me/consents", token).status() == 401U);
        BOOST_TEST(withdraw("/users/me/consents/shop", token).status() == 401U);
        BOOST_TEST(get(of_ada(), token).status() == 401U);
    }
    const std::string token = access();
    expect_problem(get(of_ada(), token), 403, "not_admin");
    expect_problem(withdraw(of_ada("&client_id=shop"), token), 403, "not_admin");
}

// Our own API takes sessions of the first party alone.
BOOST_AUTO_TEST_CASE(a_token_of_a_client_does_not_tell_what_others_were_allowed) {
    family_facts facts;
    facts.id.bytes.fill(7);
    facts.user = ada;
    facts.client = shop;
    facts.created_at = time.now();
    facts.idle_ttl = facts.absolute_ttl = seconds(3600);
    data.insert_family(facts, family_word{}, {}).value();
    const issued_tokens tokens = issue_tokens(context, *keys, facts, family_word{}, time.now(), "shop", {}, nullptr);
    expect_problem(get("/users/me/consents", tokens.access_token), 403, "insufficient_scope");
    expect_problem(withdraw("/users/me/consents/shop", tokens.access_token), 403, "insufficient_scope");
}

BOOST_AUTO_TEST_CASE(an_operator_sees_and_withdraws_and_the_event_says_by_whom) {
    allow(shop);
    BOOST_TEST(as_operator(http_method::get, of_ada()).json().at("consents").as_array().size() == 1U);
    BOOST_TEST(as_operator(http_method::delete_, of_ada("&client_id=shop")).status() == 204U);
    BOOST_TEST((data.events().back().kind == event_kind::consent_withdrawn));
    BOOST_TEST((data.events().back().user == ada));
    BOOST_TEST((data.events().back().by == user_id{}));
    BOOST_TEST(data.events().back().about == "shop");
    expect_problem(as_operator(http_method::delete_, of_ada("&client_id=shop")), 404, "consent_not_found");
    expect_problem(as_operator(http_method::get, "/admin/consents?user_id=999"), 404, "user_not_found");
    for (const char* query : {"", "?user_id=x", "?client_id=shop", "?user_id=1", "?user_id=1&client_id="}) {
        const std::string target = std::string("/admin/consents") + query;
        expect_problem(as_operator(http_method::delete_, target), 422, "validation_failed");
    }
}

BOOST_AUTO_TEST_SUITE_END()
