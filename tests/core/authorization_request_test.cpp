// What is taken as a request for authorization, and which error goes where.
#include "tests/support/authorization_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

using outcome = std::variant<authorization_request, authorization_refusal>;
using change = std::function<void(client&)>;
const change as_it_is = [](client&) {};

client shop_but(const change& edit) {
    client c = shop_client();
    edit(c);
    return c;
}

authorization_request taken(const outcome& read) {
    const authorization_refusal* const refused = std::get_if<authorization_refusal>(&read);
    BOOST_TEST_REQUIRE(refused == nullptr, (refused == nullptr ? "" : refused->error + ": " + refused->description));
    return std::get<authorization_request>(read);
}

authorization_refusal refused(const outcome& read) {
    BOOST_TEST_REQUIRE(std::holds_alternative<authorization_refusal>(read));
    authorization_refusal refusal = std::get<authorization_refusal>(read);
    BOOST_TEST(!refusal.description.empty());
    for (const char c : refusal.description) { // RFC 6749 4.1.2.1
        BOOST_TEST((c >= 0x20 && c < 0x7F && c != '"' && c != '\\'));
    }
    return refusal;
}

authorization_parameters good_with(std::string name, std::string value) {
    return with_other(good_parameters(), std::move(name), std::move(value));
}

// What the client is told of.
struct told_row {
    const char* says;
    authorization_parameters given;
    const char* error;
    change edit = as_it_is;
};

std::vector<told_row> rows_of_the_protocol() {
    const authorization_parameters good = good_parameters();
    return {
        {"a scope twice", with(good, "scope", "openid"), "invalid_request"},
        {"a parameter that is not known, twice", with(with(good, "x", "1"), "x", "1"), "invalid_request"},
        {"the grant is not the client's", good, "unauthorized_client", [](client& c) { c.authorization_code = false; }},
        {"no response_type", without(good, "response_type"), "invalid_request"},
        {"token", good_with("response_type", "token"), "unsupported_response_type"},
        {"id_token", good_with("response_type", "id_token"), "unsupported_response_type"},
        {"code and token", good_with("response_type", "code token"), "unsupported_response_type"},
        {"Code", good_with("response_type", "Code"), "unsupported_response_type"},
        {"a state of 1025 bytes", good_with("state", std::string(1025, 's')), "invalid_request"},
        {"a state with a line end", good_with("state", "a\nb"), "invalid_request"},
        {"a state with a NUL", good_with("state", std::string("a\0b", 3)), "invalid_request"},
        {"a state that is not UTF-8", good_with("state", "\xFF"), "invalid_request"},
        {"a nonce of 513 bytes", good_with("nonce", std::string(513, 'n')), "invalid_request"},
        {"a nonce with a control", good_with("nonce", "a\x7F"), "invalid_request"},
        {"a login_hint with a control", good_with("login_hint", "a\x01"), "invalid_request"},
        {"ui_locales that are not UTF-8", good_with("ui_locales", "\xC0\x80"), "invalid_request"},
        {"a mode that is not known", good_with("response_mode", "web_message"), "invalid_request"},
        {"the mode jwt", good_with("response_mode", "jwt"), "invalid_request"},
        {"the mode query.jwt", good_with("response_mode", "query.jwt"), "invalid_request"},
        {"a request object", good_with("request", "e30.e30."), "request_not_supported"},
        {"one beside a missing type", with(without(good, "response_type"), "request", "e30.e30."),
         "request_not_supported"},
        {"a request_uri", good_with("request_uri", "https://shop.example/r"), "request_uri_not_supported"},
        {"a registration", good_with("registration", "{}"), "registration_not_supported"},
        {"dpop_jkt", good_with("dpop_jkt", "x"), "invalid_request"},
        {"the scope with two spaces", good_with("scope", "openid  email"), "invalid_scope"},
        {"the scope with a space before", good_with("scope", " openid"), "invalid_scope"},
        {"the scope with a quote", good_with("scope", "openid \""), "invalid_scope"},
        {"the scope beyond ASCII", good_with("scope", "openid \xC3\xA4"), "invalid_scope"},
        {"scopes that there are not", good_with("scope", "nothing here"), "invalid_scope"},
        {"scopes that the client has not", good_with("scope", "phone address"), "invalid_scope"},
        {"a scope that no operator defines any more", good_with("scope", "gone"), "invalid_scope",
         [](client& c) { c.scopes = {"gone"}; }},
        {"no scope, and no default ones", without(good, "scope"), "invalid_scope",
         [](client& c) { c.default_scopes.clear(); }},
        {"an API of others", good_with("resource", "https://others.example"), "invalid_target"},
        {"an API that there is not", good_with("resource", "https://orders.example/"), "invalid_target"},
        {"an API that was removed", good_with("resource", "gone"), "invalid_target",
         [](client& c) { c.apis.emplace_back("gone"); }},
        {"one good API and one of others", with(good_with("resource", "stock"), "resource", "https://others.example"),
         "invalid_target"},
    };
}

