// The rule for our own API: which tokens of clients it takes, and for what. The family decides, never a claim.
#include "core/jwt/access_token.hpp"
#include "core/service/client_tokens.hpp"
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr builtin_scope to_account = builtin_scope::account, to_admin = builtin_scope::admin;

struct own_api_world : code_world {
    own_api_world() {
        edit_shop([](client& c) { c.scopes.insert(c.scopes.end(), {"account", "admin"}); });
        edit_alice([](user& u) { u.is_superuser = true; });
    }
    issued_tokens open(std::uint8_t number, std::initializer_list<builtin_scope> some,
                       const std::function<void(authorization_code&)>& edit = {}) {
        authorization_code c = code(number);
        c.scopes = scopes(some);
        if (edit) {
            edit(c);
        }
        return exchange(text_of(c)).value();
    }
    result<principal> ask(const std::string& token, std::optional<builtin_scope> of_clients) {
        return run(own_guard.authenticate(token, of_clients));
    }
    errc why(const std::string& token, std::optional<builtin_scope> of_clients) {
        const result<principal> who = ask(token, of_clients);
        return who ? errc{} : who.error().code;
    }
    // As our key would sign it, of this session.
    std::string forged(std::uint8_t number, const std::function<void(access_claims&, std::string& members)>& edit) {
        access_claims claims;
        claims.issuer = settings.issuer;
        claims.audience = settings.audience;
        claims.subject = alice;
        claims.issued_at = time.now();
        claims.expires_at = time.now() + seconds(60);
        claims.jwt_id = "jti";
        claims.client_id = "shop";
        claims.session.bytes.fill(number);
        std::string members = R"(,"scope":"account admin")";
        edit(claims, members);
        access_claims_view view{claims.issuer, claims.audience,  claims.subject, claims.issued_at, claims.expires_at,
                                claims.jwt_id, claims.client_id, claims.session, claims.generation};
        view.members = members;
        return mint_access_token(*keys->signing_key, view);
    }
};

constexpr errc good{};

