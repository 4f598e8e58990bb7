// No cookie is set, and no user is signed in or out, before the change is durable.
#include "tests/support/web_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct browser_world : web_world {
    std::string cookie = sign_in("alice@example.org"); // old enough to be replaced
    std::string name = "alice@example.org";            // outlives a request for its own copy
    browser_world() { time.advance(seconds(600)); }
    // The view of a request must outlive it: `shown` does.
    running<result<web_visit>> visiting(const std::string& shown) {
        return running<result<web_visit>>(web.visit(shown, from_host(1), true));
    }
    running<result<web_visit>> signing_in(const std::string& shown) {
        return running<result<web_visit>>(web.sign_in(name, secret(password), shown, from_host(1)));
    }
    running<result<void>> signing_out(const std::string& shown) {
        return running<result<void>>(web.sign_out(shown, from_host(1)));
    }
};

struct changing_visit {
    const char* name;
    std::function<running<result<web_visit>>(browser_world&)> ask;
};

std::vector<changing_visit> changes() {
    static const std::string none;
    return {
        {"a page replaces the cookie", [](browser_world& w) { return w.visiting(w.cookie); }},
        {"a first sign-in", [](browser_world& w) { return w.signing_in(none); }},
        {"the same user again", [](browser_world& w) { return w.signing_in(w.cookie); }},
        {"another user",
         [](browser_world& w) {
             w.name = "bob@example.org";
             return w.signing_in(w.cookie);
         }},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(web_durability)

BOOST_AUTO_TEST_CASE(no_cookie_is_set_before_its_generation_is_durable) {
    for (const changing_visit& c : changes()) {
        BOOST_TEST_CONTEXT(c.name) {
            browser_world w;
            w.data.hold_durability();
            auto request = c.ask(w);
            BOOST_TEST(!request.answered());
            BOOST_TEST(w.data.pending() > 0U);
            w.data.resume_durability();
            const web_cookie told = w.opened(w.cookie_of(request.answer().value()));
            const auto after = w.data.after_crash();
            const std::optional<family_state> kept = after->find_family(told.session);
            BOOST_REQUIRE(kept);
            BOOST_TEST(kept->word.generation() == told.generation);
            BOOST_TEST(alive(*kept, w.time.now()));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_change_that_storage_cannot_stand_by_is_refused) {
    for (const changing_visit& c : changes()) {
        for (const bool at_once : {true, false}) {
            BOOST_TEST_CONTEXT(c.name << (at_once ? ", failed before" : ", fails under it")) {
                browser_world w;
                w.data.hold_durability();
                if (at_once) {
                    w.data.fail();
                }
                auto request = c.ask(w);
                if (!at_once) {
                    BOOST_TEST(!request.answered());
                    w.data.fail();
                }
                BOOST_TEST((request.answer().error().code == errc::storage_unavailable));
            }
        }
    }
}

// Two tabs: one of them rotates, and neither speaks before that is durable.
BOOST_FIXTURE_TEST_CASE(a_page_that_comes_second_waits_for_the_rotation_of_the_first, browser_world) {
    data.hold_durability();
    auto first = visiting(cookie), second = visiting(cookie);
    BOOST_TEST((!first.answered() && !second.answered()));
    data.resume_durability();
    BOOST_TEST(opened(cookie_of(first.answer().value())).generation == 1U);
    const web_visit other = second.answer().value();
    BOOST_TEST((other.session && !other.set_cookie));
}

BOOST_FIXTURE_TEST_CASE(a_rotation_that_lost_the_race_is_a_replay, browser_world) {
    once_before(store_step::exchange_family, 0, [&] { static_cast<void>(visit(cookie)); });
    const web_visit seen = visit(cookie);
    BOOST_TEST((seen.session && !seen.set_cookie));
    BOOST_TEST(word_of(session_of(cookie)).generation() == 1U);
    BOOST_TEST(counters.rotations == 1U);
    BOOST_TEST(counters.replays == 1U);
}

BOOST_FIXTURE_TEST_CASE(no_browser_is_signed_out_before_that_is_durable, browser_world) {
    data.hold_durability();
    auto out = signing_out(cookie);
    auto again = signing_out(cookie);
    auto page = visiting(cookie);
    BOOST_TEST((!out.answered() && !again.answered() && !page.answered()));
    data.resume_durability();
    BOOST_TEST((out.answer().has_value() && again.answer().has_value()));
    BOOST_TEST(forgets(page.answer().value()));
    BOOST_TEST(!is_alive_in(*data.after_crash(), session_of(cookie)));
}

BOOST_FIXTURE_TEST_CASE(an_end_that_storage_cannot_stand_by_is_not_told, browser_world) {
    data.hold_durability();
    auto out = signing_out(cookie);
    auto page = visiting(cookie);
    data.fail();
    BOOST_TEST((out.answer().error().code == errc::storage_unavailable));
    BOOST_TEST((page.answer().error().code == errc::storage_unavailable));
}

BOOST_FIXTURE_TEST_CASE(the_first_users_end_is_durable_before_the_second_is_told, browser_world) {
    const std::string his = sign_in("bob@example.org", cookie);
    BOOST_TEST(!is_alive_in(*data.after_crash(), session_of(cookie)));
    BOOST_TEST(is_alive_in(*data.after_crash(), session_of(his)));
}

// An end that completes while a page waits must not be outlived by its answer.
BOOST_FIXTURE_TEST_CASE(a_page_that_waits_while_the_session_ends_shows_no_user, browser_world) {
    once_before(store_step::durable, 0, [&] { sign_out(cookie); });
    BOOST_TEST(forgets(visit(cookie)));
}

BOOST_FIXTURE_TEST_CASE(reuse_is_told_once_its_end_and_its_event_are_durable, browser_world) {
    static_cast<void>(replaced(replaced(cookie)));
    data.hold_durability();
    auto page = visiting(cookie);
    BOOST_TEST(!page.answered());
    BOOST_TEST(data.pending() == 2U); // the end and its event
    data.make_durable();
    BOOST_TEST(forgets(page.answer().value()));
    const auto after = data.after_crash();
    BOOST_TEST((after->find_family(session_of(cookie))->word.status() == family_status::reuse));
    BOOST_TEST(data.pending() == 0U);
    BOOST_TEST((data.events().back().kind == event_kind::reuse_detected));
}

BOOST_FIXTURE_TEST_CASE(a_full_log_refuses_a_rotation_and_still_takes_a_sign_out, browser_world) {
    data.full = true;
    BOOST_TEST((run(web.visit(cookie, from_host(1), true)).error().code == errc::storage_unavailable));
    BOOST_TEST(is_signed_in(cookie)); // what changes nothing goes on
    sign_out(cookie);
    BOOST_TEST(forgets(visit(cookie)));
}

BOOST_AUTO_TEST_SUITE_END()
