// Families of clients after their code: refreshed, asked about, revoked, shown to /userinfo.
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct refresh_world : code_world {
    refresh_world() {
        orders_read = entities.find_catalogue()->find_scope("orders:read")->number.value;
        orders_write = entities.find_catalogue()->find_scope("orders:write")->number.value;
    }
    // Of openid, email and two scopes of one API.
    issued_tokens open(std::uint8_t number = 1, const std::function<void(authorization_code&)>& edit = {}) {
        authorization_code c = code(number);
        c.scopes = scopes({builtin_scope::openid, builtin_scope::email});
        c.scopes.insert(orders_read);
        c.scopes.insert(orders_write);
        c.apis.front() = entities.find_catalogue()->find_api(orders_api)->number.value;
        if (edit) {
            edit(c);
        }
        return exchange(text_of(c)).value();
    }
    errc why(const result<refreshed>& answer) { return answer ? errc{} : answer.error().code; }
    result<std::string> userinfo(std::string_view token) { return run(codes.userinfo(token)); }
    token_facts introspect(client_number who, std::string_view token) {
        return run(machines.introspect(who, secret_string(token))).value();
    }
    client_ptr add_api_client(const std::function<void(client&)>& edit) {
        client c = machine_client("resource");
        c.apis = {};
        c.scopes = {};
        edit(c);
        return add_client(entities, c);
    }

    std::uint16_t orders_read = 0, orders_write = 0;
};

std::string text(const boost::json::object& o, std::string_view name) {
    return std::string(o.at(name).as_string());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(client_refresh, refresh_world)

BOOST_AUTO_TEST_CASE(a_full_queue_of_signatures_rotates_nothing) {
    const issued_tokens first = open();
    const family_word before = word_of(code().grant);
    signer.is_full = true;
    const std::size_t written = data.enqueued();
    BOOST_TEST((why(refresh_of(first)) == errc::password_queue_full));
    BOOST_TEST((word_of(code().grant) == before));
    BOOST_TEST(data.enqueued() == written);
    BOOST_TEST(refresh_of(first, "email").has_value()); // without `openid` there is nothing to sign
    signer.is_full = false;
    BOOST_TEST(refresh_of(first).has_value());
    BOOST_TEST(signer.taken == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_refreshes_and_gets_an_id_token_of_the_first_sign_in) {
    const issued_tokens first = open();
    const auto before = payload_of(first.id_token);
    time.advance(seconds(300));
    const auto second = refresh_of(first);
    BOOST_REQUIRE(second);
    BOOST_TEST(second->tokens.scope == "openid email orders:read orders:write");
    const auto after = payload_of(second->tokens.id_token);
    for (const char* name : {"iss", "sub", "aud", "sid", "acr"}) {
        BOOST_TEST(text(after, name) == text(before, name));
    }
    BOOST_TEST(after.at("auth_time") == before.at("auth_time"));
    BOOST_TEST(after.at("iat") != before.at("iat"));
    BOOST_TEST(!after.contains("nonce")); // OIDC Core 12.2
}

BOOST_AUTO_TEST_CASE(a_token_of_one_client_is_nothing_to_another) {
    const issued_tokens first = open();
    const auto as_first_party = refresh(first.refresh_token);
    BOOST_TEST((why(as_first_party) == errc::invalid_refresh_token));
    const client_ptr other = add_api_client([](client& c) { c.refresh_token = true; });
    const auto as_other = run(refreshes.refresh(first.refresh_token, {other->number, other->client_id}, from_host(1)));
    BOOST_TEST((why(as_other) == errc::invalid_refresh_token));
    BOOST_TEST(is_alive(code().grant));
    BOOST_TEST(refresh_of(first).has_value());
}

BOOST_AUTO_TEST_CASE(a_client_without_the_grant_or_that_is_off_does_not_refresh) {
    const issued_tokens first = open();
    edit_shop([](client& c) { c.refresh_token = false; });
    BOOST_TEST((why(refresh_of(first)) == errc::unauthorized_client));
    edit_shop([](client& c) {
        c.refresh_token = true;
        c.enabled = false;
    });
    BOOST_TEST((why(refresh_of(first)) == errc::invalid_client));
    edit_shop([](client& c) {
        c.enabled = true;
        c.raise_epoch();
    });
    BOOST_TEST((why(refresh_of(first)) == errc::session_revoked));
}

BOOST_AUTO_TEST_CASE(scopes_are_worked_out_anew_and_narrowing_is_of_one_token) {
    issued_tokens tokens = open();
    auto answer = refresh_of(tokens, "openid orders:read");
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->tokens.scope == "openid orders:read");
    answer = refresh_of(answer->tokens, "email");
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->tokens.scope == "email");
    BOOST_TEST(answer->tokens.id_token.empty());
    BOOST_TEST((why(refresh_of(answer->tokens, "openid profile")) == errc::invalid_scope));
    BOOST_TEST((why(refresh_of(answer->tokens, "nonsense")) == errc::invalid_scope));
    edit_shop([](client& c) { std::erase(c.scopes, "orders:write"); });
    scope roles = *entities.find_catalogue()->find_scope("orders:read");
    ++roles.version;
    roles.roles = {"clerk"};
    entities.put_scope(roles).value();
    answer = refresh_of(answer->tokens);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->tokens.scope == "openid email");
    edit_alice([](user& u) { u.roles = {"clerk"}; });
    answer = refresh_of(answer->tokens);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->tokens.scope == "openid email orders:read");
}

