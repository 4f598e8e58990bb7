// Browser sessions: what a cookie leads to, and what it leaves behind.
#include "tests/support/web_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

BOOST_FIXTURE_TEST_SUITE(web_session, web_world)

BOOST_AUTO_TEST_CASE(a_sign_in_opens_a_session_of_the_pages_and_sets_its_cookie) {
    const web_visit in = try_sign_in("Alice@example.org").value();
    const web_cookie cookie = opened(cookie_of(in));
    BOOST_TEST((cookie == web_cookie{in.session->id, 0, time.now(), time.now(), acr_password, amr_password}));
    BOOST_TEST((in.session->user->id == alice));
    BOOST_TEST((in.session->auth_time == time.now()));
    const family_details made = data.find_family_details(cookie.session).value();
    BOOST_TEST((made.state.facts.user == alice));
    BOOST_TEST((made.state.facts.client == web_client));
    BOOST_TEST(made.state.facts.idle_ttl.count() == 14 * 86400);
    BOOST_TEST(made.state.facts.absolute_ttl.count() == 14 * 86400);
    BOOST_TEST((made.state.facts.origin.auth_time == time.now()));
    BOOST_TEST(made.state.facts.origin.acr == acr_password);
    BOOST_TEST(made.state.facts.origin.amr == amr_password);
    BOOST_TEST((made.last_use.address == from_host(1).address));
    BOOST_TEST(counters.logins_ok == 1U);
}

BOOST_AUTO_TEST_CASE(a_fresh_cookie_says_who_is_signed_in_and_nothing_is_written) {
    const std::string cookie = sign_in("alice@example.org");
    const std::size_t before = data.enqueued();
    time.advance(seconds(599));
    const web_visit seen = visit(cookie);
    BOOST_TEST((seen.session->id == session_of(cookie)));
    BOOST_TEST((seen.session->user->id == alice));
    BOOST_TEST((seen.session->auth_time == opened(cookie).auth_time));
    BOOST_TEST(seen.session->acr == acr_password);
    BOOST_TEST(seen.session->amr == amr_password);
    BOOST_TEST((!seen.set_cookie && !seen.clear_cookie));
    BOOST_TEST(data.enqueued() == before);
}

BOOST_AUTO_TEST_CASE(without_a_cookie_no_user_is_signed_in) {
    const web_visit seen = visit("");
    BOOST_TEST((!seen.session && !seen.set_cookie && !seen.clear_cookie));
}

BOOST_AUTO_TEST_CASE(what_is_no_cookie_of_ours_is_forgotten_and_changes_nothing) {
    const std::string good = sign_in("alice@example.org");
    std::string bent = good;
    bent.back() = bent.back() == 'A' ? 'B' : 'A';
    const issued_tokens tokens = log_in("alice@example.org").value();
    const capsule_ring foreign({{0, secret_bytes(capsule_key_size, 0x77)}});
    const std::string of_other_keys(seal_web_cookie(foreign, opened(good), random).reveal());
    web_cookie unknown = opened(good);
    unknown.session.bytes.fill(9); // of another store with the same keys, or swept
    web_cookie of_first_party = opened(good);
    of_first_party.session = family_of(tokens);
    const std::size_t before = data.enqueued();
    for (const std::string& shown :
         {std::string("x"), bent, good + "A", good.substr(1), std::string(tokens.refresh_token.reveal()),
          tokens.access_token, of_other_keys, sealed(unknown), sealed(of_first_party)}) {
        BOOST_TEST(forgets(visit(shown)));
        sign_out(shown);
    }
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(is_alive(family_of(tokens)));
    BOOST_TEST(is_signed_in(good));
}

// --- Rotation.

BOOST_AUTO_TEST_CASE(a_page_replaces_a_cookie_of_ten_minutes) {
    const std::string first = sign_in("alice@example.org");
    time.advance(seconds(600));
    BOOST_TEST(!visit(first, false).set_cookie); // not a page
    const web_visit seen = run(web.visit(first, from_host(7, "agent/7"), true)).value();
    web_cookie expected = opened(first);
    expected.generation = 1;
    expected.set_at = time.now();
    BOOST_TEST((opened(cookie_of(seen)) == expected)); // the same session and the same sign-in
    BOOST_TEST((seen.session->id == session_of(first)));
    BOOST_TEST(data.find_family_details(session_of(first))->last_use.agent == "agent/7");
    BOOST_TEST(counters.rotations == 1U);
    BOOST_TEST(!visit(cookie_of(seen)).set_cookie);
}

