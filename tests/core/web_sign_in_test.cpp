// Sign-ins at the pages: whose session goes on, and what is refused as a login is.
#include "core/service/eviction.hpp"
#include "tests/support/web_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

BOOST_FIXTURE_TEST_SUITE(web_sign_in, web_world)

BOOST_AUTO_TEST_CASE(the_same_user_goes_on_with_the_session_and_a_new_cookie) {
    const std::string old = sign_in("alice@example.org");
    const family_id bound = add_bound_family(old);
    time.advance(seconds(5));
    const web_visit again = try_sign_in("alice@example.org", old).value();
    BOOST_TEST((again.session->id == session_of(old)));
    BOOST_TEST((again.session->auth_time == time.now()));
    BOOST_TEST((opened(cookie_of(again)) ==
                web_cookie{session_of(old), 1, time.now(), time.now(), acr_password, amr_password}));
    BOOST_TEST(is_alive(bound));
    BOOST_TEST(counters.logins_ok == 2U);
}

// A tab whose request was under way, or a browser that lost what the sign-in set.
BOOST_AUTO_TEST_CASE(an_old_cookie_never_gains_what_a_newer_sign_in_proved) {
    const std::string old = sign_in("alice@example.org");
    const timestamp first = time.now();
    time.advance(seconds(300));
    static_cast<void>(sign_in("alice@example.org", old));
    BOOST_TEST((visit(old).session->auth_time == first));
    time.advance(seconds(60));
    const web_visit seen = visit(old);
    BOOST_TEST((seen.session->auth_time == first));
    BOOST_TEST((opened(cookie_of(seen)).auth_time == first));
    BOOST_TEST(opened(cookie_of(seen)).generation == 1U);
}

BOOST_AUTO_TEST_CASE(a_sign_in_with_the_cookie_before_goes_on_and_accuses_no_tab) {
    const std::string old = sign_in("alice@example.org");
    const std::string next = replaced(old);
    const web_cookie again = opened(sign_in("alice@example.org", old));
    BOOST_TEST((again.session == session_of(old)));
    BOOST_TEST(again.generation == 1U);
    BOOST_TEST((again.auth_time == time.now()));
    BOOST_TEST((is_signed_in(old) && is_signed_in(next)));
}

BOOST_AUTO_TEST_CASE(a_sign_in_with_a_cookie_that_was_confirmed_away_begins_anew_and_leaves_evidence) {
    const std::string old = sign_in("alice@example.org");
    const std::string next = replaced(old);
    time.advance(seconds(60));
    BOOST_TEST(is_signed_in(next));
    const std::string fresh = sign_in("alice@example.org", old);
    BOOST_TEST((session_of(fresh) != session_of(old)));
    BOOST_TEST((status_of(old) == family_status::reuse));
    BOOST_TEST(data.events().size() == 1U);
    BOOST_TEST(is_signed_in(fresh));
}

BOOST_AUTO_TEST_CASE(another_users_sign_in_begins_anew_and_signs_the_first_one_out) {
    const std::string hers = sign_in("alice@example.org");
    const family_id bound = add_bound_family(hers);
    const std::string his = sign_in("bob@example.org", hers);
    BOOST_TEST((session_of(his) != session_of(hers)));
    BOOST_TEST((visit(his).session->user->id == bob));
    BOOST_TEST((status_of(hers) == family_status::signed_out));
    BOOST_TEST(forgets(visit(hers)));
    BOOST_TEST(!is_alive(bound));
    BOOST_TEST(counters.logouts == 1U);
}

