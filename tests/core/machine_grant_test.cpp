// What a client that speaks for itself is given, as a table.
#include "core/provider/machine_grant.hpp"
#include "tests/support/machine_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::string_view ours = "https://issuer.example";
constexpr machine_defaults defaults{ours, seconds(600)};

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text.append(text.empty() ? "" : " ").append(name);
    }
    return text;
}

catalogue_ptr some_catalogue() {
    memory_registry entities;
    fill_catalogue(entities);
    return entities.find_catalogue();
}

result<machine_grant> decide(const client& who, const machine_ask& asked = {}) {
    return decide_machine_grant(who, *some_catalogue(), asked, defaults);
}

using names = std::vector<std::string>;
const auto as_it_is = [](client&) {};

struct row {
    const char* says;
    std::function<void(client&)> but;
    machine_ask asked;
    std::string scopes, audiences; // joined; where refused is errc{}
    errc refused{};
};

const row rows[] = {
    {"nothing asked: the default scopes, and their API", as_it_is, {}, "orders:read", "https://orders.example"},
    {"without default scopes: all of them, and their APIs",
     [](client& c) { c.default_scopes.clear(); },
     {},
     "orders:read orders:write stock:read",
     "https://orders.example stock"},
    {"one of its scopes", as_it_is, {{"stock:read"}, {}}, "stock:read", "stock"},
    {"in the order asked for",
     as_it_is,
     {{"stock:read", "orders:read"}, {}},
     "stock:read orders:read",
     "stock https://orders.example"},
    {"a scope that is not the client's", as_it_is, {{"orders:read", "free"}, {}}, "", "", errc::invalid_scope},
    {"a scope that there is not",
     [](client& c) { c.scopes.emplace_back("gone"); },
     {{"gone"}, {}},
     "",
     "",
     errc::invalid_scope},
    {"a scope that is gone is left out where nothing is asked for",
     [](client& c) {
         c.scopes.emplace_back("gone");
         c.default_scopes = {"gone", "stock:read"};
     },
     {},
     "stock:read",
     "stock"},
    {"a default scope that is no scope of the client any more",
     [](client& c) { c.scopes = {"stock:read"}; },
     {},
     "",
     "https://orders.example"},
    {"scopes about a user are none of a machine",
     [](client& c) { c.scopes.emplace_back("openid"); },
     {{"openid"}, {}},
     "",
     "",
     errc::invalid_scope},
    {"nor are they given where nothing is asked for",
     [](client& c) {
         c.scopes = {"openid", "email", "roles", "account", "free"};
         c.default_scopes.clear();
     },
     {},
     "free",
     "https://orders.example"},
    {"a scope of no API: the client's first API",
     [](client& c) { c.scopes = {"free"}; },
     {{"free"}, {}},
     "free",
     "https://orders.example"},
    {"no API at all: our own audience",
     [](client& c) {
         c.scopes = {"free"};
         c.apis.clear();
     },
     {{"free"}, {}},
     "free",
     "https://issuer.example"},
    {"no scope and no API: our own audience, and no scope",
     [](client& c) {
         c.scopes.clear();
         c.default_scopes.clear();
         c.apis.clear();
     },
     {},
     "",
     "https://issuer.example"},
    {"a resource", as_it_is, {{}, {"stock"}}, "orders:read", "stock"},
    {"two resources",
     as_it_is,
     {{}, {"stock", "https://orders.example"}},
     "orders:read",
     "stock https://orders.example"},
    {"a resource twice is one", as_it_is, {{}, {"stock", "stock"}}, "orders:read", "stock"},
    {"a resource that there is not", as_it_is, {{}, {"https://none.example"}}, "", "", errc::invalid_target},
    {"a resource of others",
     [](client& c) { c.apis = {"stock"}; },
     {{}, {"https://orders.example"}},
     "",
     "",
     errc::invalid_target},
    {"one that is its own and one of others",
     [](client& c) { c.apis = {"stock"}; },
     {{}, {"stock", "https://orders.example"}},
     "",
     "",
     errc::invalid_target},
    {"an API of the client that is gone",
     [](client& c) { c.apis.emplace_back("gone"); },
     {{}, {"gone"}},
     "",
     "",
     errc::invalid_target},
    {"a scope whose API is none of the client's",
     [](client& c) { c.apis = {"stock"}; },
     {},
     "",
     "",
     errc::invalid_target},
    {"identifiers are compared as they are", as_it_is, {{}, {"https://orders.example/"}}, "", "", errc::invalid_target},
    {"our own API by its scope",
     [](client& c) { c.scopes.emplace_back("admin"); },
     {{"admin"}, {}},
     "admin",
     "https://issuer.example"},
    {"our own API and another",
     [](client& c) { c.scopes.emplace_back("introspect"); },
     {{"introspect", "stock:read"}, {}},
     "introspect stock:read",
     "https://issuer.example stock"},
    {"our own API by name, for a client with one of its scopes",
     [](client& c) { c.scopes.emplace_back("admin"); },
     {{"admin"}, {"https://issuer.example"}},
     "admin",
     "https://issuer.example"},
    {"our own API by name, for a client with none of them",
     as_it_is,
     {{}, {"https://issuer.example"}},
     "",
     "",
     errc::invalid_target},
    {"admin that was not given", as_it_is, {{"admin"}, {}}, "", "", errc::invalid_scope},
    {"without the grant", [](client& c) { c.client_credentials = false; }, {}, "", "", errc::unauthorized_client},
    {"a public client", [](client& c) { c.confidential = false; }, {}, "", "", errc::unauthorized_client},
};

} // namespace