BOOST_AUTO_TEST_CASE(resources_narrow_the_audience) {
    const issued_tokens first = open();
    BOOST_TEST((why(refresh_of(first, {}, {"stock"})) == errc::invalid_target));
    BOOST_TEST((why(refresh_of(first, {}, {"https://none.example"})) == errc::invalid_target));
    BOOST_TEST((word_of(code().grant).generation() == 0U)); // before anything has changed
    const auto answer = refresh_of(first, "orders:read", {std::string(orders_api)});
    BOOST_REQUIRE(answer);
    BOOST_TEST(text(payload_of(answer->tokens.access_token), "aud") == orders_api);
}

BOOST_AUTO_TEST_CASE(the_windows_are_the_clients) {
    settings.refresh = {.reuse_window = seconds(0), .lost_response_window = seconds(0)};
    edit_shop([](client& c) { c.lost_response_window = seconds(600); });
    const issued_tokens first = open();
    BOOST_REQUIRE(refresh_of(first));
    time.advance(seconds(500));
    const auto again = refresh_of(first);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->kind == refresh_kind::replayed));
    edit_shop([](client& c) { c.lost_response_window = seconds(0); });
    BOOST_TEST((why(refresh_of(first)) == errc::refresh_token_reused));
}

BOOST_AUTO_TEST_CASE(a_bound_session_ends_with_the_browsers_and_a_free_one_does_not) {
    const issued_tokens bound = open(1);
    const issued_tokens free = open(2, [](authorization_code& c) { c.bound = false; });
    end(browser, family_status::signed_out);
    BOOST_TEST((why(refresh_of(bound)) == errc::session_revoked));
    const auto answer = refresh_of(free);
    BOOST_REQUIRE(answer);
    BOOST_TEST(!payload_of(answer->tokens.id_token).contains("sid"));
}

BOOST_AUTO_TEST_CASE(a_session_older_than_the_withdrawal_is_ended_at_its_next_refresh) {
    edit_shop([](client& c) { c.consent = client_consent::ask; });
    const issued_tokens first = open();
    allow(code().scopes);
    time.advance(seconds(5));
    withdraw(); // and a crash before the sessions were ended
    BOOST_TEST((why(refresh_of(first)) == errc::session_revoked));
    BOOST_TEST((word_of(code().grant).status() == family_status::consent));
    allow(scopes({builtin_scope::openid}));
    time.advance(seconds(1));
    const issued_tokens anew = open(2);
    BOOST_TEST(refresh_of(anew).has_value());
}