BOOST_AUTO_TEST_CASE(where_rotation_is_off_only_sign_ins_replace_cookies) {
    settings.web_rotation = seconds(0);
    const std::string first = sign_in("alice@example.org");
    time.advance(seconds(86400));
    BOOST_TEST(!visit(first).set_cookie);
    BOOST_TEST(opened(sign_in("alice@example.org", first)).generation == 1U);
}

BOOST_AUTO_TEST_CASE(a_session_ends_at_its_time_however_often_it_rotates) {
    std::string cookie = sign_in("alice@example.org");
    const timestamp end = time.now() + settings.web_session_ttl;
    cookie = replaced(replaced(cookie));
    time.set(end - seconds(1));
    BOOST_TEST(is_signed_in(cookie));
    time.set(end);
    BOOST_TEST(forgets(visit(cookie)));
    BOOST_TEST((status_of(cookie) == family_status::live)); // a clock that was wrong comes right
}

// --- The cookie before.

BOOST_AUTO_TEST_CASE(the_cookie_before_is_taken_any_number_of_times_until_the_next_is_confirmed) {
    const std::string old = sign_in("alice@example.org");
    const std::string next = replaced(old);
    const std::size_t before = data.enqueued();
    for (int tab = 0; tab < 20; ++tab) {
        const web_visit seen = visit(old);
        BOOST_TEST((seen.session->id == session_of(old)));
        BOOST_TEST(!seen.set_cookie); // the answer that brings the next may be on its way
    }
    time.advance(seconds(59));
    BOOST_TEST(is_signed_in(next)); // too early to confirm it
    time.advance(settings.web_session_ttl - seconds(600 + 59 + 1));
    for (int tab = 0; tab < 20; ++tab) {
        BOOST_TEST(is_signed_in(old));
    }
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(data.events().empty());
    const family_word word = word_of(session_of(old));
    BOOST_TEST(word.replays() == 0U);
    data.set_word(session_of(old), word.with_replays(family_word::replays_max)); // and none that it had would count
    BOOST_TEST(is_signed_in(old));
}

BOOST_AUTO_TEST_CASE(a_browser_that_lost_the_next_cookie_is_given_it_after_a_minute) {
    const std::string old = sign_in("alice@example.org");
    const std::string lost = replaced(old);
    time.advance(seconds(59));
    BOOST_TEST(!visit(old).set_cookie);
    time.advance(seconds(1));
    BOOST_TEST(!visit(old, false).set_cookie); // not a page
    web_cookie expected = opened(lost);
    expected.set_at = time.now();
    const std::string again = cookie_of(visit(old));
    BOOST_TEST((opened(again) == expected));
    time.advance(seconds(60));
    BOOST_TEST(is_signed_in(again)); // confirms it
    BOOST_TEST(forgets(visit(old)));
}

BOOST_AUTO_TEST_CASE(a_cookie_that_was_confirmed_away_ends_the_session) {
    const std::string old = sign_in("alice@example.org");
    const family_id bound = add_bound_family(old);
    const std::string next = replaced(old);
    time.advance(seconds(59));
    BOOST_TEST(is_signed_in(next));
    BOOST_TEST(is_signed_in(old));
    time.advance(seconds(1));
    BOOST_TEST(is_signed_in(next));
    BOOST_TEST(is_alive(bound));
    BOOST_TEST(forgets(visit(old, false, 9)));
    BOOST_TEST((status_of(old) == family_status::reuse));
    BOOST_TEST(forgets(visit(next)));
    BOOST_TEST(!is_alive(bound));
    BOOST_TEST(counters.reuses == 1U);
    BOOST_REQUIRE(data.events().size() == 1U);
    const security_event& e = data.events()[0];
    BOOST_TEST((e.kind == event_kind::reuse_detected));
    BOOST_TEST((e.user == alice && e.family == session_of(old)));
    BOOST_TEST(e.generation_presented == 0U);
    BOOST_TEST(e.generation_current == 1U);
    BOOST_TEST((e.presented.address == from_host(9).address));
    BOOST_TEST((e.last.address == from_host(1).address));
}

