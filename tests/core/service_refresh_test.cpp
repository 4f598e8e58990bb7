// One presentation of a refresh token, from the request to the answer: what it gives, what it leaves behind.
#include "core/jwt/access_token.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct signed_in_world : service_world {
    signed_in_world() : owner(add_user("alice@example.org")) { tokens = log_in("alice@example.org").value(); }
    family_id family() const { return family_of(tokens); }
    secret_string token(std::uint32_t generation) const { return token_at(family(), generation); }
    // Rotates until the family is at `generation`, then lets every window pass.
    void rotate_to(std::uint32_t generation) {
        while (word_of(family()).generation() < generation) {
            refresh(token(word_of(family()).generation())).value();
        }
        time.advance(seconds(300));
    }
    errc why(const secret_string& t, caller from = from_host(1)) { return refresh(t, std::move(from)).error().code; }

    user_id owner;
    issued_tokens tokens;
};

access_claims claims_of(const service_world& w, const issued_tokens& tokens) {
    access_claims claims;
    const access_token_expectations expected{.issuer = w.settings.issuer,
                                             .audience = w.settings.audience,
                                             .now = w.time.now(),
                                             .lifetime_max = w.settings.access_token_ttl,
                                             .leeway = seconds(0)};
    BOOST_TEST((check_access_token(*w.keys, tokens.access_token, expected, claims) == access_token_check::good));
    return claims;
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_refresh)

