// Clients that speak for themselves: their tokens from issue to end, and who is told of them.
#include "core/jwt/jws_keys.hpp"
#include "core/provider/client_stamp.hpp"
#include "core/service/machine_service.hpp"
#include "tests/support/machine_world.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct machine_fixture : service_world {
    memory_registry entities;
    service_context with_entities{data, time, random, hasher, limiter, settings, counters, context.keys, &entities};
    access_guard own_guard{with_entities};
    machine_service machines{with_entities, own_guard};
    admin_service operators{with_entities};
    client_ptr billing;

    machine_fixture() {
        fill_catalogue(entities);
        billing = add_client(entities, machine_client("billing"));
    }
    client_ptr add(const std::string& client_id, std::vector<std::string> scopes, std::vector<std::string> apis) {
        client c = machine_client(client_id);
        c.scopes = std::move(scopes);
        c.default_scopes.clear();
        c.apis = std::move(apis);
        return add_client(entities, c);
    }
    result<issued_machine_token> issue(const client_ptr& who, machine_ask asked = {}) {
        return run(machines.issue(who->number, std::move(asked)));
    }
    std::string token(const client_ptr& who, machine_ask asked = {}) {
        return issue(who, std::move(asked)).value().access_token;
    }
    token_facts facts(const client_ptr& asking, std::string_view text) {
        return run(machines.introspect(asking->number, secret(text))).value();
    }
    bool active(std::string_view text) { return facts(billing, text).active; }
    errc revoke(client_number asking, std::string_view text) {
        const result<void> done = run(machines.revoke(asking, secret(text), from_host(1)));
        return done.has_value() ? errc{} : done.error().code;
    }
    errc why_not(std::string_view text, std::string_view scope) {
        const result<machine_principal> who = run(machines.authenticate(text, scope));
        return who.has_value() ? errc{} : who.error().code;
    }
};

constexpr errc good{};

void expect(errc got, errc wanted) {
    BOOST_TEST(static_cast<int>(got) == static_cast<int>(wanted));
}

} // namespace

BOOST_AUTO_TEST_SUITE(machine_services)

BOOST_FIXTURE_TEST_CASE(a_token_says_what_was_granted, machine_fixture) {
    const issued_machine_token given = issue(billing).value();
    BOOST_TEST(given.scope == "orders:read");
    BOOST_TEST(given.expires_in.count() == 600);
    machine_claims claims;
    const machine_token_expectations expected{settings.issuer, time.now(), seconds(600), seconds(0)};
    BOOST_REQUIRE((check_machine_token(*keys, given.access_token, expected, claims) == access_token_check::good));
    BOOST_TEST(claims.client_id == "billing");
    BOOST_TEST((claims.audiences == std::vector<std::string>{std::string(orders_api)}));
    BOOST_TEST(claims.scope == "orders:read");
    BOOST_TEST(claims.stamp == client_stamp(0, billing->number, 0));
    BOOST_TEST((claims.expires_at - claims.issued_at == seconds(600)));
}

BOOST_FIXTURE_TEST_CASE(no_two_tokens_are_alike, machine_fixture) {
    BOOST_TEST(facts(billing, token(billing)).jwt_id != facts(billing, token(billing)).jwt_id);
}

BOOST_FIXTURE_TEST_CASE(an_opaque_token_says_the_same_to_who_asks, machine_fixture) {
    const std::string text = token(billing, {{"stock:read"}, {"stock", std::string(orders_api)}});
    BOOST_TEST(text.starts_with("pat_"));
    const token_facts told = facts(billing, text);
    BOOST_TEST(told.active);
    BOOST_TEST(told.client_id == "billing");
    BOOST_TEST(told.subject == "client:billing");
    BOOST_TEST(told.scope == "stock:read");
    BOOST_TEST((told.audiences == std::vector<std::string>{"stock", std::string(orders_api)}));
    BOOST_TEST((told.expires_at - told.issued_at == seconds(600)));
    BOOST_TEST(!told.session.has_value());
    time.advance(seconds(600));
    BOOST_TEST(!active(text));
}

BOOST_FIXTURE_TEST_CASE(a_token_from_the_future_is_not_taken, machine_fixture) {
    for (const std::string format : {"orders:read", "stock:read"}) {
        const std::string text = token(billing, {{format}, {}});
        time.advance(-seconds(61)); // the clock was ahead
        BOOST_TEST(!active(text));
        time.advance(seconds(61));
        BOOST_TEST(active(text));
    }
}