void expect(errc is, errc wanted) {
    BOOST_TEST(static_cast<int>(is) == static_cast<int>(wanted));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(own_api, own_api_world)

BOOST_AUTO_TEST_CASE(a_scope_of_ours_makes_the_token_ours_and_opens_what_takes_it) {
    const issued_tokens tokens = open(1, {to_account});
    BOOST_TEST(payload_of(tokens.access_token).at("aud").as_string() == settings.audience);
    const result<principal> who = ask(tokens.access_token, to_account);
    BOOST_TEST_REQUIRE(who.has_value());
    BOOST_TEST((who->user->id == alice));
    BOOST_TEST((who->by_scope == to_account));
    BOOST_TEST((who->session == code(1).grant));
    expect(why(tokens.access_token, to_admin), errc::insufficient_scope);
    expect(why(tokens.access_token, std::nullopt), errc::insufficient_scope); // password, deletion: the first party's

    const issued_tokens ops = open(2, {to_admin, builtin_scope::openid});
    const boost::json::array audiences = payload_of(ops.access_token).at("aud").as_array();
    BOOST_TEST_REQUIRE(audiences.size() == 2U);
    BOOST_TEST(audiences[0].as_string() == settings.audience);
    BOOST_TEST(audiences[1].as_string() == userinfo_audience(settings));
    expect(why(ops.access_token, to_admin), good);
    expect(why(ops.access_token, to_account), errc::insufficient_scope);
}

BOOST_AUTO_TEST_CASE(a_token_for_another_audience_is_no_token_here) {
    const auto with_orders = [&](authorization_code& c) {
        c.scopes.insert(entities.find_catalogue()->find_scope("orders:read")->number.value);
    };
    const issued_tokens both = open(1, {to_account}, with_orders);
    BOOST_TEST(payload_of(both.access_token).at("aud").as_array().size() == 2U);
    expect(why(both.access_token, to_account), good);
    const auto narrowed = refresh_of(both, {}, {std::string(orders_api)});
    BOOST_TEST_REQUIRE(narrowed.has_value());
    expect(why(narrowed->tokens.access_token, to_account), errc::invalid_access_token);
    const auto ours = refresh_of(narrowed->tokens, {}, {settings.audience});
    BOOST_TEST_REQUIRE(ours.has_value());
    BOOST_TEST(payload_of(ours->tokens.access_token).at("aud").as_string() == settings.audience);
    expect(why(ours->tokens.access_token, to_account), good);
    expect(why(open(2, {builtin_scope::openid}).access_token, to_account), errc::invalid_access_token);
    expect(why(open(3, {}, with_orders).access_token, to_account), errc::invalid_access_token);
}

BOOST_AUTO_TEST_CASE(a_token_that_was_narrowed_has_what_it_says) {
    const issued_tokens both = open(1, {to_account, builtin_scope::email});
    const auto less = refresh_of(both, "email");
    BOOST_TEST_REQUIRE(less.has_value());
    expect(why(less->tokens.access_token, to_account), errc::insufficient_scope);
    const auto more = refresh_of(less->tokens, "account");
    BOOST_TEST_REQUIRE(more.has_value());
    expect(why(more->tokens.access_token, to_account), good);
}

BOOST_AUTO_TEST_CASE(what_the_family_has_not_no_claim_gives) {
    open(1, {builtin_scope::email});
    open(2, {to_account});
    const issued_tokens own = log_in("alice@example.org").value();
    expect(why(forged(2, [](access_claims&, std::string&) {}), to_account), good); // as a real one
    expect(why(forged(2, [](access_claims&, std::string&) {}), to_admin), errc::insufficient_scope);
    expect(why(forged(1, [](access_claims&, std::string&) {}), to_account), errc::insufficient_scope);
    for (const char* id : {"pawl", "0", "", "forward:x"}) {
        const auto as = [&](access_claims& c, std::string&) { c.client_id = id; };
        const errc wanted = *id == 0 ? errc::invalid_access_token : errc::insufficient_scope;
        expect(why(forged(1, as), to_account), wanted);
        expect(why(forged(2, as), std::nullopt), wanted);
    }
    // Another user than the session's, a session that is not there, the browser's own.
    expect(why(forged(2, [](access_claims& c, std::string&) { c.subject.value += 1; }), to_account),
           errc::invalid_access_token);
    expect(why(forged(9, [](access_claims&, std::string&) {}), to_account), errc::invalid_access_token);
    expect(why(forged(0xB0, [](access_claims&, std::string&) {}), to_account), errc::invalid_access_token);
    // Of the first party whatever it says.
    const auto of_own = [&](access_claims& c, std::string&) { c.session = family_of(own); };
    const result<principal> first = ask(forged(1, of_own), std::nullopt);
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(!first->by_scope.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_taken_away_is_lost_at_once) {
    const issued_tokens tokens = open(1, {to_account, to_admin});
    expect(why(tokens.access_token, to_admin), good);
    edit_alice([](user& u) { u.is_superuser = false; });
    expect(why(tokens.access_token, to_admin), errc::insufficient_scope);
    expect(why(tokens.access_token, to_account), good);
    edit_shop([](client& c) { std::erase(c.scopes, "account"); });
    expect(why(tokens.access_token, to_account), errc::insufficient_scope);
    edit_shop([](client& c) { c.scopes.push_back("account"); });
    expect(why(tokens.access_token, to_account), good);
    edit_shop([](client& c) { c.enabled = false; });
    expect(why(tokens.access_token, to_account), errc::invalid_access_token);
    edit_shop([](client& c) { c.enabled = true; });
    end(code(1).grant, family_status::revoked);
    expect(why(tokens.access_token, to_account), errc::invalid_access_token);
}

BOOST_AUTO_TEST_CASE(less_consent_is_less_at_our_own_api) {
    edit_shop([](client& c) { c.consent = client_consent::ask; });
    allow(scopes({to_account, to_admin}));
    const issued_tokens tokens = open(1, {to_account, to_admin}, [](authorization_code& c) { c.consent_version = 1; });
    expect(why(tokens.access_token, to_admin), good);
    allow(scopes({to_account}));
    expect(why(tokens.access_token, to_admin), errc::insufficient_scope);
    withdraw(); // the record alone: this store asks no consent whether a session lives
    expect(why(tokens.access_token, to_account), errc::insufficient_scope);
}

BOOST_AUTO_TEST_CASE(without_an_audience_of_tokens_ours_is_the_issuer) {
    const std::string before = std::exchange(settings.audience, std::string());
    const issued_tokens tokens = open(1, {to_account});
    BOOST_TEST(payload_of(tokens.access_token).at("aud").as_string() == settings.issuer);
    expect(why(tokens.access_token, to_account), good);
    expect(why(tokens.access_token, std::nullopt), errc::insufficient_scope);
    settings.audience = before;
}

BOOST_AUTO_TEST_CASE(a_profile_is_changed_through_a_client_while_it_may) {
    const issued_tokens tokens = open(1, {to_account});
    const principal who = ask(tokens.access_token, to_account).value();
    profile_change change;
    change.first_name = "Ada";
    BOOST_TEST(run(accounts.change_profile(who, change, from_host(1))).value()->first_name == "Ada");
    change.first_name = "Eve";
    edit_shop([](client& c) { std::erase(c.scopes, "account"); }); // since it was asked
    account_service with_registry(with_signer);
    expect(run(with_registry.change_profile(who, change, from_host(1))).error().code, errc::insufficient_scope);
    edit_shop([](client& c) { c.enabled = false; });
    expect(run(with_registry.change_profile(who, change, from_host(1))).error().code, errc::invalid_access_token);
    BOOST_TEST(data.find_user(alice)->first_name == "Ada");
}

BOOST_AUTO_TEST_CASE(an_operator_through_a_client_is_one_while_it_may) {
    operator_caller by;
    by.who = ask(open(1, {to_admin}).access_token, to_admin).value();
    const admin_service with_registry(with_signer);
    BOOST_TEST(with_registry.is_still_operator(by));
    edit_shop([](client& c) { std::erase(c.scopes, "admin"); });
    BOOST_TEST(!with_registry.is_still_operator(by));
    edit_shop([](client& c) { c.scopes.push_back("admin"); });
    BOOST_TEST(with_registry.is_still_operator(by));
    edit_alice([](user& u) { u.is_superuser = false; });
    BOOST_TEST(!with_registry.is_still_operator(by));
}

BOOST_AUTO_TEST_CASE(who_is_no_superuser_is_not_granted_to_administer) {
    edit_alice([](user& u) { u.is_superuser = false; });
    const issued_tokens tokens = open(1, {to_account, to_admin});
    BOOST_TEST(tokens.scope == "account");
    expect(why(tokens.access_token, to_admin), errc::insufficient_scope);
}

BOOST_AUTO_TEST_SUITE_END()