BOOST_AUTO_TEST_SUITE(machine_grants)

BOOST_AUTO_TEST_CASE(each_row_of_the_table_is_decided_as_it_says) {
    for (const row& one : rows) {
        BOOST_TEST_CONTEXT(one.says) {
            client who = machine_client("billing");
            one.but(who);
            const result<machine_grant> decided = decide(who, one.asked);
            BOOST_TEST(decided.has_value() == (one.refused == errc{}));
            if (decided.has_value()) {
                BOOST_TEST(joined(decided->scopes) == one.scopes);
                BOOST_TEST(joined(decided->audiences) == one.audiences);
            } else {
                BOOST_TEST(static_cast<int>(decided.error().code) == static_cast<int>(one.refused));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_format_is_the_apis_unless_the_client_has_its_own) {
    client who = machine_client("billing");
    const auto format = [&](const machine_ask& asked) { return decide(who, asked).value().format; };
    BOOST_TEST((format({{"orders:read"}, {}}) == access_token_format::jwt));
    BOOST_TEST((format({{"stock:read"}, {}}) == access_token_format::opaque));
    BOOST_TEST((format({{"orders:read", "stock:read"}, {}}) == access_token_format::opaque)); // one of them wants it
    who.token_format = client_token_format::jwt;
    BOOST_TEST((format({{"stock:read"}, {}}) == access_token_format::jwt));
    who.token_format = client_token_format::opaque;
    BOOST_TEST((format({{"orders:read"}, {}}) == access_token_format::opaque));
}

BOOST_AUTO_TEST_CASE(the_lifetime_is_the_clients_then_the_apis_then_ours_and_never_over_the_bound) {
    memory_registry entities;
    fill_catalogue(entities);
    client who = machine_client("billing");
    const machine_ask both{{"orders:read", "stock:read"}, {}};
    const auto ttl = [&](seconds ours_says = seconds(600)) {
        const catalogue_ptr all = entities.find_catalogue();
        return decide_machine_grant(who, *all, both, {ours, ours_says}).value().ttl.count();
    };
    const auto api_says = [&](std::string_view identifier, seconds lifetime) {
        api a = *entities.find_catalogue()->find_api(identifier);
        ++a.version;
        a.access_token_ttl = lifetime;
        entities.put_api(a).value();
    };
    BOOST_TEST(ttl() == 600);
    BOOST_TEST(ttl(seconds(90 * 86400)) == machine_token_ttl_max.count());
    api_says(orders_api, seconds(300));
    BOOST_TEST(ttl() == 300);
    api_says(stock_api, seconds(120)); // the shorter of the two
    BOOST_TEST(ttl() == 120);
    who.access_token_ttl = seconds(1800);
    BOOST_TEST(ttl() == 1800);
    who.access_token_ttl = machine_token_ttl_max + seconds(1);
    BOOST_TEST(ttl() == machine_token_ttl_max.count());
}

BOOST_AUTO_TEST_SUITE_END()
