// Opaque access tokens of users: what a client is given where one of its APIs wants them, and who takes them.
#include "core/provider/opaque_token.hpp"
#include "core/service/client_tokens.hpp"
#include "core/service/token_report.hpp"
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct opaque_world : code_world {
    client_ptr stock; // the API asks about its tokens

    opaque_world() {
        edit_shop([](client& c) { c.scopes.push_back("stock:read"); });
        client c = machine_client("stock-api");
        c.apis = {std::string(stock_api)};
        stock = add_client(entities, c);
    }
    authorization_code stock_code(std::uint8_t number = 1, std::initializer_list<builtin_scope> some = {
                                                               builtin_scope::openid, builtin_scope::email}) {
        authorization_code c = code(number);
        c.scopes = scopes(some);
        c.scopes.insert(entities.find_catalogue()->find_scope("stock:read")->number.value);
        return c;
    }
    issued_tokens open(std::uint8_t number = 1) { return exchange(text_of(stock_code(number))).value(); }
    token_facts facts(const client_ptr& asking, const std::string& token) {
        return run(machines.introspect(asking->number, secret_string(token))).value();
    }
    bool revoke(const client_ptr& asking, const std::string& token) {
        return run(machines.revoke(asking->number, secret_string(token), from_host(1))).has_value();
    }
};

