// One sentence for every way to be logged out.
#include "storage/history/timeline.hpp"

#include <boost/test/unit_test.hpp>

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr timestamp born(seconds(1'800'000'000)); // 2027-01-15 08:00:00 UTC

// A session alive an hour after its login, in its fourth generation.
timeline alive_one() {
    timeline t;
    t.family.bytes.fill(7);
    t.known = t.user_known = t.alive = true;
    t.facts.id = t.family;
    t.facts.user = user_id{1};
    t.facts.created_at = born;
    t.facts.idle_ttl = seconds(14 * 86400);
    t.facts.absolute_ttl = seconds(90 * 86400);
    t.word = family_word().with_generation(3).with_rotated_at(3600);
    t.now = born + seconds(7200);
    return t;
}

timeline ended_by(family_status why) {
    timeline t = alive_one();
    t.word = t.word.with_status(why);
    t.ended_after = 5400;
    return t;
}

timeline shut_by(gate_reason why) {
    timeline t = alive_one();
    t.gate.epoch = 1;
    t.gate.reason = why;
    t.gate.changed_at = born + seconds(5400);
    return t;
}

void add_evidence(timeline& t, moment_kind kind) {
    timeline_moment m;
    m.kind = kind;
    m.evidence.emplace();
    m.evidence->family = t.family;
    m.evidence->generation_presented = 1;
    m.evidence->generation_current = 3;
    m.evidence->presented = {born + seconds(5400), peer_address_from_text("203.0.113.9").value(), "thief"};
    m.evidence->last = {born + seconds(3600), peer_address_from_text("192.0.2.1").value(), "victim"};
    t.moments.push_back(m);
}

void check(const timeline& t, end_cause cause, const std::string& sentence) {
    const explanation answer = why(t);
    BOOST_TEST(name_of(answer.cause) == name_of(cause));
    BOOST_TEST(answer.sentence == sentence);
}

} // namespace

BOOST_AUTO_TEST_SUITE(history_why)

BOOST_AUTO_TEST_CASE(a_session_that_is_alive_says_until_when) {
    check(alive_one(), end_cause::alive,
          "The session is alive: generation 3, last rotated at 2027-01-15 09:00:00 UTC; it expires at 2027-01-29 "
          "09:00:00 UTC unless it is refreshed before.");
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_unknown) {
    BOOST_TEST(name_of(why(timeline{}).cause) == name_of(end_cause::unknown_family));
}

BOOST_AUTO_TEST_CASE(the_user_logged_out) {
    check(ended_by(family_status::logout), end_cause::logout,
          "The user ended this session at 2027-01-15 09:30:00 UTC (logout, or removed from the list).");
}

BOOST_AUTO_TEST_CASE(a_session_that_had_expired_before_it_was_ended_expired) {
    timeline t = ended_by(family_status::logout);
    t.ended_after = 3600 + 14 * 86400;
    t.now = born + seconds(t.ended_after) + seconds(1);
    t.alive = false;
    check(t, end_cause::idle_expiry,
          "The session was not refreshed for 14 days after 2027-01-15 09:00:00 UTC and expired at 2027-01-29 09:00:00 "
          "UTC (--refresh-idle-ttl).");
    t.ended_after -= 1;
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::logout));
    t.ended_after += 1;
    t.now = born + seconds(7200); // ended by a clock that was ahead: by this one it has not expired
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::logout));
}

BOOST_AUTO_TEST_CASE(reuse_names_both_sides) {
    timeline t = ended_by(family_status::reuse);
    add_evidence(t, moment_kind::reuse_found);
    check(
        t, end_cause::reuse,
        "At 2027-01-15 09:30:00 UTC the refresh token of generation 1 came back from 203.0.113.9 (thief) although "
        "generation 3 had taken its place at 2027-01-15 09:00:00 UTC from 192.0.2.1 (victim): two parties hold tokens "
        "of this session, so it was ended for both.");
}

