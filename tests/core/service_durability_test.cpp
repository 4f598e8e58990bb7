// Nothing is told before it is durable, and nothing that storage can't stand by is told at all.
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct durability_world : service_world {
    durability_world() : owner(add_user("alice@example.org")) {
        tokens = log_in("alice@example.org").value();
        other = log_in("alice@example.org").value();
        who = signed_in(tokens);
        time.advance(seconds(300));
    }
    family_id family() const { return family_of(tokens); }
    user_id owner;
    issued_tokens tokens, other;
    principal who;
};

// A request of any kind, told apart only by how it was answered.
struct any_request {
    const char* name;
    std::function<task<result<void>>(durability_world&)> ask;
};

template <class T>
task<result<void>> outcome_of(task<result<T>> work) {
    const result<T> answer = co_await std::move(work);
    if (!answer) {
        co_return answer.error();
    }
    co_return result<void>();
}

// Everything that changes something.
std::vector<any_request> changes() {
    const caller from = from_host(1);
    return {
        {"login",
         [=](durability_world& w) {
             return outcome_of(w.sessions.login("alice@example.org", secret_string(w.password), {first_party(), from}));
         }},
        {"refresh",
         [=](durability_world& w) {
             return outcome_of(w.sessions.refresh(w.tokens.refresh_token, first_party(), from));
         }},
        {"logout", [=](durability_world& w) { return w.sessions.logout(w.tokens.refresh_token, from); }},
        {"logout_session", [=](durability_world& w) { return w.sessions.logout_session(w.family(), from); }},
        {"logout_all", [=](durability_world& w) { return w.sessions.logout_all(w.who, from); }},
        {"end", [=](durability_world& w) { return w.sessions.end(w.who, w.family_of(w.other), from); }},
        {"end_others", [=](durability_world& w) { return w.sessions.end_others(w.who, from); }},
        {"sign_up",
         [=](durability_world& w) {
             sign_up_request r;
             r.email = "bob@example.org";
             r.password = secret_string(w.password);
             return outcome_of(w.accounts.sign_up(r, from));
         }},
        {"change_profile",
         [=](durability_world& w) {
             profile_change change;
             change.first_name = "Alice";
             return outcome_of(w.accounts.change_profile(w.who, change, from));
         }},
        {"change_password",
         [=](durability_world& w) {
             return w.accounts.change_password(w.who, secret_string(w.password), secret_string(w.other_password), from);
         }},
        {"remove", [=](durability_world& w) { return w.accounts.remove(w.who, secret_string(w.password), from); }},
        {"set_enabled", [](durability_world& w) { return outcome_of(w.accounts.set_enabled(w.owner, false)); }},
        {"set_superuser", [](durability_world& w) { return outcome_of(w.accounts.set_superuser(w.owner, true)); }},
        {"set_roles", [](durability_world& w) { return outcome_of(w.accounts.set_roles(w.owner, {"r"})); }},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_durability)

BOOST_AUTO_TEST_CASE(no_change_is_told_before_it_is_durable) {
    for (const any_request& r : changes()) {
        BOOST_TEST_CONTEXT(r.name) {
            durability_world w;
            w.data.hold_durability();
            running<result<void>> request(r.ask(w));
            BOOST_TEST(!request.answered());
            BOOST_TEST(w.data.pending() > 0U);
            w.data.make_durable();
            BOOST_TEST(request.answer().has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_change_storage_fails_under_is_503_not_success) {
    for (const any_request& r : changes()) {
        BOOST_TEST_CONTEXT(r.name) {
            durability_world w;
            w.data.hold_durability();
            running<result<void>> request(r.ask(w));
            BOOST_TEST(!request.answered());
            w.data.fail();
            const result<void> answer = request.answer();
            BOOST_TEST((answer.error().code == errc::storage_unavailable));
            BOOST_TEST(answer.error().retry_after.count() >= 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_change_that_finds_storage_failed_is_503) {
    for (const any_request& r : changes()) {
        BOOST_TEST_CONTEXT(r.name) {
            durability_world w;
            w.data.fail();
            BOOST_TEST((run(r.ask(w)).error().code == errc::storage_unavailable));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_replay_waits_for_the_rotation_it_rests_on, durability_world) {
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    running<result<refreshed>> replay(sessions.refresh(tokens.refresh_token, first_party(), from_host(2)));
    BOOST_TEST((!rotation.answered() && !replay.answered()));
    data.make_durable();
    const auto first = rotation.answer(), second = replay.answer();
    BOOST_TEST((second->kind == refresh_kind::replayed));
    BOOST_TEST(first->tokens.refresh_token.reveal() == second->tokens.refresh_token.reveal());
}

BOOST_FIXTURE_TEST_CASE(a_replay_storage_cannot_stand_by_is_503, durability_world) {
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    running<result<refreshed>> replay(sessions.refresh(tokens.refresh_token, first_party(), from_host(2)));
    data.fail();
    BOOST_TEST((rotation.answer().error().code == errc::storage_unavailable));
    BOOST_TEST((replay.answer().error().code == errc::storage_unavailable));
}

// Every refusal that rests on a change somebody else made waits for that change, and is 503 where it never comes.
BOOST_AUTO_TEST_CASE(refusals_wait_for_what_they_rest_on) {
    const caller from = from_host(1);
    struct refusal_case {
        const char* name;
        std::function<task<result<void>>(durability_world&)> cause;
        std::function<task<result<void>>(durability_world&)> refused;
        errc why;
    };
    const auto logout = [=](durability_world& w) { return w.sessions.logout(w.tokens.refresh_token, from); };
    const auto disable = [](durability_world& w) { return outcome_of(w.accounts.set_enabled(w.owner, false)); };
    const auto remove = [=](durability_world& w) { return w.accounts.remove(w.who, secret_string(w.password), from); };
    const auto new_password = [=](durability_world& w) {
        return w.accounts.change_password(w.who, secret_string(w.password), secret_string(w.other_password), from);
    };
    const auto sign_up = [=](durability_world& w) {
        sign_up_request r;
        r.email = "bob@example.org";
        r.username = "bob";
        r.password = secret_string(w.password);
        return outcome_of(w.accounts.sign_up(r, from));
    };
    const auto refresh = [=](durability_world& w) {
        return outcome_of(w.sessions.refresh(w.tokens.refresh_token, first_party(), from));
    };
    const auto bearer = [](durability_world& w) { return outcome_of(w.guard.authenticate(w.tokens.access_token)); };
    const auto login = [=](durability_world& w) {
        return outcome_of(w.sessions.login("alice@example.org", secret_string(w.password), {first_party(), from}));
    };
    const auto rename = [=](durability_world& w) {
        profile_change change;
        change.username = "BOB";
        return outcome_of(w.accounts.change_profile(w.who, change, from));
    };
    const auto close_all = [=](durability_world& w) { return w.sessions.logout_all(w.who, from); };
    const auto reuse = [=](durability_world& w) {
        w.data.set_word(w.family(), family_word{}.with_generation(2));
        return outcome_of(w.sessions.refresh(w.tokens.refresh_token, first_party(), from));
    };
    const auto end_own = [=](durability_world& w) { return w.sessions.end(w.who, w.family(), from); };
    const auto end_it = [=](durability_world& w) {
        w.who.session = w.family_of(w.other);
        return w.sessions.end(w.who, w.family(), from);
    };
    for (const refusal_case& c : {
             refusal_case{"refresh after logout", logout, refresh, errc::session_revoked},
             refusal_case{"refresh after disable", disable, refresh, errc::session_revoked},
             refusal_case{"refresh after removal", remove, refresh, errc::session_revoked},
             refusal_case{"refresh after reuse", reuse, refresh, errc::session_revoked},
             refusal_case{"bearer after logout", logout, bearer, errc::invalid_access_token},
             refusal_case{"bearer after removal", remove, bearer, errc::invalid_access_token},
             refusal_case{"login after disable", disable, login, errc::login_failed},
             refusal_case{"login after removal", remove, login, errc::login_failed},
             refusal_case{"login after password change", new_password, login, errc::login_failed},
             refusal_case{"old password after password change", new_password, new_password, errc::wrong_password},
             refusal_case{"removal after removal", remove, remove, errc::invalid_access_token},
             refusal_case{"sign-up after sign-up", sign_up, sign_up, errc::email_taken},
             refusal_case{"rename after sign-up", sign_up, rename, errc::username_taken},
             refusal_case{"profile after logout", logout, rename, errc::invalid_access_token},
             refusal_case{"logout of all after removal", remove, close_all, errc::invalid_access_token},
             refusal_case{"logout of all after logout of all", close_all, close_all, errc::invalid_access_token},
             refusal_case{"end after logout", logout, end_it, errc::session_not_found},
             refusal_case{"end by a dead session", logout, end_own, errc::invalid_access_token},
         }) {
        BOOST_TEST_CONTEXT(c.name) {
            for (const bool fails : {false, true}) {
                durability_world w;
                w.time.advance(seconds(-300)); // the access tokens are good still
                w.data.hold_durability();
                running<result<void>> cause(c.cause(w));
                running<result<void>> refused(c.refused(w));
                BOOST_TEST((!cause.answered() && !refused.answered()));
                fails ? w.data.fail() : w.data.make_durable();
                BOOST_TEST((refused.answer().error().code == (fails ? errc::storage_unavailable : c.why)));
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_logout_of_what_is_dying_waits_with_it, durability_world) {
    data.hold_durability();
    running<result<void>> first(sessions.logout(tokens.refresh_token, from_host(1)));
    running<result<void>> second(sessions.logout(tokens.refresh_token, from_host(1)));
    BOOST_TEST(!second.answered());
    data.make_durable();
    BOOST_TEST(second.answer().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_change_made_already_by_another_waits_with_it, durability_world) {
    data.hold_durability();
    running<result<user_ptr>> first(accounts.set_superuser(owner, true));
    running<result<user_ptr>> second(accounts.set_superuser(owner, true));
    BOOST_TEST((!first.answered() && !second.answered()));
    data.make_durable();
    BOOST_TEST(second.answer().value()->is_superuser);
}

BOOST_FIXTURE_TEST_CASE(a_list_waits_for_what_it_shows_and_for_what_it_leaves_out, durability_world) {
    data.hold_durability();
    running<result<void>> leaving(sessions.logout(other.refresh_token, from_host(1)));
    running<result<std::vector<family_details>>> listing(sessions.list(who));
    BOOST_TEST(!listing.answered());
    data.make_durable();
    BOOST_TEST(listing.answer()->size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_login_waits_for_the_password_it_was_verified_against, durability_world) {
    data.hold_durability();
    running<result<void>> changing(
        accounts.change_password(who, secret(password), secret(other_password), from_host(1)));
    running<result<issued_tokens>> entering(
        sessions.login("alice@example.org", secret(other_password), {first_party(), from_host(1)}));
    BOOST_TEST(!entering.answered());
    data.make_durable();
    const issued_tokens entered = entering.answer().value();
    const std::unique_ptr<memory_store> left = data.after_crash();
    BOOST_TEST(is_alive_in(*left, family_of(entered)));
}

BOOST_FIXTURE_TEST_CASE(what_is_forged_unknown_or_of_another_client_waits_for_nothing, durability_world) {
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    family_id unknown;
    unknown.bytes.fill(3);
    BOOST_TEST((refresh(secret("prt_forged")).error().code == errc::invalid_refresh_token));
    BOOST_TEST((refresh(token_at(unknown, 0)).error().code == errc::session_expired));
    BOOST_TEST((log_in("nobody").error().code == errc::login_failed));
    BOOST_TEST(!rotation.answered());
}

BOOST_AUTO_TEST_SUITE_END()
