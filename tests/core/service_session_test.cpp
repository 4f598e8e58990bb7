// Ending and listing sessions.
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct three_sessions : service_world {
    three_sessions() : owner(add_user("alice@example.org")) {
        for (std::uint8_t i = 0; i < 3; ++i) {
            tokens.push_back(log_in("alice@example.org", password, from_host(i)).value());
            who.push_back(signed_in(tokens.back()));
            time.advance(seconds(10));
        }
    }
    bool lives(std::size_t i) const { return is_alive(family_of(tokens[i])); }
    user_id owner;
    std::vector<issued_tokens> tokens;
    std::vector<principal> who;
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_session)

BOOST_FIXTURE_TEST_CASE(any_genuine_generation_logs_its_family_out, three_sessions) {
    for (std::uint32_t g = 0; g < 5; ++g) {
        refresh(token_at(family_of(tokens[0]), g)).value();
    }
    BOOST_TEST(run(sessions.logout(token_at(family_of(tokens[0]), 2), from_host(1))).has_value());
    BOOST_TEST((word_of(family_of(tokens[0])).status() == family_status::logout));
    BOOST_TEST(data.events().empty()); // an old token logs out; it is no reuse
    BOOST_TEST(run(sessions.logout(token_at(family_of(tokens[1]), 99), from_host(1))).has_value());
    BOOST_TEST(!lives(1));
    BOOST_TEST(lives(2));
    BOOST_TEST(counters.logouts == 2U);
    BOOST_TEST((refresh(token_at(family_of(tokens[0]), 5)).error().code == errc::session_revoked));
}

BOOST_FIXTURE_TEST_CASE(logging_out_what_is_unknown_forged_or_dead_succeeds, three_sessions) {
    const std::size_t before = data.enqueued();
    family_id unknown;
    unknown.bytes.fill(3);
    BOOST_TEST(run(sessions.logout(token_at(unknown, 0), from_host(1))).has_value());
    BOOST_TEST(run(sessions.logout(secret("prt_nonsense"), from_host(1))).has_value());
    BOOST_TEST(run(sessions.logout_session(unknown, from_host(1))).has_value());
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(run(sessions.logout_session(family_of(tokens[0]), from_host(1))).has_value());
    BOOST_TEST(run(sessions.logout_session(family_of(tokens[0]), from_host(1))).has_value());
    BOOST_TEST(counters.logouts == 1U);
}

BOOST_FIXTURE_TEST_CASE(logout_all_ends_every_family_with_one_record, three_sessions) {
    const std::size_t before = data.enqueued();
    BOOST_TEST(run(sessions.logout_all(who[1], from_host(1))).has_value());
    BOOST_TEST(data.enqueued() == before + 2); // the user, and the event
    BOOST_TEST((!lives(0) && !lives(1) && !lives(2)));
    const user_gate gate = data.find_user(owner)->gate;
    BOOST_TEST((gate.reason == gate_reason::logout_all));
    BOOST_TEST(gate.epoch == 1U);
    BOOST_TEST((gate.survivor == family_id{}));
    BOOST_TEST((gate.changed_at == time.now()));
    BOOST_TEST((data.events().back().kind == event_kind::sessions_revoked));
    BOOST_TEST((authenticate(tokens[1]).error().code == errc::invalid_access_token));
    BOOST_TEST(log_in("alice@example.org").has_value());
}

BOOST_FIXTURE_TEST_CASE(end_others_spares_the_callers_family_and_none_else, three_sessions) {
    const std::size_t before = data.enqueued();
    BOOST_TEST(run(sessions.end_others(who[1], from_host(1))).has_value());
    BOOST_TEST(data.enqueued() == before + 2);
    BOOST_TEST((!lives(0) && lives(1) && !lives(2)));
    const issued_tokens next = refresh(tokens[1].refresh_token).value().tokens; // and it goes on turning
    BOOST_TEST(authenticate(next).has_value());
    const issued_tokens fresh = log_in("alice@example.org").value();
    BOOST_TEST(run(sessions.end_others(signed_in(fresh), from_host(1))).has_value());
    BOOST_TEST(!lives(1)); // surviving once is no privilege
    BOOST_TEST(is_alive(family_of(fresh)));
}