bool is_opaque(const std::string& token) {
    return token.starts_with("pat_") && token.find('.') == std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(opaque_grants, opaque_world)

BOOST_AUTO_TEST_CASE(an_exchange_and_each_refresh_give_one) {
    const issued_tokens first = open();
    BOOST_TEST(is_opaque(first.access_token));
    BOOST_TEST(first.scope == "openid email stock:read");
    BOOST_TEST(!first.id_token.empty());
    const auto next = refresh_of(first);
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST(is_opaque(next->tokens.access_token));
    BOOST_TEST(next->tokens.access_token != first.access_token);
}

BOOST_AUTO_TEST_CASE(one_of_its_apis_is_enough_and_the_client_may_say_otherwise) {
    authorization_code c = stock_code();
    c.scopes.insert(entities.find_catalogue()->find_scope("orders:read")->number.value);
    const issued_tokens both = exchange(text_of(c)).value();
    BOOST_TEST(is_opaque(both.access_token));
    const auto narrowed = refresh_of(both, {}, {std::string(orders_api)});
    BOOST_TEST_REQUIRE(narrowed.has_value());
    BOOST_TEST(!is_opaque(narrowed->tokens.access_token));
    edit_shop([](client& k) { k.token_format = client_token_format::jwt; });
    BOOST_TEST(!is_opaque(open(2).access_token));
    edit_shop([](client& k) { k.token_format = client_token_format::opaque; });
    BOOST_TEST(is_opaque(exchange(text_of(code(3))).value().access_token));
}

BOOST_AUTO_TEST_CASE(introspection_tells_what_a_jwt_would_say) {
    const issued_tokens tokens = open();
    for (const client_ptr& asking : {shop, stock}) {
        const token_facts told = facts(asking, tokens.access_token);
        BOOST_TEST_REQUIRE(told.active);
        BOOST_TEST(!told.is_refresh_token);
        BOOST_TEST(told.issuer == settings.issuer);
        BOOST_TEST(told.subject == std::to_string(alice.value));
        BOOST_TEST(told.client_id == "shop");
        BOOST_TEST(told.scope == "openid email stock:read");
        BOOST_TEST(!told.jwt_id.empty());
        BOOST_TEST((told.audiences == std::vector<std::string>{std::string(stock_api), userinfo_audience(settings)}));
        BOOST_TEST((told.session == code(1).grant));
        BOOST_TEST((told.issued_at == time.now()));
        BOOST_TEST((told.expires_at == time.now() + tokens.access_expires_in));
    }
    BOOST_TEST(!facts(add_client(entities, machine_client("other")), open(2).access_token + "x").active);
    client of_orders = machine_client("orders-api");
    of_orders.apis = {std::string(orders_api)};
    BOOST_TEST(!facts(add_client(entities, of_orders), tokens.access_token).active); // none of its concern
}

BOOST_AUTO_TEST_CASE(it_is_active_as_long_as_its_session_and_itself) {
    const issued_tokens tokens = open(1);
    time.advance(tokens.access_expires_in - seconds(1));
    BOOST_TEST(facts(stock, tokens.access_token).active);
    time.advance(seconds(1));
    BOOST_TEST(!facts(stock, tokens.access_token).active);
    const issued_tokens second = open(2);
    end(code(2).grant, family_status::revoked);
    BOOST_TEST(!facts(stock, second.access_token).active);
    const issued_tokens third = open(3);
    edit_shop([](client& c) { ++c.epoch; });
    BOOST_TEST(!facts(stock, third.access_token).active);
}

BOOST_AUTO_TEST_CASE(userinfo_takes_one_that_is_for_it) {
    const issued_tokens tokens = open();
    const auto told = run(codes.userinfo(tokens.access_token));
    BOOST_TEST_REQUIRE(told.has_value());
    BOOST_TEST(boost::json::parse(*told).at("email").as_string() == "alice@example.org");
    const issued_tokens without = exchange(text_of(stock_code(2, {builtin_scope::email}))).value();
    BOOST_TEST((run(codes.userinfo(without.access_token)).error().code == errc::insufficient_scope));
    time.advance(tokens.access_expires_in);
    BOOST_TEST((run(codes.userinfo(tokens.access_token)).error().code == errc::invalid_access_token));
}

BOOST_AUTO_TEST_CASE(revoking_one_ends_its_session_and_only_its_client_may) {
    const issued_tokens tokens = open();
    BOOST_TEST(!revoke(stock, tokens.access_token));
    BOOST_TEST(word_of(code(1).grant).live());
    BOOST_TEST(revoke(shop, tokens.access_token));
    BOOST_TEST((word_of(code(1).grant).status() == family_status::revoked));
    BOOST_TEST((refresh_of(tokens).error().code == errc::session_revoked));
    BOOST_TEST(revoke(shop, tokens.access_token));                             // once more
    BOOST_TEST((own_guard.session_of(open(2).access_token) == code(2).grant)); // POST /logout ends any
}

BOOST_AUTO_TEST_CASE(our_own_api_takes_one_with_its_scope) {
    edit_shop([](client& c) { c.scopes.push_back("account"); });
    const issued_tokens tokens = exchange(text_of(stock_code(1, {builtin_scope::account}))).value();
    BOOST_TEST(is_opaque(tokens.access_token));
    BOOST_TEST(run(own_guard.authenticate(tokens.access_token, builtin_scope::account)).has_value());
    BOOST_TEST((run(own_guard.authenticate(tokens.access_token)).error().code == errc::insufficient_scope));
    BOOST_TEST((run(own_guard.authenticate(open(2).access_token, builtin_scope::account)).error().code ==
                errc::invalid_access_token)); // it is not for us
    BOOST_TEST((run(machines.authenticate(tokens.access_token, "admin")).error().code == errc::insufficient_scope));
}

BOOST_AUTO_TEST_CASE(operators_are_told_what_it_is) {
    const issued_tokens tokens = open();
    const token_report report = inspect_token(with_signer, tokens.access_token);
    BOOST_TEST((report.kind == token_kind::access));
    BOOST_TEST(report.genuine);
    BOOST_TEST(report.why_not == "");
    BOOST_TEST((report.family == code(1).grant));
    BOOST_TEST_REQUIRE(report.claims.has_value());
    BOOST_TEST(report.claims->client_id == "shop");
    time.advance(tokens.access_expires_in);
    BOOST_TEST(inspect_token(with_signer, tokens.access_token).why_not == "expired");
    BOOST_TEST(!inspect_token(with_signer, tokens.access_token + "A").genuine);
}

// A restore brings back another family map: a token of a family that is not there any more is nothing.
BOOST_AUTO_TEST_CASE(one_of_a_session_that_is_not_there_is_nothing) {
    opaque_session_token token;
    token.session.bytes.fill(0x77);
    token.for_userinfo = true;
    token.scope = "openid";
    token.issued_at = time.now();
    token.expires_at = time.now() + seconds(60);
    const auto text_for = [&] {
        return std::string(make_opaque_session_token(*keys->capsules, token, random)->reveal());
    };
    BOOST_TEST(!facts(shop, text_for()).active);
    BOOST_TEST(revoke(shop, text_for()));
    token.session = browser;
    BOOST_TEST(!facts(shop, text_for()).active);
    BOOST_TEST((run(codes.userinfo(text_for())).error().code == errc::invalid_access_token));
    BOOST_TEST(word_of(browser).live());
    token.session = family_of(log_in("alice@example.org").value());
    BOOST_TEST((run(codes.userinfo(text_for())).error().code == errc::invalid_access_token));
    BOOST_TEST((run(own_guard.authenticate(text_for())).error().code == errc::invalid_access_token));
    open(5);
    token.session = code(5).grant;
    BOOST_TEST(run(codes.userinfo(text_for())).has_value());
    token.issued_at = time.now() + seconds(61); // a clock that was ahead
    token.expires_at = time.now() + seconds(90);
    BOOST_TEST((run(codes.userinfo(text_for())).error().code == errc::invalid_access_token));
    token.issued_at = time.now() - seconds(86400);
    token.expires_at = time.now() + seconds(1);
    BOOST_TEST((run(codes.userinfo(text_for())).error().code == errc::invalid_access_token));
}

BOOST_AUTO_TEST_SUITE_END()