BOOST_AUTO_TEST_CASE(reuse_without_its_evidence_says_so) {
    const explanation answer = why(ended_by(family_status::reuse));
    BOOST_TEST(name_of(answer.cause) == name_of(end_cause::reuse));
    BOOST_TEST(answer.sentence.find("no longer in the log") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_operator_ended_it) {
    check(ended_by(family_status::admin), end_cause::admin,
          "An operator ended this session at 2027-01-15 09:30:00 UTC.");
}

BOOST_AUTO_TEST_CASE(too_many_sessions_evicted_it) {
    check(
        ended_by(family_status::evicted), end_cause::evicted,
        "At 2027-01-15 09:30:00 UTC the user logged in once more with --max-sessions sessions alive, and this was the "
        "least recently used one.");
}

BOOST_AUTO_TEST_CASE(its_rotations_were_used_up) {
    check(ended_by(family_status::exhausted), end_cause::exhausted,
          "At 2027-01-15 09:30:00 UTC the last of the 67108863 rotations that one session can have was used up.");
}

BOOST_AUTO_TEST_CASE(a_token_was_ahead_of_the_store) {
    timeline t = ended_by(family_status::ahead);
    t.moments.clear();
    add_evidence(t, moment_kind::ahead_found);
    t.moments.back().evidence->generation_presented = 5;
    check(t, end_cause::ahead,
          "At 2027-01-15 09:30:00 UTC a genuine refresh token of generation 5 came from 203.0.113.9 (thief) while the "
          "store knew only 3: the store had lost what came between, and under --ahead revoke that ends the session.");
}

BOOST_AUTO_TEST_CASE(it_was_not_refreshed_in_time) {
    timeline t = alive_one();
    t.now = born + seconds(15 * 86400);
    check(t, end_cause::idle_expiry,
          "The session was not refreshed for 14 days after 2027-01-15 09:00:00 UTC and expired at 2027-01-29 09:00:00 "
          "UTC (--refresh-idle-ttl).");
}

BOOST_AUTO_TEST_CASE(it_was_as_old_as_a_session_may_be) {
    timeline t = alive_one();
    t.facts.absolute_ttl = t.facts.idle_ttl;
    t.now = born + seconds(14 * 86400);
    check(t, end_cause::absolute_expiry,
          "The session was 14 days old at 2027-01-29 08:00:00 UTC, and no session lives longer "
          "(--refresh-absolute-ttl).");
}

BOOST_AUTO_TEST_CASE(all_sessions_were_logged_out_and_by_whom) {
    timeline t = shut_by(gate_reason::logout_all);
    timeline_moment m;
    m.kind = moment_kind::revoke_asked;
    m.at = timestamp_ms(born + seconds(5401));
    m.evidence.emplace();
    m.address = peer_address_from_text("192.0.2.1").value();
    m.agent = "phone";
    t.moments.push_back(m);
    check(t, end_cause::logout_all,
          "All sessions of the user were logged out at 2027-01-15 09:30:00 UTC (asked for from 192.0.2.1 (phone)).");
}

BOOST_AUTO_TEST_CASE(the_password_was_changed) {
    check(shut_by(gate_reason::password_change), end_cause::password_change,
          "The password was changed at 2027-01-15 09:30:00 UTC, which ends all other sessions of the user.");
}

BOOST_AUTO_TEST_CASE(the_account_was_disabled_and_enabling_it_again_does_not_bring_the_session_back) {
    timeline t = shut_by(gate_reason::disabled);
    t.gate.enabled = false;
    const std::string sentence = "The account was disabled at 2027-01-15 09:30:00 UTC, which ends all its sessions.";
    check(t, end_cause::disabled, sentence);
    t.gate.enabled = true;
    check(t, end_cause::disabled, sentence);
}

BOOST_AUTO_TEST_CASE(an_operator_who_disabled_the_account_is_named) {
    timeline t = shut_by(gate_reason::disabled);
    timeline_moment m;
    m.kind = moment_kind::revoke_asked;
    m.at = timestamp_ms(born + seconds(5401));
    m.evidence.emplace();
    m.evidence->kind = event_kind::user_changed;
    m.address = peer_address_from_text("192.0.2.1").value();
    t.moments.push_back(m);
    const std::string begin = "The account was disabled at 2027-01-15 09:30:00 UTC (by ";
    check(t, end_cause::disabled, begin + "an operator from 192.0.2.1), which ends all its sessions.");
    t.moments.back().evidence->by = user_id{7};
    check(t, end_cause::disabled, begin + "user 7, as an operator from 192.0.2.1), which ends all its sessions.");
}

BOOST_AUTO_TEST_CASE(the_account_was_removed) {
    timeline t = shut_by(gate_reason::deleted);
    t.user_deleted = true;
    t.gate.enabled = false;
    check(t, end_cause::deleted, "The account was removed at 2027-01-15 09:30:00 UTC, and all its sessions with it.");
    timeline gone = alive_one();
    gone.user_known = false;
    BOOST_TEST(name_of(why(gone).cause) == name_of(end_cause::deleted));
}

BOOST_AUTO_TEST_CASE(what_came_first_is_the_answer) {
    timeline t = shut_by(gate_reason::password_change); // a gate that closed on a session that had long expired
    t.gate.changed_at = born + seconds(20 * 86400);
    t.now = born + seconds(21 * 86400);
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::idle_expiry));
    t.gate.changed_at = born + seconds(5400); // and one before it did
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::password_change));
    t.gate.survivor = t.family; // spared: then it is the expiry again
    BOOST_TEST(name_of(why(t).cause) == name_of(end_cause::idle_expiry));
}

BOOST_AUTO_TEST_SUITE_END()