BOOST_AUTO_TEST_CASE(a_cookie_older_than_the_one_before_ends_the_session) {
    const std::string old = sign_in("alice@example.org");
    static_cast<void>(replaced(replaced(old)));
    BOOST_TEST(forgets(visit(old)));
    BOOST_TEST((status_of(old) == family_status::reuse));
}

BOOST_AUTO_TEST_CASE(a_cookie_newer_than_the_store_ends_the_session_or_heals_it) {
    for (const bool heals : {false, true}) {
        web_world w;
        w.settings.refresh.ahead = heals ? ahead_policy::heal : ahead_policy::revoke;
        web_cookie ahead = w.opened(w.sign_in("alice@example.org"));
        ahead.generation = 5;
        const web_visit seen = w.visit(w.sealed(ahead));
        BOOST_REQUIRE(w.data.events().size() == 1U);
        BOOST_TEST((w.data.events()[0].kind == (heals ? event_kind::family_healed : event_kind::family_ahead)));
        BOOST_TEST(seen.session.has_value() == heals);
        BOOST_TEST(seen.clear_cookie == !heals);
        BOOST_TEST((!heals || w.opened(w.cookie_of(seen)).generation == 6U));
    }
}

// --- Ends.

BOOST_AUTO_TEST_CASE(what_ends_every_session_of_a_user_ends_those_at_the_pages) {
    const std::vector<std::pair<const char*, std::function<void(web_world&, const issued_tokens&)>>> ends{
        {"disabled", [](web_world& w, const issued_tokens&) { run(w.accounts.set_enabled(w.alice, false)).value(); }},
        {"all signed out",
         [](web_world& w, const issued_tokens& t) {
             run(w.sessions.logout_all(w.signed_in(t), from_host(1))).value();
         }},
        {"new password",
         [](web_world& w, const issued_tokens& t) {
             run(w.accounts.change_password(w.signed_in(t), secret(password), secret(other_password), from_host(1)))
                 .value();
         }},
        {"removed",
         [](web_world& w, const issued_tokens& t) {
             run(w.accounts.remove(w.signed_in(t), secret(password), from_host(1))).value();
         }},
    };
    for (const auto& [name, end] : ends) {
        BOOST_TEST_CONTEXT(name) {
            web_world w;
            const std::string hers = w.sign_in("alice@example.org"), his = w.sign_in("bob@example.org");
            end(w, w.log_in("alice@example.org").value());
            BOOST_TEST(forgets(w.visit(hers)));
            BOOST_TEST(w.is_signed_in(his));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_sign_out_ends_the_session_and_what_hangs_on_it) {
    const std::string old = sign_in("alice@example.org"), other = sign_in("alice@example.org");
    const family_id bound = add_bound_family(old);
    static_cast<void>(replaced(old));
    sign_out(old); // by any cookie that it ever had
    sign_out(old);
    BOOST_TEST((status_of(old) == family_status::signed_out));
    BOOST_TEST(forgets(visit(old)));
    BOOST_TEST(!is_alive(bound));
    BOOST_TEST(is_signed_in(other));
    BOOST_TEST(counters.logouts == 1U);
    BOOST_TEST(counters.reuses == 0U);
}

BOOST_AUTO_TEST_CASE(a_user_removes_a_browser_session_from_the_list) {
    const std::string cookie = sign_in("alice@example.org");
    const principal who = signed_in(log_in("alice@example.org").value());
    BOOST_TEST(run(sessions.list(who)).value().size() == 2U);
    run(sessions.end(who, session_of(cookie), from_host(1))).value();
    BOOST_TEST(forgets(visit(cookie)));
}

BOOST_AUTO_TEST_SUITE_END()