std::vector<told_row> rows_of_openid_and_pkce() {
    const authorization_parameters good = good_parameters(),
                                   bare = without(without(good, "code_challenge"), "code_challenge_method");
    const std::string challenge(some_challenge);
    const auto challenged = [&](const std::string& text) { return good_with("code_challenge", text); };
    return {
        {"no PKCE", bare, "invalid_request"},
        {"no PKCE of a public client that says optional", bare, "invalid_request",
         [](client& c) {
             c.pkce = client_pkce::optional;
             c.confidential = false;
         }},
        {"a method alone", without(good, "code_challenge"), "invalid_request"},
        {"a method alone, PKCE optional", without(good, "code_challenge"), "invalid_request",
         [](client& c) { c.pkce = client_pkce::optional; }},
        {"no method, which is plain", without(good, "code_challenge_method"), "invalid_request"},
        {"plain", good_with("code_challenge_method", "plain"), "invalid_request"},
        {"s256", good_with("code_challenge_method", "s256"), "invalid_request"},
        {"a challenge of 42", challenged(challenge.substr(1)), "invalid_request"},
        {"a challenge of 44", challenged(challenge + "A"), "invalid_request"},
        {"a challenge with padding", challenged(challenge + "="), "invalid_request"},
        {"a challenge with padding in 43", challenged(challenge.substr(0, 42) + "="), "invalid_request"},
        {"a challenge of the other alphabet", challenged("+" + challenge.substr(1)), "invalid_request"},
        {"a challenge with a slash", challenged("/" + challenge.substr(1)), "invalid_request"},
        {"a challenge with a space", challenged(" " + challenge.substr(1)), "invalid_request"},
        {"a challenge with spare bits", challenged(challenge.substr(0, 42) + "N"), "invalid_request"},
        {"a prompt that is not known", good_with("prompt", "create"), "invalid_request"},
        {"a known and an unknown prompt", good_with("prompt", "login create"), "invalid_request"},
        {"a prompt in capitals", good_with("prompt", "Login"), "invalid_request"},
        {"a prompt with two spaces", good_with("prompt", "login  consent"), "invalid_request"},
        {"none and login", good_with("prompt", "none login"), "invalid_request"},
        {"consent and none", good_with("prompt", "consent none"), "invalid_request"},
        {"a negative max_age", good_with("max_age", "-1"), "invalid_request"},
        {"a max_age with a sign", good_with("max_age", "+1"), "invalid_request"},
        {"a max_age with a point", good_with("max_age", "1.0"), "invalid_request"},
        {"a max_age of a space", good_with("max_age", " 1"), "invalid_request"},
        {"claims that are no JSON", good_with("claims", "{"), "invalid_request"},
        {"claims that are no object", good_with("claims", "[]"), "invalid_request"},
        {"claims with a member twice", good_with("claims", R"({"userinfo":{},"userinfo":{}})"), "invalid_request"},
        {"userinfo that is no object", good_with("claims", R"({"userinfo":null})"), "invalid_request"},
        {"id_token that is no object", good_with("claims", R"({"id_token":["email"]})"), "invalid_request"},
        {"a claim that is a text", good_with("claims", R"({"userinfo":{"email":"yes"}})"), "invalid_request"},
        {"essential that is a text", good_with("claims", R"({"userinfo":{"email":{"essential":"true"}}})"),
         "invalid_request"},
        {"values that are no list", good_with("claims", R"({"id_token":{"acr":{"values":"1"}}})"), "invalid_request"},
        {"a sub that is a number", good_with("claims", R"({"id_token":{"sub":{"value":42}}})"), "invalid_request"},
        {"claims of 4097 bytes", good_with("claims", "{}" + std::string(4095, ' ')), "invalid_request"},
        {"claims that are too deep", good_with("claims", R"({"x":[[[[[[[[[1]]]]]]]]]})"), "invalid_request"},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(authorization_requests)

BOOST_AUTO_TEST_CASE(a_good_request_is_read_as_it_stands) {
    const authorization_request asked = taken(read(good_parameters()));
    BOOST_TEST((asked.grant == id_of(0xF0)));
    BOOST_TEST((asked.asked_at == asked_at));
    BOOST_TEST(asked.client.value == 17U);
    BOOST_TEST(asked.redirect_uri == some_redirect_uri);
    BOOST_TEST(asked.redirect_uri_given);
    BOOST_TEST((asked.scopes == std::vector<std::string>{"openid", "orders:read"}));
    BOOST_TEST(asked.state == "a state");
    BOOST_TEST((asked.mode == response_mode::query));
    BOOST_TEST(asked.prompt == 0);
    BOOST_TEST((!asked.max_age && !asked.hinted));
    BOOST_TEST_REQUIRE(asked.code_challenge.has_value());
    BOOST_TEST(int{asked.code_challenge->front()} == 0x13);
    BOOST_TEST(int{asked.code_challenge->back()} == 0xC3);
}

BOOST_AUTO_TEST_CASE(of_a_client_that_is_not_proven_a_page_says_it) {
    const authorization_parameters good = good_parameters();
    const auto on_a_page = [](const authorization_parameters& given, const client& who = shop_client()) {
        const authorization_refusal refusal = refused(read(given, who));
        BOOST_TEST(!refusal.target.has_value());
        return refusal.error;
    };
    BOOST_TEST(on_a_page(without(good, "client_id")) == "invalid_request");
    BOOST_TEST(on_a_page(with_other(good, "client_id", "")) == "invalid_request");
    BOOST_TEST(on_a_page(with(good, "client_id", "shop")) == "invalid_request");
    BOOST_TEST(on_a_page(with(good, "client_id", "other")) == "invalid_request");
    BOOST_TEST(on_a_page(with_other(good, "client_id", "Shop")) == "invalid_client");
    BOOST_TEST(on_a_page(good, shop_but([](client& c) { c.enabled = false; })) == "invalid_client");
    BOOST_TEST(on_a_page(good, shop_but([](client& c) { c.removed = true; })) == "invalid_client");
    const catalogue all = shop_catalogue();
    const auto of_none = read_authorization_request(good, {nullptr, all, asked_at, id_of(1), std::nullopt, false});
    BOOST_TEST(refused(of_none).error == "invalid_client");
    BOOST_TEST(!refused(of_none).target.has_value());
}

BOOST_AUTO_TEST_CASE(of_a_redirect_uri_that_is_not_proven_a_page_says_it) {
    const auto is_page = [](const std::string& uri, const change& edit = as_it_is) {
        const authorization_refusal refusal = refused(read(good_with("redirect_uri", uri), shop_but(edit)));
        return refusal.error == "invalid_request" && !refusal.target;
    };
    for (const char* uri : {"https://shop.example/cb/", "https://shop.example/cb?", "https://shop.example/cb#",
                            "https://shop.example/CB", "HTTPS://shop.example/cb", "https://shop.example:443/cb",
                            "https://shop.example/%63b", "https://shop.example/cb/../cb", "https://shop.example/",
                            "https://evil.example/cb", " https://shop.example/cb", "https://shop.example/cb\n"}) {
        BOOST_TEST(is_page(uri), uri);
    }
    BOOST_TEST(is_page("https://shop.example/cb", [](client& c) { c.redirect_uris.clear(); }));
    const authorization_parameters twice = with(good_parameters(), "redirect_uri", std::string(some_redirect_uri));
    BOOST_TEST(!refused(read(twice)).target.has_value());
}

BOOST_AUTO_TEST_CASE(a_loopback_uri_may_differ_in_its_port) {
    const auto takes = [](const char* registered, const char* asked, client_preset preset = client_preset::web) {
        const auto edit = [&](client& c) {
            c.redirect_uris = {registered};
            c.preset = preset;
        };
        return std::holds_alternative<authorization_request>(read(good_with("redirect_uri", asked), shop_but(edit)));
    };
    BOOST_TEST(takes("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
    BOOST_TEST(takes("http://127.0.0.1:80/cb?a=b", "http://127.0.0.1:65535/cb?a=b"));
    BOOST_TEST(takes("http://127.0.0.1:80/cb", "http://127.0.0.1/cb"));
    BOOST_TEST(takes("http://[::1]/cb", "http://[::1]:1/cb"));
    BOOST_TEST(takes("http://localhost/cb", "http://localhost:5000/cb", client_preset::mobile));
    BOOST_TEST(takes("http://localhost/cb", "http://localhost:5000/cb", client_preset::agent));
    BOOST_TEST(!takes("http://localhost/cb", "http://localhost:5000/cb"));
    for (const char* asked :
         {"http://127.0.0.1:/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:000080/cb", "http://127.0.0.1:8x/cb",
          "http://127.0.0.1:80@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:80/cb2",
          "http://127.0.0.1:80", "https://127.0.0.1:80/cb", "http://127.0.0.2:80/cb", "http://[::1]:80/cb",
          "http://localhost:80/cb", "http://127.0.0.1:80/cb?", "http://127.0.0.1:-1/cb", "http://127.0.0.1:+1/cb",
          "http://127.0.0.1:80/cb#x", "http://127.0.0.1:80:80/cb", "HTTP://127.0.0.1:80/cb"}) {
        BOOST_TEST(!takes("http://127.0.0.1/cb", asked, client_preset::mobile), asked);
    }
    BOOST_TEST(!takes("https://127.0.0.1/cb", "https://127.0.0.1:80/cb", client_preset::mobile));
    BOOST_TEST(!takes("https://shop.example/cb", "https://shop.example:8080/cb"));
}

BOOST_AUTO_TEST_CASE(the_only_redirect_uri_may_be_left_out_without_openid) {
    const authorization_parameters plain =
        without(with_other(good_parameters(), "scope", "orders:read"), "redirect_uri");
    const authorization_request asked = taken(read(plain));
    BOOST_TEST(asked.redirect_uri == some_redirect_uri);
    BOOST_TEST(!asked.redirect_uri_given);
    const auto page = [](const authorization_parameters& given, const change& edit = as_it_is) {
        return !refused(read(given, shop_but(edit))).target;
    };
    BOOST_TEST(page(without(good_parameters(), "redirect_uri")));
    BOOST_TEST(page(with_other(plain, "scope", "orders:read openid")));
    BOOST_TEST(page(with(plain, "scope", "openid"))); // in either of two
    BOOST_TEST(page(plain, [](client& c) { c.redirect_uris.emplace_back("https://shop.example/2"); }));
    BOOST_TEST(page(plain, [](client& c) { c.redirect_uris.clear(); }));
}

BOOST_AUTO_TEST_CASE(every_other_error_is_told_to_the_client_and_to_it_alone) {
    for (const auto& rows : {rows_of_the_protocol(), rows_of_openid_and_pkce()}) {
        for (const told_row& row : rows) {
            BOOST_TEST_CONTEXT(row.says) {
                const authorization_refusal refusal = refused(read(row.given, shop_but(row.edit)));
                BOOST_TEST(refusal.error == row.error);
                BOOST_TEST_REQUIRE(refusal.target.has_value());
                BOOST_TEST(refusal.target->uri == some_redirect_uri);
                BOOST_TEST((refusal.target->mode == response_mode::query));
                const std::string_view says(row.says);
                BOOST_TEST(refusal.target->state == (says.starts_with("a state") ? "" : "a state"));
                const authorization_parameters elsewhere =
                    with_other(row.given, "redirect_uri", "https://evil.example");
                BOOST_TEST(!refused(read(elsewhere, shop_but(row.edit))).target.has_value());
                const authorization_parameters of_another = with_other(row.given, "client_id", "other");
                BOOST_TEST(!refused(read(of_another, shop_but(row.edit))).target.has_value());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_error_goes_by_the_mode_that_was_asked_for) {
    const auto mode_of = [](const authorization_parameters& given) {
        return refused(read(with_other(given, "response_type", "token"))).target.value().mode;
    };
    BOOST_TEST((mode_of(good_with("response_mode", "fragment")) == response_mode::fragment));
    BOOST_TEST((mode_of(good_with("response_mode", "form_post")) == response_mode::form_post));
    BOOST_TEST((mode_of(good_with("response_mode", "jwt")) == response_mode::query));
    const authorization_parameters twice = with(good_with("response_mode", "fragment"), "response_mode", "form_post");
    BOOST_TEST((mode_of(twice) == response_mode::query));
    const authorization_refusal two_states = refused(read(with(good_parameters(), "state", "another")));
    BOOST_TEST(two_states.error == "invalid_request");
    BOOST_TEST(two_states.target.value().state.empty());
}

BOOST_AUTO_TEST_CASE(a_parameter_without_a_value_is_as_good_as_absent) {
    authorization_parameters given = good_parameters();
    for (const char* name : {"prompt", "max_age", "claims", "nonce", "request", "response_mode", "scope", "client_id",
                             "redirect_uri", "dpop_jkt", "state"}) {
        given = with(given, name, "");
    }
    BOOST_TEST((taken(read(given)) == taken(read(good_parameters()))));
    BOOST_TEST((taken(read(with(with(good_parameters(), "unknown", "x"), "", "y"))) == taken(read(good_parameters()))));
}

BOOST_AUTO_TEST_CASE(what_may_be_asked_for_is_read) {
    authorization_parameters given = good_with("scope", "email openid phone unknown email orders:read");
    given = with(given, "response_mode", "form_post");
    given = with(given, "nonce", std::string(512, 'n'));
    given = with(given, "prompt", "login consent select_account login");
    given = with(given, "max_age", "0600");
    given = with(given, "login_hint", "someone@example.com");
    given = with(given, "ui_locales", "de en");
    given = with(given, "acr_values", "urn:other urn:pawl:acr:1  urn:pawl:acr:1");
    given = with(given, "resource", "stock");
    given = with(given, "resource", "https://orders.example");
    given = with(given, "resource", "stock");
    given = with_other(given, "state", std::string(1024, 's'));
    const authorization_request asked = taken(read(given));
    BOOST_TEST((asked.scopes == std::vector<std::string>{"email", "openid", "orders:read"}));
    BOOST_TEST((asked.mode == response_mode::form_post));
    BOOST_TEST(asked.nonce.size() == 512U);
    BOOST_TEST(asked.state.size() == 1024U);
    BOOST_TEST(asked.prompt == 7);
    BOOST_TEST((asked.max_age == seconds(600)));
    BOOST_TEST(asked.login_hint == "someone@example.com");
    BOOST_TEST(asked.ui_locales == "de en");
    BOOST_TEST((asked.acr_values == std::vector<std::string>{"urn:pawl:acr:1"}));
    BOOST_TEST((asked.resources == std::vector<std::string>{"stock", "https://orders.example"}));
    BOOST_TEST((taken(read(good_with("prompt", "none"))).asks(prompt_kind::none)));
    BOOST_TEST((taken(read(good_with("max_age", "0"))).max_age == seconds(0)));
    BOOST_TEST((taken(read(good_with("max_age", std::string(40, '9')))).max_age == max_age_max));
    BOOST_TEST(taken(read(good_with("login_hint", std::string(255, 'a')))).login_hint.empty());
    BOOST_TEST(taken(read(good_with("ui_locales", std::string(257, 'a')))).ui_locales.empty());
}

BOOST_AUTO_TEST_CASE(nothing_asked_is_the_default_scopes) {
    BOOST_TEST(
        (taken(read(without(good_parameters(), "scope"))).scopes == std::vector<std::string>{"openid", "orders:read"}));
}

BOOST_AUTO_TEST_CASE(pkce_may_be_left_out_only_by_a_confidential_client_that_says_so) {
    const authorization_parameters bare =
        without(without(good_parameters(), "code_challenge"), "code_challenge_method");
    const client optional = shop_but([](client& c) { c.pkce = client_pkce::optional; });
    BOOST_TEST(!taken(read(bare, optional)).code_challenge.has_value());
    BOOST_TEST(taken(read(good_parameters(), optional)).code_challenge.has_value());
}

// OIDC Core 5.5.1.1. Of the places in acr_names a bit each: "urn:pawl:acr:1" is at 1.
BOOST_AUTO_TEST_CASE(an_essential_acr_with_values_is_read) {
    struct row {
        const char* acr;
        acr_set is;
    };
    const row rows[] = {
        {R"(null)", std::nullopt},
        {R"({"essential":true})", std::nullopt},
        {R"({"values":["urn:pawl:acr:1"]})", std::nullopt},
        {R"({"essential":false,"values":["urn:pawl:acr:1"]})", std::nullopt},
        {R"({"essential":true,"values":["urn:pawl:acr:1"]})", 2},
        {R"({"essential":true,"values":["other","urn:pawl:acr:1"]})", 2},
        {R"({"essential":true,"value":"urn:pawl:acr:1"})", 2},
        {R"({"essential":true,"value":"other","values":["urn:pawl:acr:1"]})", 2},
        {R"({"essential":true,"values":["other"]})", 0},
        {R"({"essential":true,"value":"other"})", 0},
        {R"({"essential":true,"values":[]})", 0},
        {R"({"essential":true,"values":["",1,null,["urn:pawl:acr:1"]]})", 0},
        {R"({"essential":true,"value":""})", 0},
        {R"({"essential":true,"value":1})", 0},
    };
    for (const row& r : rows) {
        const std::string claims = std::string(R"({"id_token":{"acr":)") + r.acr + "}}";
        BOOST_TEST((taken(read(good_with("claims", claims.c_str()))).essential_acr == r.is), r.acr);
        const std::string elsewhere = std::string(R"({"userinfo":{"acr":)") + r.acr + "}}";
        BOOST_TEST((taken(read(good_with("claims", elsewhere.c_str()))).essential_acr == std::nullopt), r.acr);
    }
}

BOOST_AUTO_TEST_CASE(claims_are_asked_for_by_name) {
    const auto of = [](const char* json) { return taken(read(good_with("claims", json))); };
    const authorization_request both =
        of(R"({"userinfo":{"email":null,"unknown":{"essential":true},"name":{"essential":false,"other":[1,{}]}},)"
           R"("id_token":{"email_verified":{"essential":true},"acr":{"essential":true,"values":["2"]}},"more":1})");
    BOOST_TEST(both.userinfo_claims == (claim_bit("email") | claim_bit("name")));
    BOOST_TEST(both.id_token_claims == claim_bit("email_verified"));
    BOOST_TEST(of("{}").userinfo_claims == 0U);
    BOOST_TEST(!of(R"({"id_token":{"sub":null}})").hinted.has_value());
}

BOOST_AUTO_TEST_CASE(a_user_is_hinted_by_an_id_token_or_by_the_claim_sub) {
    const auto with_sub = [](const char* sub) {
        return good_with("claims", std::string(R"({"id_token":{"sub":{"value":")") + sub + R"("}}})");
    };
    BOOST_TEST((taken(read(good_parameters(), shop_client(), user_id{42})).hinted == user_id{42}));
    BOOST_TEST((taken(read(with_sub("42"))).hinted == user_id{42}));
    BOOST_TEST((taken(read(with_sub("42"), shop_client(), user_id{42})).hinted == user_id{42}));
    for (const char* sub : {"43", "042", "+42", "42 ", "", "client:shop", "18446744073709551658"}) {
        BOOST_TEST((taken(read(with_sub(sub), shop_client(), user_id{42})).hinted == user_id{}), sub);
    }
    const authorization_refusal foreign = refused(read(good_parameters(), shop_client(), std::nullopt, true));
    BOOST_TEST(foreign.error == "invalid_request");
    BOOST_TEST(foreign.target.has_value());
}

BOOST_AUTO_TEST_CASE(a_request_of_many_parameters_is_read_in_no_time) {
    authorization_parameters many = good_parameters();
    for (unsigned i = 0; i < 100'000; ++i) {
        many.emplace_back("p" + std::to_string(i), "1");
    }
    BOOST_TEST((taken(read(many)) == taken(read(good_parameters()))));
}

BOOST_AUTO_TEST_SUITE_END()
