// What a client, an API and a scope may be: tables.
#include "core/provider/client_rules.hpp"
#include "core/provider/client_wishes.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>

using namespace pawl;

namespace {

catalogue some_catalogue() {
    catalogue known;
    auto one = std::make_shared<api>();
    one->identifier = "https://orders.example";
    known.apis.push_back(one);
    for (const char* name : {"orders:read", "orders:write"}) {
        auto s = std::make_shared<scope>();
        s->name = name;
        known.scopes.push_back(s);
    }
    return known;
}

std::string fields_of(const std::vector<field_error>& faults) {
    std::string all;
    for (const field_error& f : faults) {
        all += (all.empty() ? "" : " ") + f.field;
    }
    return all;
}

client good(client_preset preset) {
    client_wishes w;
    w.client_id = "shop";
    w.preset = std::optional(preset);
    if (preset != client_preset::service && preset != client_preset::api) {
        w.redirect_uris = std::optional(std::vector<std::string>{"https://shop.example/cb"});
    }
    return new_client(w);
}

struct bad_client {
    const char* what;
    client_preset preset;
    std::function<void(client&)> change;
    const char* fields;
};
const bad_client bad_clients[] = {
    {"an id with a blank", client_preset::service, [](client& c) { c.client_id = "a b"; }, "client_id"},
    {"no id", client_preset::service, [](client& c) { c.client_id.clear(); }, "client_id"},
    {"an id of digits", client_preset::service, [](client& c) { c.client_id = "123"; }, "client_id"},
    {"the server's own", client_preset::service, [](client& c) { c.client_id = "pawl-web"; }, "client_id"},
    {"an id that is too long", client_preset::service, [](client& c) { c.client_id.assign(129, 'a'); }, "client_id"},
    {"no name", client_preset::service, [](client& c) { c.name.clear(); }, "name"},
    {"a name with a line break", client_preset::service, [](client& c) { c.name = "a\nb"; }, "name"},
    {"a service with users", client_preset::service,
     [](client& c) { c.authorization_code = true, c.redirect_uris = {"https://a.example"}; }, "grants"},
    {"refresh tokens without codes", client_preset::web, [](client& c) { c.authorization_code = false; }, "grants"},
    {"a public client with credentials", client_preset::agent, [](client& c) { c.client_credentials = true; },
     "grants"},
    {"a page with credentials", client_preset::spa,
     [](client& c) {
         c.client_credentials = c.confidential = true;
         c.auth_method = client_auth_method::client_secret_post;
     },
     "grants"},
    {"codes that lead nowhere", client_preset::web, [](client& c) { c.redirect_uris.clear(); }, "redirect_uris"},
    {"a public service", client_preset::service,
     [](client& c) {
         c.confidential = c.client_credentials = false;
         c.auth_method = client_auth_method::none;
     },
     "type"},
    {"a public client with a secret", client_preset::spa,
     [](client& c) { c.auth_method = client_auth_method::client_secret_basic; }, "auth_method"},
    {"a confidential one without proof", client_preset::web,
     [](client& c) { c.auth_method = client_auth_method::none; }, "auth_method"},
    {"a key that is nowhere", client_preset::service,
     [](client& c) { c.auth_method = client_auth_method::private_key_jwt; }, "jwks"},
    {"keys that are none", client_preset::service, [](client& c) { c.jwks = "{}"; }, "jwks"},
    {"keys that are too large", client_preset::service, [](client& c) { c.jwks.assign(16 * 1024 + 1, ' '); }, "jwks"},
    {"a public client without PKCE", client_preset::spa, [](client& c) { c.pkce = client_pkce::optional; }, "pkce"},
    {"a scope that there isn't", client_preset::service, [](client& c) { c.scopes = {"orders:read", "nope"}; },
     "scopes[1]"},
    {"a scope twice", client_preset::service, [](client& c) { c.scopes = {"openid", "openid"}; }, "scopes[1]"},
    {"a default that is no scope of it", client_preset::service, [](client& c) { c.default_scopes = {"openid"}; },
     "default_scopes[0]"},
    {"an API that there isn't", client_preset::service, [](client& c) { c.apis = {"https://other.example"}; },
     "apis[0]"},
    {"too many APIs", client_preset::service, [](client& c) { c.apis.assign(17, "https://orders.example"); }, "apis"},
    {"too many redirect URIs", client_preset::web, [](client& c) { c.redirect_uris.assign(33, "https://a.example"); },
     "redirect_uris"},
    {"a TTL beyond", client_preset::service, [](client& c) { c.access_token_ttl = client_ttl_max + seconds(1); },
     "access_token_ttl"},
    {"an absolute end before the idle one", client_preset::web,
     [](client& c) { c.refresh_idle_ttl = seconds(10), c.refresh_absolute_ttl = seconds(9); }, "refresh_absolute_ttl"},
    {"a window beyond", client_preset::web, [](client& c) { c.reuse_window = seconds(61); },
     "reuse_window lost_response_window"},
    {"attributes that are too large", client_preset::service, [](client& c) { c.attributes.assign(4097, ' '); },
     "attributes"},
    {"all at once", client_preset::service,
     [](client& c) { c.client_id = "@", c.name.clear(), c.scopes = {"x"}, c.apis = {"y"}; },
     "client_id name scopes[0] apis[0]"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(client_rules)

BOOST_AUTO_TEST_CASE(every_preset_is_sound_with_a_redirect_uri_where_it_has_users) {
    const catalogue known = some_catalogue();
    for (const client_preset preset : {client_preset::web, client_preset::spa, client_preset::mobile,
                                       client_preset::agent, client_preset::service, client_preset::api}) {
        const client c = good(preset);
        BOOST_TEST(fields_of(check_client(c, known)) == "");
        BOOST_TEST(c.confidential == (c.auth_method != client_auth_method::none));
        BOOST_TEST(c.name == "shop");
    }
    BOOST_TEST(good(client_preset::service).client_credentials);
    BOOST_TEST(!good(client_preset::api).client_credentials); // it introspects
    BOOST_TEST((good(client_preset::mobile).lost_response_window == seconds(600)));
    BOOST_TEST((good(client_preset::agent).lost_response_window == seconds(300)));
    BOOST_TEST((good(client_preset::spa).bind == client_binding::session));
    BOOST_TEST((good(client_preset::mobile).bind == client_binding::none));
}

BOOST_AUTO_TEST_CASE(what_a_client_may_not_be_is_told_by_its_member) {
    const catalogue known = some_catalogue();
    for (const bad_client& row : bad_clients) {
        BOOST_TEST_CONTEXT(row.what) {
            client c = good(row.preset);
            row.change(c);
            BOOST_TEST(fields_of(check_client(c, known)) == row.fields);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_confidential_client_may_be) {
    const catalogue known = some_catalogue();
    client c = good(client_preset::web);
    c.pkce = client_pkce::optional;
    c.client_credentials = true;
    c.scopes = {"orders:read", "openid", "admin"};
    c.default_scopes = {"openid"};
    c.apis = {"https://orders.example"};
    c.attributes.assign(4096, ' ');
    BOOST_TEST(fields_of(check_client(c, known)) == "");
}

BOOST_AUTO_TEST_CASE(a_redirect_uri_leads_to_one_place_that_the_client_has) {
    const struct {
        const char* uri;
        bool web, native;
    } rows[] = {
        {"https://shop.example/cb", true, true},
        {"https://shop.example", true, true},
        {"https://shop.example:8443/cb?x=1&y=%20", true, true},
        {"HTTPS://shop.example/cb", true, true},
        {"https://[2001:db8::1]/cb", true, true},
        {"http://127.0.0.1:7777/cb", true, true},
        {"http://[::1]/cb", true, true},
        {"http://localhost:3000/api/auth/callback", true, true},
        {"com.example.app:/callback", false, true},
        {"com.example.app://host/callback", false, true},
        {"http://shop.example/cb", false, false},
        {"http://localhost.evil.example/", false, false},
        {"http://127.0.0.1.evil.example/", false, false},
        {"http://127.0.0.1@evil.example/", false, false},
        {"https://shop.example/cb#x", false, false},
        {"https://*.shop.example/cb", false, false},
        {"https://shop.example/*", false, false},
        {"https://user@shop.example/cb", false, false},
        {"https://user:word@shop.example/cb", false, false},
        {"com.example.app://user@host/x", false, false},
        {"https:///cb", false, false},
        {"https:shop.example/cb", false, false},
        {"https://shop.example:x/cb", false, false},
        {"https://shop.example:/cb", false, false},
        {"https://shop.example\\@evil.example/", false, false},
        {"https://shop.example/a b", false, false},
        {"https://shop.example/%zz", false, false},
        {"https://shop.example/%2", false, false},
        {"https://sh\xC3\xB6p.example/", false, false},
        {"//shop.example/cb", false, false},
        {"/cb", false, false},
        {"shop.example/cb", false, false},
        {"cursor://callback", false, false},
        {"javascript:alert(1)", false, false},
        {"data:text/html,x", false, false},
        {"com.example.app:", false, false},
        {"", false, false},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.uri) {
            BOOST_TEST(redirect_uri_problem(row.uri, false).empty() == row.web);
            BOOST_TEST(redirect_uri_problem(row.uri, true).empty() == row.native);
        }
    }
    BOOST_TEST(redirect_uri_problem("https://a.example/" + std::string(1006, 'a'), false).empty());
    BOOST_TEST(!redirect_uri_problem("https://a.example/" + std::string(1007, 'a'), false).empty());
}

BOOST_AUTO_TEST_CASE(client_ids_and_those_that_are_reserved) {
    const struct {
        const char* id;
        bool good, reserved;
    } rows[] = {
        {"shop", true, false},     {"Shop-1.example_~:x", true, false},
        {"1a", true, false},       {"pawl", false, true},
        {"pawl-web", false, true}, {"pawlish", false, true},
        {"Pawl", true, false},     {"forward:a.example", false, true},
        {"https:x", false, true},  {"a@b", false, true},
        {"42", false, true},       {"", false, false},
        {"a/b", false, false},     {"a b", false, false},
        {"a%20", false, false},    {"sh\xC3\xB6p", false, false},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.id) {
            BOOST_TEST(is_client_id(row.id) == row.good);
            BOOST_TEST(is_reserved_client_id(row.id) == row.reserved);
        }
    }
}

BOOST_AUTO_TEST_CASE(apis_and_scopes) {
    api a;
    const struct {
        std::string identifier;
        const char* fields;
    } apis[] = {
        {"https://api.example/v1?x=1", ""},
        {"orders", ""},
        {"", "identifier name"},
        {"https://api.example#x", "identifier"},
        {"a b", "identifier"},
        {"a\"b", "identifier"},
        {std::string(512, 'a'), "name"}, // it can't be its own name for people
        {std::string(513, 'a'), "identifier name"},
    };
    for (const auto& row : apis) {
        a.identifier = a.name = row.identifier;
        BOOST_TEST(fields_of(check_api(a)) == row.fields, row.identifier);
    }
    const catalogue known = some_catalogue();
    const struct {
        const char* name;
        const char* api;
        std::vector<std::string> roles;
        const char* fields;
    } scopes[] = {
        {"orders:delete", "https://orders.example", {"clerk"}, ""},
        {"openid", "", {}, "name"},
        {"a b", "", {}, "name"},
        {"x", "nope", {"", "a", "a"}, "api roles[0] roles[2]"},
    };
    for (const auto& row : scopes) {
        scope s;
        s.name = row.name;
        s.api = row.api;
        s.roles = row.roles;
        BOOST_TEST(fields_of(check_scope(s, known)) == row.fields, row.name);
    }
    scope s;
    s.name = "x";
    s.text_en.assign(513, 'a');
    s.text_de = "\x01";
    BOOST_TEST(fields_of(check_scope(s, known)) == "texts.en texts.de");
}

BOOST_AUTO_TEST_CASE(the_scopes_of_a_request_are_words_with_one_space_between) {
    const struct {
        const char* text;
        bool good;
        std::vector<std::string> names;
    } rows[] = {
        {"", true, {}},      {"a", true, {"a"}}, {"a b", true, {"a", "b"}}, {"a a b", true, {"a", "b"}},
        {"a  b", false, {}}, {" a", false, {}},  {"a ", false, {}},         {"a\tb", false, {}},
        {"a\"", false, {}},
    };
    for (const auto& row : rows) {
        std::vector<std::string> names;
        BOOST_TEST(read_scope_parameter(row.text, names) == row.good, row.text);
        if (row.good) {
            BOOST_TEST(names == row.names, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_null_takes_a_member_back_to_what_its_preset_has_and_silence_leaves_it) {
    client c = good(client_preset::mobile);
    c.lost_response_window = seconds(5);
    c.attributes = "{}";
    c.name = "Shop";
    client_wishes w;
    put_wishes(c, w);
    BOOST_TEST((c.lost_response_window == seconds(5)));
    w.lost_response_window = std::optional<seconds>();
    w.attributes = std::optional<std::string>();
    w.name = std::optional<std::string>();
    put_wishes(c, w);
    BOOST_TEST((c.lost_response_window == seconds(600)));
    BOOST_TEST(c.attributes.empty());
    BOOST_TEST(c.name == "shop");
}

BOOST_AUTO_TEST_SUITE_END()