BOOST_FIXTURE_TEST_CASE(rotation_gives_the_next_generation_and_a_signed_access_token, signed_in_world) {
    time.advance(seconds(100));
    const auto done = refresh(tokens.refresh_token);
    BOOST_REQUIRE(done.has_value());
    BOOST_TEST((done->kind == refresh_kind::rotated));
    BOOST_TEST((place_of(done->tokens.refresh_token) == refresh_token_place{family(), 1}));
    BOOST_TEST(done->tokens.access_expires_in.count() == 600);
    BOOST_TEST(done->tokens.refresh_expires_in.count() == 14 * 86400);
    const access_claims claims = claims_of(*this, done->tokens);
    BOOST_TEST(claims.subject.value == owner.value);
    BOOST_TEST((claims.session == family()));
    BOOST_TEST(claims.generation == 1U);
    BOOST_TEST(claims.client_id == "pawl");
    BOOST_TEST((claims.issued_at == time.now()));
    BOOST_TEST((claims.expires_at == time.now() + seconds(600)));
    BOOST_TEST(claims.jwt_id.size() == 22U); // 128 bits in base64url
    BOOST_TEST(claims.jwt_id != claims_of(*this, tokens).jwt_id);
    BOOST_TEST(counters.rotations == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_forged_or_garbled_token_touches_no_state, signed_in_world) {
    std::string forged(tokens.refresh_token.reveal());
    forged[60] = forged[60] == 'A' ? 'B' : 'A';
    data.before = [](store_step) { throw std::logic_error("state was touched"); };
    for (const std::string& text : {forged, std::string("prt_"), std::string(), std::string(5000, 'a')}) {
        BOOST_TEST((why(secret(text)) == errc::invalid_refresh_token));
    }
    BOOST_TEST(counters.refused_forged == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_family_that_was_swept_is_expired, signed_in_world) {
    data.drop_family(family());
    BOOST_TEST((why(tokens.refresh_token) == errc::session_expired));
}

BOOST_FIXTURE_TEST_CASE(a_family_swept_between_look_and_exchange_is_expired, signed_in_world) {
    once_before(store_step::exchange_family, 0, [this] { data.drop_family(family()); });
    BOOST_TEST((why(tokens.refresh_token) == errc::session_expired));
}

BOOST_FIXTURE_TEST_CASE(a_family_not_refreshed_for_its_idle_ttl_is_expired, signed_in_world) {
    time.advance(settings.refresh_idle_ttl - seconds(1));
    BOOST_TEST(refresh(token(0)).has_value());
    time.advance(settings.refresh_idle_ttl);
    BOOST_TEST((why(token(1)) == errc::session_expired));
    BOOST_TEST((word_of(family()).status() == family_status::live)); // time changes no fact
}

BOOST_FIXTURE_TEST_CASE(no_token_outlives_the_familys_absolute_expiry, signed_in_world) {
    const timestamp end = time.now() + settings.refresh_absolute_ttl;
    for (std::uint32_t g = 0; end - time.now() > settings.refresh_idle_ttl; ++g) {
        time.advance(settings.refresh_idle_ttl - seconds(1));
        BOOST_REQUIRE(refresh(token(g)).has_value());
    }
    time.set(end - seconds(7));
    const auto last = refresh(token(word_of(family()).generation()));
    BOOST_REQUIRE(last.has_value());
    BOOST_TEST(last->tokens.access_expires_in.count() == 7);
    BOOST_TEST(last->tokens.refresh_expires_in.count() == 7);
    BOOST_TEST((claims_of(*this, last->tokens).expires_at == end));
    time.set(end);
    BOOST_TEST((why(last->tokens.refresh_token) == errc::session_expired));
}

BOOST_FIXTURE_TEST_CASE(a_replay_gives_the_same_successor_and_never_extends_the_idle_expiry, signed_in_world) {
    const auto first = refresh(token(0));
    time.advance(seconds(9));
    const auto again = refresh(token(0));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((again->kind == refresh_kind::replayed));
    BOOST_TEST(again->tokens.refresh_token.reveal() == first->tokens.refresh_token.reveal());
    BOOST_TEST(again->tokens.access_token != first->tokens.access_token);
    BOOST_TEST(again->tokens.access_expires_in.count() == 600); // a new one, from now
    BOOST_TEST(again->tokens.refresh_expires_in.count() == 14 * 86400 - 9);
    BOOST_TEST(counters.replays == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_replay_writes_no_record, signed_in_world) {
    refresh(token(0)).value();
    const std::size_t before = data.enqueued();
    refresh(token(0)).value(); // case 5
    time.advance(seconds(30));
    refresh(token(0)).value(); // case 6
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(word_of(family()).replays() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_access_token_seen_closes_the_lost_response_window_but_not_the_reuse_window,
                        signed_in_world) {
    const auto first = refresh(token(0));
    signed_in(first->tokens);
    time.advance(seconds(10));
    BOOST_TEST(refresh(token(0)).has_value());
    time.advance(seconds(20));
    BOOST_TEST((why(token(0)) == errc::refresh_token_reused));
}

BOOST_FIXTURE_TEST_CASE(reuse_is_told_to_who_was_caught_and_revocation_to_all_later_ones, signed_in_world) {
    rotate_to(5);
    BOOST_TEST((why(token(0)) == errc::refresh_token_reused));
    BOOST_TEST((word_of(family()).status() == family_status::reuse));
    BOOST_TEST((why(token(0)) == errc::session_revoked));
    BOOST_TEST((why(token(5)) == errc::session_revoked));
    BOOST_TEST(counters.reuses == 1U);
    BOOST_TEST(counters.refused_dead == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_grandparent_is_reuse_inside_every_window, signed_in_world) {
    refresh(token(0)).value();
    refresh(token(1)).value();
    BOOST_TEST((why(token(0)) == errc::refresh_token_reused));
}

BOOST_FIXTURE_TEST_CASE(a_thousand_rotations_in_one_second_hide_no_replay, signed_in_world) {
    for (std::uint32_t g = 0; g < 1000; ++g) {
        BOOST_REQUIRE(refresh(token(g)).has_value());
    }
    BOOST_TEST((why(token(417)) == errc::refresh_token_reused));
}

BOOST_FIXTURE_TEST_CASE(reuse_leaves_evidence_of_both_sides, signed_in_world) {
    rotate_to(3);
    const timestamp rotated = time.now() - seconds(300);
    why(token(1), from_host(66, "thief/2"));
    BOOST_REQUIRE(data.events().size() == 1U);
    const security_event& e = data.events()[0];
    BOOST_TEST((e.kind == event_kind::reuse_detected));
    BOOST_TEST(e.user.value == owner.value);
    BOOST_TEST((e.family == family()));
    BOOST_TEST(e.generation_presented == 1U);
    BOOST_TEST(e.generation_current == 3U);
    BOOST_TEST((e.presented.at == time.now()));
    BOOST_TEST((e.presented.address == from_host(66).address));
    BOOST_TEST(e.presented.agent == "thief/2");
    BOOST_TEST((e.last.at == rotated));
    BOOST_TEST((e.last.address == from_host(1).address));
    BOOST_TEST(e.last.agent == "test/1.0");
}

BOOST_FIXTURE_TEST_CASE(replays_of_a_revoked_family_write_nothing, signed_in_world) {
    rotate_to(2);
    why(token(0));
    const std::size_t before = data.enqueued();
    for (int i = 0; i < 10'000; ++i) {
        why(token(0));
    }
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(data.events().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_session_is_of_the_client_that_asked_for_it_and_no_other_refreshes_it, signed_in_world) {
    const token_client shop{client_number{7}, "shop"};
    const token_client other{client_number{8}, "other"};
    const issued_tokens opened =
        run(sessions.login("alice@example.org", secret(password), {shop, from_host(1)})).value();
    const family_id of_shop = family_of(opened);
    BOOST_TEST((data.find_family(of_shop)->facts.client == shop.number));
    BOOST_TEST(claims_of(*this, opened).client_id == "shop");

    const std::size_t before = data.enqueued();
    const auto refused = run(sessions.refresh(opened.refresh_token, first_party(), from_host(2)));
    BOOST_TEST((refused.has_error() && refused.error().code == errc::invalid_refresh_token));
    BOOST_TEST(counters.refused_mismatch == 1U);
    for (const token_client& stranger : {shop, other}) { // there are no such clients here
        const auto unknown = run(sessions.refresh(tokens.refresh_token, stranger, from_host(2)));
        BOOST_TEST((unknown.has_error() && unknown.error().code == errc::invalid_client));
    }
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(refresh(tokens.refresh_token).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_token_of_another_client_is_refused_and_nothing_is_revoked, signed_in_world) {
    family_facts facts = data.find_family(family())->facts;
    facts.id.bytes.fill(9);
    facts.client = client_number{7};
    data.insert_family(facts, family_word{}, {}).value();
    BOOST_TEST((why(token_at(facts.id, 0)) == errc::invalid_refresh_token));
    BOOST_TEST(is_alive(facts.id));
    BOOST_TEST(counters.refused_mismatch == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_token_ahead_of_the_store_ends_the_family_or_heals_it, signed_in_world) {
    const issued_tokens second = log_in("alice@example.org").value();
    BOOST_TEST((why(token(5)) == errc::session_revoked));
    BOOST_TEST((word_of(family()).status() == family_status::ahead));
    BOOST_TEST((data.events().back().kind == event_kind::family_ahead));
    BOOST_TEST(counters.ahead_revoked == 1U);

    settings.refresh.ahead = ahead_policy::heal;
    const auto healed = refresh(token_at(family_of(second), 5));
    BOOST_REQUIRE(healed.has_value());
    BOOST_TEST((healed->kind == refresh_kind::healed));
    BOOST_TEST(place_of(healed->tokens.refresh_token).generation == 6U);
    BOOST_TEST((data.events().back().kind == event_kind::family_healed));
    BOOST_TEST(data.events().back().generation_presented == 5U);
    BOOST_TEST(data.events().back().generation_current == 0U);
    BOOST_TEST(counters.healed == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_last_generation_ends_the_family, signed_in_world) {
    data.set_word(family(), family_word{}.with_generation(family_word::generation_max));
    BOOST_TEST((why(token(family_word::generation_max)) == errc::session_revoked));
    BOOST_TEST((word_of(family()).status() == family_status::exhausted));
}

BOOST_FIXTURE_TEST_CASE(three_replayed_generations_from_elsewhere_are_suspected, signed_in_world) {
    settings.refresh.reuse_window = seconds(0);
    for (std::uint32_t g = 0; g < 3; ++g) {
        BOOST_TEST(counters.reuse_suspected == 0U);
        refresh(token(g), from_host(1, "victim/1")).value();
        BOOST_REQUIRE(refresh(token(g), from_host(2, "thief/1")).has_value());
    }
    BOOST_TEST(counters.reuse_suspected == 1U);
    BOOST_REQUIRE(data.events().size() == 1U);
    BOOST_TEST((data.events()[0].kind == event_kind::reuse_suspected));
    BOOST_TEST(data.events()[0].presented.agent == "thief/1");
    BOOST_TEST(data.events()[0].last.agent == "victim/1");
    BOOST_TEST(is_alive(family())); // a trace, no verdict
}

BOOST_FIXTURE_TEST_CASE(three_replayed_generations_of_one_client_are_a_bad_network, signed_in_world) {
    settings.refresh.reuse_window = seconds(0);
    for (std::uint32_t g = 0; g < 5; ++g) {
        refresh(token(g), from_host(1, "same/1")).value();
        BOOST_REQUIRE(refresh(token(g), from_host(2, "same/1")).has_value()); // from wifi to mobile
    }
    BOOST_TEST(counters.reuse_suspected == 0U);
    BOOST_TEST(data.events().empty());
}

BOOST_FIXTURE_TEST_CASE(a_replay_that_is_worth_it_is_recorded, signed_in_world) {
    limiter.records_replays = true;
    refresh(token(0), from_host(1, "same/1")).value();
    BOOST_TEST(data.events().empty());
    BOOST_REQUIRE(refresh(token(0), from_host(2, "same/2")).has_value());
    BOOST_REQUIRE(data.events().size() == 1U);
    const security_event& e = data.events()[0];
    BOOST_TEST((e.kind == event_kind::token_replayed));
    BOOST_TEST((e.family == family()));
    BOOST_TEST(e.generation_presented == 0U);
    BOOST_TEST(e.generation_current == 1U);
    BOOST_TEST(e.presented.agent == "same/2");
    BOOST_TEST(e.last.agent == "same/1");
    BOOST_TEST(e.about.empty());
}

BOOST_FIXTURE_TEST_CASE(an_outage_of_ours_is_no_theft_of_theirs, signed_in_world) {
    refresh(token(0)).value();
    const timestamp stopped = time.now() + seconds(5);
    time.advance(seconds(3600));
    data.not_served.add({.stopped_at = stopped, .ready_at = time.now() - seconds(20)});
    const auto again = refresh(token(0));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((again->kind == refresh_kind::replayed));
}

BOOST_FIXTURE_TEST_CASE(exchanges_that_miss_are_decided_again_but_not_for_ever, signed_in_world) {
    data.family_conflicts = 3;
    BOOST_TEST(refresh(token(0)).has_value());
    data.family_conflicts = 1'000'000;
    const auto refused = refresh(token(1));
    BOOST_TEST((refused.error().code == errc::storage_unavailable));
    BOOST_TEST(refused.error().retry_after.count() >= 1);
}

BOOST_FIXTURE_TEST_CASE(a_full_log_refuses_rotations_but_still_ends_families, signed_in_world) {
    rotate_to(3);
    data.full = true;
    BOOST_TEST((why(token(3)) == errc::storage_unavailable));
    BOOST_TEST(word_of(family()).generation() == 3U);
    BOOST_TEST((why(token(0)) == errc::refresh_token_reused));
    BOOST_TEST(!is_alive(family()));
}

BOOST_FIXTURE_TEST_CASE(a_disabled_users_tokens_are_revoked_ones, signed_in_world) {
    run(accounts.set_enabled(owner, false)).value();
    BOOST_TEST((why(token(0)) == errc::session_revoked));
    run(accounts.set_enabled(owner, true)).value();
    BOOST_TEST((why(token(0)) == errc::session_revoked)); // enabling revives nothing
    BOOST_TEST(log_in("alice@example.org").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