BOOST_FIXTURE_TEST_CASE(a_session_that_was_revoked_since_it_was_checked_changes_nothing_any_more, three_sessions) {
    run(sessions.end_others(who[0], from_host(1))).value();
    BOOST_TEST((run(sessions.logout_all(who[1], from_host(1))).error().code == errc::invalid_access_token));
    BOOST_TEST((run(sessions.end_others(who[1], from_host(1))).error().code == errc::invalid_access_token));
    BOOST_TEST(
        (run(sessions.end(who[1], family_of(tokens[0]), from_host(1))).error().code == errc::invalid_access_token));
    BOOST_TEST((lives(0) && !lives(1)));
}

BOOST_FIXTURE_TEST_CASE(the_list_is_of_living_sessions_the_most_recently_used_first, three_sessions) {
    refresh(tokens[0].refresh_token, from_host(40, "browser/4")).value();
    run(sessions.logout(tokens[2].refresh_token, from_host(1))).value();
    const auto listed = run(sessions.list(who[0]));
    BOOST_REQUIRE(listed->size() == 2U);
    BOOST_TEST((listed->at(0).state.facts.id == family_of(tokens[0])));
    BOOST_TEST(listed->at(0).last_use.agent == "browser/4");
    BOOST_TEST(listed->at(0).state.word.generation() == 1U);
    BOOST_TEST((listed->at(1).state.facts.id == family_of(tokens[1])));
    time.advance(settings.refresh_idle_ttl - seconds(5));
    BOOST_TEST(run(sessions.list(who[0]))->size() == 1U); // expired ones are not listed
}

BOOST_FIXTURE_TEST_CASE(one_session_is_ended_by_another_of_the_same_user, three_sessions) {
    BOOST_TEST(run(sessions.end(who[0], family_of(tokens[2]), from_host(1))).has_value());
    BOOST_TEST((word_of(family_of(tokens[2])).status() == family_status::logout));
    BOOST_TEST((run(sessions.end(who[0], family_of(tokens[2]), from_host(1))).error().code == errc::session_not_found));
    BOOST_TEST(run(sessions.end(who[0], family_of(tokens[0]), from_host(1))).has_value()); // its own
    BOOST_TEST(!lives(0));
}

BOOST_FIXTURE_TEST_CASE(another_users_session_is_not_found_and_lives_on, three_sessions) {
    add_user("mallory@example.org");
    const principal mallory = signed_in(log_in("mallory@example.org").value());
    family_id unknown;
    unknown.bytes.fill(3);
    BOOST_TEST(
        (run(sessions.end(mallory, family_of(tokens[0]), from_host(1))).error().code == errc::session_not_found));
    BOOST_TEST((run(sessions.end(mallory, unknown, from_host(1))).error().code == errc::session_not_found));
    BOOST_TEST(run(sessions.logout_all(mallory, from_host(1))).has_value());
    BOOST_TEST((lives(0) && lives(1) && lives(2)));
}

BOOST_FIXTURE_TEST_CASE(a_full_log_still_lets_people_out, three_sessions) {
    data.full = true;
    BOOST_TEST(run(sessions.logout(tokens[0].refresh_token, from_host(1))).has_value());
    BOOST_TEST(!lives(0));
}

// The clock was wrong by a month, everybody seemed to have expired, and a 204 was given.
BOOST_FIXTURE_TEST_CASE(an_end_that_was_acknowledged_outlives_the_clock_it_was_given_by, three_sessions) {
    const timestamp right = time.now();
    const std::vector<family_id> families{family_of(tokens[0]), family_of(tokens[1]), family_of(tokens[2])};
    time.advance(settings.refresh_idle_ttl + seconds(1));
    BOOST_TEST((refresh(tokens[0].refresh_token).error().code == errc::session_expired));
    BOOST_TEST(run(sessions.logout(tokens[0].refresh_token, from_host(1))).has_value());
    BOOST_TEST(run(sessions.logout_session(families[1], from_host(1))).has_value()); // by a bearer
    BOOST_TEST(run(admin.end_session({}, families[2])).has_value());
    BOOST_TEST((refresh(tokens[0].refresh_token).error().code == errc::session_expired)); // case 2a comes first
    BOOST_TEST(counters.logouts == 2U);
    time.set(right);
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST((refresh(tokens[i].refresh_token).error().code == errc::session_revoked));
        BOOST_TEST((authenticate(tokens[i]).error().code == errc::invalid_access_token));
    }
    BOOST_TEST((word_of(families[0]).status() == family_status::logout));
    BOOST_TEST((word_of(families[2]).status() == family_status::admin));
}