BOOST_AUTO_TEST_CASE(userinfo_tells_what_the_tokens_scopes_release) {
    const issued_tokens first = open();
    const auto told = userinfo(first.access_token);
    BOOST_REQUIRE(told);
    const auto claims = boost::json::parse(*told).as_object();
    BOOST_TEST(text(claims, "sub") == std::to_string(alice.value));
    BOOST_TEST(text(claims, "email") == "alice@example.org");
    BOOST_TEST(!claims.contains("name"));
    const auto narrowed = refresh_of(first, "openid");
    BOOST_REQUIRE(narrowed);
    BOOST_TEST(boost::json::parse(*userinfo(narrowed->tokens.access_token)).as_object().size() == 1U);
    const auto without = refresh_of(narrowed->tokens, "email");
    BOOST_REQUIRE(without);
    BOOST_TEST((userinfo(without->tokens.access_token).error().code == errc::insufficient_scope));
}

BOOST_AUTO_TEST_CASE(userinfo_takes_no_token_of_others_and_none_that_is_dead) {
    BOOST_TEST((userinfo("").error().code == errc::missing_access_token));
    BOOST_TEST((userinfo("a.b.c").error().code == errc::invalid_access_token));
    const issued_tokens ours = *log_in("alice@example.org");
    BOOST_TEST((userinfo(ours.access_token).error().code == errc::invalid_access_token));
    const issued_tokens first = open();
    BOOST_TEST((userinfo(first.id_token).error().code == errc::invalid_access_token));
    BOOST_REQUIRE(userinfo(first.access_token));
    end(browser, family_status::signed_out);
    BOOST_TEST((userinfo(first.access_token).error().code == errc::invalid_access_token));
}

BOOST_AUTO_TEST_CASE(our_own_api_takes_no_token_of_a_client_without_its_scope) {
    const issued_tokens plain = open(1, [](authorization_code& c) {
        c.scopes = scopes({builtin_scope::email}); // its audience is then ours
        c.apis = {};
    });
    BOOST_TEST(text(payload_of(plain.access_token), "aud") == settings.audience);
    BOOST_TEST((run(own_guard.authenticate(plain.access_token)).error().code == errc::insufficient_scope));
    BOOST_TEST((run(own_guard.authenticate(open(2).access_token)).error().code == errc::invalid_access_token));
    BOOST_TEST((own_guard.session_of(open(3).access_token) == code(3).grant)); // POST /logout ends any
}

BOOST_AUTO_TEST_CASE(introspection_tells_the_client_and_those_of_its_apis) {
    const issued_tokens first = open();
    const client_ptr of_api = add_api_client([](client& c) { c.apis = {std::string(orders_api)}; });
    client stranger_record = machine_client("stranger");
    stranger_record.apis = {std::string(stock_api)};
    const client_ptr stranger = add_client(entities, stranger_record);
    for (const client_number who : {shop->number, of_api->number}) {
        const token_facts facts = introspect(who, first.access_token);
        BOOST_TEST(facts.active);
        BOOST_TEST(facts.client_id == "shop");
        BOOST_TEST(facts.subject == std::to_string(alice.value));
        BOOST_TEST(facts.username.empty());
        BOOST_TEST(facts.audiences.size() == 2U);
    }
    BOOST_TEST(!introspect(stranger->number, first.access_token).active);
    BOOST_TEST(introspect(shop->number, first.refresh_token.reveal()).active);
    BOOST_TEST(!introspect(of_api->number, first.refresh_token.reveal()).active);
    end(browser, family_status::signed_out);
    BOOST_TEST(!introspect(shop->number, first.access_token).active);
    BOOST_TEST(!introspect(shop->number, first.refresh_token.reveal()).active);
}

BOOST_AUTO_TEST_CASE(a_client_revokes_its_own_sessions_alone) {
    const issued_tokens first = open();
    const client_ptr other = add_api_client([](client&) {});
    const auto by_other = run(machines.revoke(other->number, secret_string(first.access_token), from_host(1)));
    BOOST_TEST((by_other.error().code == errc::token_of_another));
    BOOST_TEST(is_alive(code().grant));
    BOOST_REQUIRE(run(machines.revoke(shop->number, secret_string(first.access_token), from_host(1))));
    BOOST_TEST((word_of(code().grant).status() == family_status::revoked));
}

BOOST_AUTO_TEST_SUITE_END()