BOOST_FIXTURE_TEST_CASE(a_client_that_may_not_gets_none, machine_fixture) {
    expect(issue(billing, {{"free"}, {}}).error().code, errc::invalid_scope);
    expect(issue(billing, {{}, {"https://none.example"}}).error().code, errc::invalid_target);
    edit_client(entities, "billing", [](client& c) { c.client_credentials = false; });
    expect(issue(billing).error().code, errc::unauthorized_client);
    edit_client(entities, "billing", [](client& c) { c.enabled = false; });
    expect(issue(billing).error().code, errc::invalid_client);
    edit_client(entities, "billing", [](client& c) { c.removed = true; });
    expect(issue(billing).error().code, errc::invalid_client);
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_into_a_token_is_refused_and_not_cut, machine_fixture) {
    std::vector<std::string> many;
    for (int i = 0; i < 64; ++i) {
        scope s;
        s.name = std::string(100, 'a') + std::to_string(i);
        entities.put_scope(s).value();
        many.push_back(s.name);
    }
    const client_ptr greedy = add("greedy", many, {});
    const result<issued_machine_token> refused = issue(greedy);
    expect(refused.error().code, errc::invalid_scope);
    BOOST_TEST(refused.error().fields.size() == 1U);
    BOOST_TEST(issue(greedy, {{many.front()}, {}}).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_client_that_is_disabled_while_the_disk_works_gets_no_token, machine_fixture) {
    data.hold_durability();
    entities.rests = data.append_event({}); // as if the client's last change were not durable yet
    running<result<issued_machine_token>> waiting(machines.issue(billing->number, {}));
    BOOST_TEST(!waiting.answered());
    edit_client(entities, "billing", [](client& c) { c.enabled = false; });
    data.make_durable();
    BOOST_REQUIRE(waiting.answered());
    expect(waiting.answer().error().code, errc::invalid_client);
}

BOOST_FIXTURE_TEST_CASE(changes_elsewhere_keep_no_answer_waiting, machine_fixture) {
    data.hold_durability();
    entities.rests = data.append_event({});
    running<result<issued_machine_token>> waiting(machines.issue(billing->number, {}));
    BOOST_TEST(!waiting.answered());
    data.make_durable();
    entities.rests = data.append_event({}); // another client's change, not durable
    BOOST_REQUIRE(waiting.answered());
    BOOST_TEST(waiting.answer().has_value());
}

BOOST_FIXTURE_TEST_CASE(storage_that_fails_tells_nothing, machine_fixture) {
    data.hold_durability();
    entities.rests = data.append_event({});
    running<result<issued_machine_token>> issuing(machines.issue(billing->number, {}));
    running<result<token_facts>> asking(machines.introspect(billing->number, secret("prt_x")));
    data.fail();
    expect(issuing.answer().error().code, errc::storage_unavailable);
    expect(asking.answer().error().code, errc::storage_unavailable);
}

BOOST_FIXTURE_TEST_CASE(tokens_die_with_their_client, machine_fixture) {
    const client_ptr other = add("other", {"free"}, {"stock"});
    for (const std::string format : {"orders:read", "stock:read"}) { // a JWT, an opaque one
        const machine_ask asked{{format}, {}};
        const client_ptr watcher = edit_client(entities, "other", [](client& c) { c.scopes = {"introspect"}; });
        const auto alive = [&](std::string_view text) { return facts(watcher, text).active; };
        std::string text = token(billing, asked);
        BOOST_TEST(alive(text));

        edit_client(entities, "billing", [](client& c) { c.enabled = false; });
        BOOST_TEST(!alive(text));
        edit_client(entities, "billing", [](client& c) { c.enabled = true; });
        BOOST_TEST(alive(text)); // nothing but the switch was thrown

        edit_client(entities, "billing", [](client& c) { c.raise_epoch(); });
        BOOST_TEST(!alive(text));
        text = token(billing, asked);
        BOOST_TEST(alive(text));

        entities.mark ^= 0x1234; // a backup was put back
        BOOST_TEST(!alive(text));
        text = token(billing, asked);
        BOOST_TEST(alive(text));

        edit_client(entities, "billing", [](client& c) { c.removed = true; });
        BOOST_TEST(!alive(text));
        billing = add_client(entities, machine_client("billing")); // another client of that id
        BOOST_TEST(!alive(text));
    }
    BOOST_TEST(other != nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_client_at_its_last_epoch_gets_no_token, machine_fixture) {
    const std::string text = token(billing);
    edit_client(entities, "billing", [](client& c) { c.epoch = client::epoch_max; });
    expect(issue(billing).error().code, errc::invalid_client);
    expect(run(machines.introspect(billing->number, secret(text))).error().code, errc::invalid_client);
}

BOOST_FIXTURE_TEST_CASE(who_is_told_of_a_clients_token, machine_fixture) {
    const std::string text = token(billing); // for the orders API
    const client_ptr orders = add("orders", {}, {std::string(orders_api)});
    const client_ptr stock = add("stock-api", {"stock:read"}, {std::string(stock_api)});
    const client_ptr watcher = add("watcher", {"introspect"}, {});
    BOOST_TEST(facts(billing, text).active); // its own
    BOOST_TEST(facts(orders, text).active);  // for its API
    BOOST_TEST(facts(watcher, text).active); // it is told of all
    BOOST_TEST(!facts(stock, text).active);  // none of its concern
    const token_facts nothing = facts(stock, text);
    BOOST_TEST(nothing.client_id.empty());
    BOOST_TEST(nothing.subject.empty());
    BOOST_TEST(nothing.audiences.empty());
}

BOOST_FIXTURE_TEST_CASE(who_is_told_of_a_users_tokens, machine_fixture) {
    const user_id ada = add_user("ada@example.org", "ada");
    const issued_tokens tokens = log_in("ada").value();
    const client_ptr watcher = add("watcher", {"introspect"}, {});
    const client_ptr ours = add("ours", {}, {});
    edit_client(entities, "ours", [&](client& c) { c.apis = {settings.audience}; });

    const token_facts access = facts(watcher, tokens.access_token);
    BOOST_TEST(access.active);
    BOOST_TEST(access.client_id == "pawl");
    BOOST_TEST(access.username == "ada");
    BOOST_TEST(access.subject == std::to_string(ada.value));
    BOOST_TEST((access.session == family_of(tokens)));
    BOOST_TEST((access.audiences == std::vector<std::string>{settings.audience}));
    BOOST_TEST((access.expires_at == time.now() + seconds(600)));
    BOOST_TEST(facts(ours, tokens.access_token).active); // it is for its API
    BOOST_TEST(!facts(billing, tokens.access_token).active);

    const token_facts refresh_token = facts(watcher, tokens.refresh_token.reveal());
    BOOST_TEST(refresh_token.active);
    BOOST_TEST(refresh_token.is_refresh_token);
    BOOST_TEST(refresh_token.username == "ada");
    BOOST_TEST((refresh_token.session == family_of(tokens)));
    BOOST_TEST((refresh_token.expires_at == time.now() + settings.refresh_idle_ttl));
    BOOST_TEST(!facts(ours, tokens.refresh_token.reveal()).active); // it has no audience
    BOOST_TEST(!facts(billing, tokens.refresh_token.reveal()).active);
}

BOOST_FIXTURE_TEST_CASE(asking_about_a_refresh_token_changes_nothing, machine_fixture) {
    add_user("ada@example.org", "ada");
    const issued_tokens first = log_in("ada").value();
    const client_ptr watcher = add("watcher", {"introspect"}, {});
    const issued_tokens second = refresh(first.refresh_token).value().tokens;
    const family_word before = word_of(family_of(first));
    BOOST_TEST(!facts(watcher, first.refresh_token.reveal()).active);
    BOOST_TEST(facts(watcher, second.refresh_token.reveal()).active);
    BOOST_TEST((word_of(family_of(first)) == before));
    run(sessions.logout(second.refresh_token, from_host(1))).value();
    BOOST_TEST(!facts(watcher, second.refresh_token.reveal()).active);
    BOOST_TEST(!facts(watcher, second.access_token).active);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_token_is_not_active_and_no_more_is_said, machine_fixture) {
    const std::string text = token(billing), opaque = token(billing, {{"stock:read"}, {}});
    for (const std::string& garbled :
         {std::string(), std::string("x"), std::string("a.b.c"), std::string("pat_"), std::string("pcs_x"), text + "A",
          text.substr(1), opaque + "A", std::string(20000, 'a'), "pat_" + std::string(9000, 'A')}) {
        BOOST_TEST(!active(garbled));
        expect(revoke(billing->number, garbled), good);
        expect(why_not(garbled, "admin"), garbled.empty() ? errc::missing_access_token : errc::invalid_access_token);
    }
}

BOOST_FIXTURE_TEST_CASE(a_token_of_other_keys_is_none_of_ours, machine_fixture) {
    const std::string text = token(billing);
    auto ring = std::make_shared<key_ring>(*keys);
    ring->signing_key = make_hs256_key("test", std::vector<std::uint8_t>(32, 0x77)).key;
    ring->verifying_keys = {ring->signing_key};
    ring->generation = 2;
    BOOST_TEST(active(text)); // and it is remembered as proven
    keys = ring;
    BOOST_TEST(!active(text));
}

BOOST_FIXTURE_TEST_CASE(a_revoked_token_is_dead_and_others_live_on, machine_fixture) {
    for (const std::string format : {"orders:read", "stock:read"}) {
        const machine_ask asked{{format}, {}};
        const std::string one = token(billing, asked), other = token(billing, asked);
        expect(revoke(billing->number, one), good);
        BOOST_TEST(!active(one));
        BOOST_TEST(active(other));
        const std::size_t before = data.events().size();
        expect(revoke(billing->number, one), good); // again
        BOOST_TEST(data.events().size() == before);
        BOOST_TEST((data.events().back().kind == event_kind::token_revoked));
        BOOST_TEST(data.events().back().about == "billing");
    }
}

BOOST_FIXTURE_TEST_CASE(a_token_of_another_is_refused_and_nothing_happens, machine_fixture) {
    add_user("ada@example.org", "ada");
    const issued_tokens users = log_in("ada").value();
    const client_ptr other = add("other", {"free", "introspect"}, {});
    const std::string text = token(billing);
    expect(revoke(other->number, text), errc::token_of_another);
    expect(revoke(first_party_client, text), errc::token_of_another);
    BOOST_TEST(active(text));
    expect(revoke(other->number, users.access_token), errc::token_of_another);
    expect(revoke(other->number, users.refresh_token.reveal()), errc::token_of_another);
    BOOST_TEST(is_alive(family_of(users)));
    edit_client(entities, "billing", [](client& c) { c.raise_epoch(); });
    expect(revoke(other->number, text), good); // it is dead: there is nothing to refuse
}

BOOST_FIXTURE_TEST_CASE(the_first_party_ends_its_families, machine_fixture) {
    add_user("ada@example.org", "ada");
    const issued_tokens first = log_in("ada").value(), second = log_in("ada").value();
    expect(revoke(first_party_client, first.access_token), good);
    BOOST_TEST(!is_alive(family_of(first)));
    const issued_tokens next = refresh(second.refresh_token).value().tokens;
    expect(revoke(first_party_client, second.refresh_token.reveal()), good); // any generation
    BOOST_TEST(!is_alive(family_of(next)));
    expect(revoke(first_party_client, second.refresh_token.reveal()), good); // dead already
}

BOOST_FIXTURE_TEST_CASE(too_many_revocations_of_a_client_are_said_to_be, machine_fixture) {
    entities.revocations_max = 1;
    expect(revoke(billing->number, token(billing)), good);
    const std::string text = token(billing);
    expect(revoke(billing->number, text), errc::too_many_revocations);
    BOOST_TEST(active(text)); // so it was not said to be dead
}

BOOST_FIXTURE_TEST_CASE(our_own_api_takes_a_token_for_it_with_the_scope_alone, machine_fixture) {
    const client_ptr deploy = add("deploy", {"admin", "introspect", "free"}, {std::string(orders_api)});
    expect(why_not(token(deploy, {{"admin"}, {}}), "admin"), good);
    expect(why_not(token(deploy, {{"introspect"}, {}}), "introspect"), good);
    expect(why_not(token(deploy, {{"introspect"}, {}}), "admin"), errc::insufficient_scope);
    // Another's audience, though the scope is there: RFC 9068.
    expect(why_not(token(deploy, {{"admin"}, {std::string(orders_api)}}), "admin"), errc::invalid_access_token);
    expect(why_not(token(billing), "admin"), errc::invalid_access_token);
    const std::string text = token(deploy, {{"admin"}, {}});
    edit_client(entities, "deploy", [](client& c) { c.scopes = {"introspect"}; }); // it was taken away since
    expect(why_not(text, "admin"), errc::insufficient_scope);
    expect(revoke(deploy->number, text), good);
    expect(why_not(text, "admin"), errc::invalid_access_token);
}

BOOST_FIXTURE_TEST_CASE(a_token_of_a_user_has_no_scope, machine_fixture) {
    const user_id ada = add_user("ada@example.org", "ada");
    run(accounts.set_superuser(ada, true)).value();
    const issued_tokens tokens = log_in("ada").value();
    expect(why_not(tokens.access_token, "introspect"), errc::insufficient_scope);
    run(sessions.logout(tokens.refresh_token, from_host(1))).value();
    expect(why_not(tokens.access_token, "introspect"), errc::invalid_access_token);
}

BOOST_FIXTURE_TEST_CASE(a_users_token_of_another_client_is_none_of_our_own_api, machine_fixture) {
    const user_id ada = add_user("ada@example.org", "ada");
    const issued_tokens own = log_in("ada").value();
    family_facts facts = data.find_family(family_of(own))->facts;
    facts.id.bytes[0] ^= 1;
    facts.client = billing->number;
    data.insert_family(facts, word_of(family_of(own)), {}).value();
    access_claims claims;
    const access_token_expectations expected = expectations_of(settings, time.now());
    BOOST_REQUIRE((check_access_token(*keys, own.access_token, expected, claims) == access_token_check::good));
    claims.session = facts.id; // and client_id says pawl
    const std::string text = mint_access_token(*keys->signing_key, claims);
    expect(run(own_guard.authenticate(text)).error().code, errc::insufficient_scope);
    BOOST_TEST(run(own_guard.authenticate(own.access_token)).has_value());
    BOOST_TEST(ada.value != 0U);
}

BOOST_FIXTURE_TEST_CASE(a_token_of_a_client_is_no_users, machine_fixture) {
    const client_ptr deploy = add("deploy", {"admin"}, {});
    expect(run(own_guard.authenticate(token(deploy))).error().code, errc::invalid_access_token);
    BOOST_TEST(!own_guard.session_of(token(deploy)).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_operator_that_is_a_client_is_one_as_long_as_it_may, machine_fixture) {
    const client_ptr deploy = add("deploy", {"admin"}, {});
    operator_caller by;
    by.machine = run(machines.authenticate(token(deploy), admin_scope)).value();
    BOOST_TEST(operators.is_still_operator(by));
    const user_id ada = add_user("ada@example.org", "ada");
    user_changes no_more;
    no_more.enabled = false;
    BOOST_TEST(run(operators.change_user(by, ada, no_more)).has_value());
    const auto changed = std::ranges::find(data.events(), event_kind::user_changed, &security_event::kind);
    BOOST_REQUIRE((changed != data.events().end()));
    BOOST_TEST(changed->by.value == 0U);
    BOOST_TEST(changed->about == "disabled by client:deploy");

    edit_client(entities, "deploy", [](client& c) { c.enabled = false; });
    BOOST_TEST(!operators.is_still_operator(by));
    expect(run(operators.change_user(by, ada, no_more)).error().code, errc::invalid_access_token);
    edit_client(entities, "deploy", [](client& c) { c.enabled = true; });
    BOOST_TEST(operators.is_still_operator(by));
    edit_client(entities, "deploy", [](client& c) { c.scopes.clear(); });
    expect(run(operators.change_user(by, ada, no_more)).error().code, errc::insufficient_scope);
    edit_client(entities, "deploy", [](client& c) { c.scopes = {"admin"}; });
    time.advance(seconds(600));
    BOOST_TEST(!operators.is_still_operator(by));
}

BOOST_AUTO_TEST_CASE(who_did_it_stays_in_the_words_of_an_event) {
    BOOST_TEST(about_by_client("", "deploy") == "by client:deploy");
    BOOST_TEST(about_by_client("email roles", "deploy") == "email roles by client:deploy");
    const std::string longest = about_by_client(std::string(200, 'x'), std::string(128, 'y'));
    BOOST_TEST(longest.size() == security_event::about_size_max);
    BOOST_TEST(read_act(longest).client_id == std::string(80, 'y'));
    BOOST_TEST(read_act("email by client:password").what == "email"); // which changed no password
    BOOST_TEST(read_act("by client:deploy").what.empty());
    BOOST_TEST(read_act("email roles").what == "email roles");
    BOOST_TEST(read_act("email roles").client_id.empty());
}

BOOST_AUTO_TEST_SUITE_END()