BOOST_AUTO_TEST_CASE(a_session_that_is_over_does_not_go_on) {
    const std::vector<std::pair<const char*, std::function<void(web_world&, const std::string&)>>> ends{
        {"signed out", [](web_world& w, const std::string& cookie) { w.sign_out(cookie); }},
        {"expired", [](web_world& w, const std::string&) { w.time.advance(w.settings.web_session_ttl); }},
        {"all sessions ended",
         [](web_world& w, const std::string&) {
             const issued_tokens t = w.log_in("alice@example.org").value();
             run(w.sessions.logout_all(w.signed_in(t), from_host(1))).value();
         }},
        {"swept", [](web_world& w, const std::string& cookie) { w.data.drop_family(w.session_of(cookie)); }},
    };
    for (const auto& [name, end] : ends) {
        BOOST_TEST_CONTEXT(name) {
            web_world w;
            const std::string old = w.sign_in("alice@example.org");
            end(w, old);
            const std::string fresh = w.sign_in("alice@example.org", old);
            BOOST_TEST((w.session_of(fresh) != w.session_of(old)));
            BOOST_TEST(w.opened(fresh).generation == 0U);
            BOOST_TEST(w.is_signed_in(fresh));
            BOOST_TEST(forgets(w.visit(old)));
        }
    }
    BOOST_TEST(opened(sign_in("alice@example.org", "no cookie of ours")).generation == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_sign_in_costs_one_hash_says_the_same_and_leaves_the_session_alone) {
    run(accounts.set_enabled(add_user("off@example.org"), false)).value();
    const std::string cookie = sign_in("alice@example.org");
    const std::size_t events_before = data.events().size();
    hasher.verified = 0;
    unsigned jobs = 0;
    for (const auto& [name, with] :
         std::vector<std::pair<std::string, std::string_view>>{{"alice@example.org", "wrong password"},
                                                               {"unknown@example.org", password},
                                                               {"off@example.org", password},
                                                               {"alice@example.org", ""}}) {
        const auto refused = try_sign_in(name, cookie, with);
        BOOST_TEST((refused.error().code == errc::login_failed));
        BOOST_TEST(hasher.verified == ++jobs);
    }
    BOOST_TEST(counters.logins_failed == jobs);
    BOOST_TEST(data.events().size() == events_before + jobs);
    BOOST_TEST((data.events().back().kind == event_kind::login_failed));
    BOOST_TEST(limiter.counted("alice@example.org") == 2U);
    BOOST_TEST(word_of(session_of(cookie)).generation() == 0U);
    BOOST_TEST(is_signed_in(cookie));
}

BOOST_AUTO_TEST_CASE(sign_ins_and_logins_are_throttled_together) {
    limiter.limit = 2;
    BOOST_TEST((try_sign_in("alice@example.org", {}, "wrong").error().code == errc::login_failed));
    BOOST_TEST((log_in("alice@example.org", "wrong").error().code == errc::login_failed));
    const auto refused = try_sign_in("alice@example.org");
    BOOST_TEST((refused.error().code == errc::too_many_attempts));
    BOOST_TEST(refused.error().retry_after.count() == 17);
    BOOST_TEST(counters.logins_throttled == 1U);
    BOOST_TEST((data.events().back().kind == event_kind::login_throttled));
}

BOOST_AUTO_TEST_CASE(a_full_queue_of_passwords_decides_nothing) {
    hasher.full = true;
    BOOST_TEST((try_sign_in("alice@example.org").error().code == errc::password_queue_full));
    BOOST_TEST(limiter.counted("alice@example.org") == 0U);
}

BOOST_AUTO_TEST_CASE(a_hash_of_another_cost_is_replaced_at_a_sign_in) {
    hasher.cost = 3;
    const std::string first = sign_in("alice@example.org");
    BOOST_TEST(counters.rehashes == 1U);
    BOOST_TEST((session_of(sign_in("alice@example.org", first)) == session_of(first)));
    BOOST_TEST(counters.rehashes == 1U);
}

// --- The gate moves while the password is tried, or while the change becomes durable.

BOOST_AUTO_TEST_CASE(the_old_password_opens_nothing_once_it_was_changed_meanwhile) {
    for (const bool shows : {false, true}) {
        for (const store_step where : {store_step::observe, store_step::durable}) {
            web_world w;
            const std::string cookie = w.sign_in("alice@example.org");
            const issued_tokens t = w.log_in("alice@example.org").value();
            const principal who = w.signed_in(t);
            w.once_before(where, 0, [&] {
                run(w.accounts.change_password(who, secret(password), secret(other_password), from_host(1))).value();
            });
            const auto answer = w.try_sign_in("alice@example.org", shows ? cookie : std::string());
            BOOST_REQUIRE(!answer);
            BOOST_TEST((answer.error().code == errc::login_failed));
            BOOST_TEST(forgets(w.visit(cookie)));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_sign_in_outlives_an_end_of_all_sessions_that_came_before_its_answer) {
    const std::string cookie = sign_in("alice@example.org");
    const principal who = signed_in(log_in("alice@example.org").value());
    once_before(store_step::durable, 0, [&] { run(sessions.logout_all(who, from_host(1))).value(); });
    const std::string fresh = sign_in("alice@example.org", cookie);
    BOOST_TEST((session_of(fresh) != session_of(cookie)));
    BOOST_TEST(is_signed_in(fresh));
    BOOST_TEST(forgets(visit(cookie)));
}

BOOST_AUTO_TEST_CASE(a_sign_in_whose_session_is_signed_out_meanwhile_begins_anew) {
    const std::string cookie = sign_in("alice@example.org");
    once_before(store_step::durable, 0, [&] { sign_out(cookie); });
    const std::string fresh = sign_in("alice@example.org", cookie);
    BOOST_TEST((session_of(fresh) != session_of(cookie)));
    BOOST_TEST(is_signed_in(fresh));
}

// --- Bounds.

BOOST_AUTO_TEST_CASE(browser_sessions_have_a_bound_of_their_own) {
    settings.sessions_max = 1;
    const issued_tokens first_party = log_in("alice@example.org").value();
    std::vector<std::string> cookies;
    for (std::size_t i = 0; i <= web_sessions_max; ++i) {
        time.advance(seconds(1));
        cookies.push_back(sign_in("alice@example.org"));
    }
    BOOST_TEST((status_of(cookies[0]) == family_status::evicted));
    BOOST_TEST(forgets(visit(cookies[0])));
    for (std::size_t i = 1; i < cookies.size(); ++i) {
        BOOST_TEST(is_signed_in(cookies[i]));
    }
    BOOST_TEST(is_alive(family_of(first_party)));
    static_cast<void>(log_in("alice@example.org").value());
    BOOST_TEST(!is_alive(family_of(first_party))); // --max-sessions counts the first party alone
    BOOST_TEST(is_signed_in(cookies[1]));
}

BOOST_AUTO_TEST_SUITE_END()