BOOST_FIXTURE_TEST_CASE(a_session_of_the_list_that_has_just_expired_is_ended_as_well, three_sessions) {
    const timestamp before = time.now();
    for (int day = 0; day < 13; ++day) { // the caller's own goes on, the others idle
        time.advance(seconds(86400));
        tokens[0] = refresh(tokens[0].refresh_token).value().tokens;
    }
    time.advance(seconds(86400));
    const principal caller_now = signed_in(refresh(tokens[0].refresh_token).value().tokens);
    BOOST_TEST((refresh(tokens[1].refresh_token).error().code == errc::session_expired));
    BOOST_TEST(run(sessions.end(caller_now, family_of(tokens[1]), from_host(1))).has_value());
    BOOST_TEST(
        (run(sessions.end(caller_now, family_of(tokens[1]), from_host(1))).error().code == errc::session_not_found));
    BOOST_TEST(run(sessions.end_others(caller_now, from_host(1))).has_value());
    time.set(before);
    BOOST_TEST((refresh(tokens[1].refresh_token).error().code == errc::session_revoked));
    BOOST_TEST((refresh(tokens[2].refresh_token).error().code == errc::session_revoked));
}

BOOST_FIXTURE_TEST_CASE(long_expired_sessions_are_ended_once_each_however_often_it_is_asked_for, three_sessions) {
    time.advance(settings.refresh_absolute_ttl + seconds(1));
    const std::size_t before = data.enqueued();
    for (int again = 0; again < 5; ++again) {
        for (const issued_tokens& t : tokens) {
            BOOST_TEST(run(sessions.logout(t.refresh_token, from_host(1))).has_value());
        }
    }
    BOOST_TEST(data.enqueued() == before + 3);
    BOOST_TEST(counters.logouts == 3U);
    BOOST_TEST(data.events().empty());
}

BOOST_FIXTURE_TEST_CASE(the_end_of_an_expired_session_is_acknowledged_once_it_is_durable, three_sessions) {
    time.advance(settings.refresh_idle_ttl + seconds(1));
    data.hold_durability();
    running<result<void>> request(sessions.logout(tokens[0].refresh_token, from_host(1)));
    BOOST_TEST(!request.answered());
    data.make_durable();
    BOOST_TEST(request.answer().has_value());
}

// What closed the gate keeps it closed: there is nothing to end, and nothing is written.
BOOST_FIXTURE_TEST_CASE(a_session_whose_gate_is_closed_for_good_is_not_ended_again, three_sessions) {
    run(accounts.set_enabled(owner, false)).value();
    const std::size_t before = data.enqueued();
    BOOST_TEST(run(sessions.logout(tokens[0].refresh_token, from_host(1))).has_value());
    BOOST_TEST(run(admin.end_session({}, family_of(tokens[1]))).has_value());
    BOOST_TEST(data.enqueued() == before);
    run(accounts.set_enabled(owner, true)).value();
    BOOST_TEST((!lives(0) && !lives(1) && !lives(2)));
}

// A user who was imported as disabled, with sessions of the epoch that still is.
BOOST_FIXTURE_TEST_CASE(a_session_logged_out_while_its_user_is_disabled_stays_out_when_enabled_again, three_sessions) {
    user u = *data.find_user(owner);
    u.gate.enabled = false;
    ++u.version;
    data.replace_user(u).value();
    BOOST_TEST(run(sessions.logout(tokens[0].refresh_token, from_host(1))).has_value());
    run(accounts.set_enabled(owner, true)).value();
    BOOST_TEST((!lives(0) && lives(1)));
}

BOOST_AUTO_TEST_SUITE_END()
