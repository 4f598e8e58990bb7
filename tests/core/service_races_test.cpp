// The races that others lost, each forced at the very step: no matter who is paused, nothing outlives a revocation and
// no change is lost. (service_interleavings_test.cpp walks all orders; these have names.)
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct race_world : service_world {
    race_world() : owner(add_user("alice@example.org")) {
        tokens = log_in("alice@example.org").value();
        other = log_in("alice@example.org").value();
        who = signed_in(tokens);
        second = signed_in(other);
    }
    family_id family() const { return family_of(tokens); }
    user_ptr record() const { return data.user_with_tombstones(owner); }
    void change_password() {
        run(accounts.change_password(second, secret(password), secret(other_password), from_host(2))).value();
    }
    // Runs `action` while the next password hash is at work.
    template <class F>
    void during_hash(F action) {
        hasher.at_job = [this, action] {
            const auto act = action;
            hasher.at_job = nullptr;
            act();
        };
    }
    user_id owner;
    issued_tokens tokens, other;
    principal who, second;
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_races)

// better-auth #11317: the rotation has won its exchange and pauses; the old token is replayed and ends the family; the
// rotation goes on.
BOOST_FIXTURE_TEST_CASE(a_rotation_paused_while_its_family_dies_of_reuse_hands_out_nothing, race_world) {
    settings.refresh.reuse_window = settings.refresh.lost_response_window = seconds(0);
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    running<result<refreshed>> replay(sessions.refresh(tokens.refresh_token, first_party(), from_host(66)));
    data.make_durable();
    BOOST_TEST((replay.answer().error().code == errc::refresh_token_reused));
    BOOST_TEST((rotation.answer().error().code == errc::session_revoked));
    BOOST_TEST((refresh(token_at(family(), 1)).error().code == errc::session_revoked));
}

// Keycloak #51312, Zitadel #12637: a refresh in flight while everything is revoked.
BOOST_FIXTURE_TEST_CASE(a_rotation_decided_before_a_revocation_hands_out_nothing_after_it, race_world) {
    const auto logout_all = [this] { run(sessions.logout_all(second, from_host(2))).value(); };
    once_before(store_step::exchange_family, 0, logout_all);
    BOOST_TEST((refresh(tokens.refresh_token).error().code == errc::session_revoked));
    BOOST_TEST(word_of(family()).generation() == 1U); // the exchange went through; the gate is what refused
}

BOOST_FIXTURE_TEST_CASE(a_rotation_waiting_for_the_disk_sees_a_disable, race_world) {
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    running<result<user_ptr>> disabling(accounts.set_enabled(owner, false));
    data.make_durable();
    BOOST_TEST((rotation.answer().error().code == errc::session_revoked));
}

// What it then says rests on the disabling, so it waits for that one too.
BOOST_FIXTURE_TEST_CASE(a_rotation_refused_at_its_second_look_waits_for_what_it_saw, race_world) {
    data.hold_durability();
    running<result<refreshed>> rotation(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    once_before(store_step::find_family, 0, [this] {
        auto disabled = std::make_shared<user>(*record());
        disabled->gate.enabled = false;
        ++disabled->version;
        data.replace_user(*disabled).value();
    });
    data.make_durable();
    BOOST_TEST(!rotation.answered());
    data.make_durable();
    BOOST_TEST((rotation.answer().error().code == errc::session_revoked));
}

// CVE-2026-1035 of Keycloak and its kin: 64 at once with one token.
BOOST_FIXTURE_TEST_CASE(sixty_four_refreshes_of_one_token_at_once_get_one_successor, race_world) {
    data.hold_durability();
    std::vector<running<result<refreshed>>> requests;
    for (int i = 0; i < 64; ++i) {
        requests.emplace_back(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    }
    data.make_durable();
    unsigned rotated = 0;
    for (auto& r : requests) {
        const auto answer = r.answer();
        BOOST_REQUIRE(answer.has_value());
        rotated += answer->kind == refresh_kind::rotated ? 1U : 0U;
        BOOST_TEST(answer->tokens.refresh_token.reveal() == token_at(family(), 1).reveal());
    }
    BOOST_TEST(rotated == 1U);
    BOOST_TEST(word_of(family()).generation() == 1U);
}

BOOST_FIXTURE_TEST_CASE(with_strict_windows_the_losers_end_the_family_and_the_winner_gets_nothing, race_world) {
    settings.refresh.reuse_window = settings.refresh.lost_response_window = seconds(0);
    data.hold_durability();
    std::vector<running<result<refreshed>>> requests;
    for (int i = 0; i < 64; ++i) {
        requests.emplace_back(sessions.refresh(tokens.refresh_token, first_party(), from_host(1)));
    }
    data.make_durable();
    unsigned reused = 0;
    for (auto& r : requests) {
        const auto answer = r.answer();
        BOOST_REQUIRE(!answer.has_value());
        reused += answer.error().code == errc::refresh_token_reused ? 1U : 0U;
        BOOST_TEST((answer.error().code == errc::refresh_token_reused || answer.error().code == errc::session_revoked));
    }
    BOOST_TEST(reused == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_rehash_never_brings_back_a_password_that_was_changed_meanwhile, race_world) {
    hasher.cost = 9;
    unsigned job = 0;
    hasher.at_job = [&] {
        if (++job == 2) { // the login's rehash; its verification is done
            change_password();
        }
    };
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
    BOOST_TEST(is_hash_of(record()->password_hash, other_password));
    BOOST_TEST(counters.rehashes == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_rehash_that_loses_its_exchange_to_a_password_change_does_not_try_again, race_world) {
    hasher.cost = 9;
    once_before(store_step::replace_user, 0, [this] { change_password(); });
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
    BOOST_TEST(is_hash_of(record()->password_hash, other_password));
}

BOOST_FIXTURE_TEST_CASE(a_rehash_that_loses_its_exchange_to_a_new_name_keeps_both, race_world) {
    hasher.cost = 9;
    once_before(store_step::replace_user, 0, [this] {
        profile_change change;
        change.first_name = "Alice";
        run(accounts.change_profile(who, change, from_host(1))).value();
    });
    BOOST_TEST(log_in("alice@example.org").has_value());
    BOOST_TEST(record()->password_hash.starts_with("fake$9$"));
    BOOST_TEST(record()->first_name == "Alice");
}

BOOST_FIXTURE_TEST_CASE(a_login_that_began_before_a_password_change_gets_in_nowhere, race_world) {
    during_hash([this] { change_password(); });
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
    for (const family_details& f : data.families_of(owner)) {
        BOOST_TEST(is_alive(f.state.facts.id) == (f.state.facts.id == second.session));
    }
}

BOOST_FIXTURE_TEST_CASE(a_login_that_began_before_a_logout_of_all_gets_a_family_of_the_new_epoch, race_world) {
    for (const store_step at : {store_step::insert_family, store_step::durable}) {
        const principal closing = signed_in(log_in("alice@example.org").value());
        once_before(at, 0, [this, closing] { run(sessions.logout_all(closing, from_host(2))).value(); });
        const auto entered = log_in("alice@example.org");
        BOOST_REQUIRE(entered.has_value());
        BOOST_TEST(is_alive(family_of(*entered)));
        BOOST_TEST(data.find_family(family_of(*entered))->facts.epoch == record()->gate.epoch);
    }
}

BOOST_FIXTURE_TEST_CASE(a_login_that_began_before_a_disable_is_refused_even_if_enabled_again_is_not_revived,
                        race_world) {
    once_before(store_step::insert_family, 0, [this] { run(accounts.set_enabled(owner, false)).value(); });
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
    run(accounts.set_enabled(owner, true)).value();
    for (const family_details& f : data.families_of(owner)) {
        BOOST_TEST(!is_alive(f.state.facts.id));
    }
}

BOOST_FIXTURE_TEST_CASE(a_login_into_an_account_removed_meanwhile_is_refused, race_world) {
    during_hash([this] { run(accounts.remove(who, secret(password), from_host(1))).value(); });
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
}

BOOST_FIXTURE_TEST_CASE(a_profile_change_and_a_logout_of_all_both_last, race_world) {
    once_before(store_step::replace_user, 0, [this] { // the profile changes under the logout's feet
        profile_change change;
        change.surname = "Liddell";
        run(accounts.change_profile(second, change, from_host(1))).value();
    });
    BOOST_TEST(run(sessions.logout_all(who, from_host(1))).has_value());
    BOOST_TEST(record()->surname == "Liddell");
    BOOST_TEST(record()->gate.epoch == 1U);
    BOOST_TEST((!is_alive(family()) && !is_alive(second.session)));
}

BOOST_FIXTURE_TEST_CASE(a_profile_change_overtaken_by_a_logout_of_all_is_not_made_by_a_dead_session, race_world) {
    once_before(store_step::replace_user, 0, [this] { run(sessions.logout_all(second, from_host(2))).value(); });
    profile_change change;
    change.surname = "Liddell";
    BOOST_TEST((run(accounts.change_profile(who, change, from_host(1))).error().code == errc::invalid_access_token));
    BOOST_TEST(record()->surname.empty());
}

// The caller's family survives its own password change only if it is alive then: no change of a gate revives it.
BOOST_FIXTURE_TEST_CASE(a_password_change_by_a_session_that_died_meanwhile_revives_nothing, race_world) {
    during_hash([this] { run(sessions.end_others(second, from_host(2))).value(); });
    const auto refused = run(accounts.change_password(who, secret(password), secret(other_password), from_host(1)));
    BOOST_TEST((refused.error().code == errc::invalid_access_token));
    BOOST_TEST(!is_alive(family()));
    BOOST_TEST(is_alive(second.session));
    BOOST_TEST(is_hash_of(record()->password_hash, password));
}

BOOST_FIXTURE_TEST_CASE(a_password_change_whose_proof_is_no_longer_the_stored_hash_is_refused, race_world) {
    during_hash(
        [this] { run(accounts.change_password(who, secret(password), secret(other_password), from_host(1))).value(); });
    const auto refused = run(accounts.change_password(who, secret(password), secret("third 5 password"), from_host(1)));
    BOOST_TEST((refused.error().code == errc::wrong_password));
    BOOST_TEST(is_hash_of(record()->password_hash, other_password));
}

BOOST_FIXTURE_TEST_CASE(a_password_change_overtaken_by_a_rehash_is_asked_for_again, race_world) {
    during_hash([this] {
        hasher.cost = 9;
        log_in("alice@example.org").value();
    });
    const auto refused = run(accounts.change_password(who, secret(password), secret(other_password), from_host(1)));
    BOOST_TEST((refused.error().code == errc::storage_unavailable)); // the password is right: never say it is wrong
    BOOST_TEST(refused.error().retry_after.count() >= 1);
    BOOST_TEST(run(accounts.change_password(who, secret(password), secret(other_password), from_host(1))).has_value());
}

BOOST_FIXTURE_TEST_CASE(two_profile_changes_at_once_both_last, race_world) {
    once_before(store_step::replace_user, 0, [this] {
        profile_change change;
        change.surname = "Liddell";
        run(accounts.change_profile(second, change, from_host(1))).value();
    });
    profile_change change;
    change.first_name = "Alice";
    const user_ptr changed = run(accounts.change_profile(who, change, from_host(1))).value();
    BOOST_TEST(changed->first_name == "Alice");
    BOOST_TEST(changed->surname == "Liddell");
}

BOOST_FIXTURE_TEST_CASE(a_name_claimed_by_two_at_once_goes_to_one, race_world) {
    sign_up_request r;
    r.email = "bob@example.org";
    r.username = "bob";
    r.password = secret(password);
    once_before(store_step::insert_user, 0, [&] { run(accounts.sign_up(r, from_host(2))).value(); });
    sign_up_request late = r;
    late.email = "bobby@example.org";
    BOOST_TEST((run(accounts.sign_up(late, from_host(1))).error().code == errc::username_taken));
}

BOOST_FIXTURE_TEST_CASE(a_name_is_free_again_only_when_the_record_that_frees_it_is_durable, race_world) {
    data.hold_durability();
    running<result<void>> removing(accounts.remove(who, secret(password), from_host(1)));
    sign_up_request r;
    r.email = "alice@example.org";
    r.password = secret(password);
    running<result<user_ptr>> early(accounts.sign_up(r, from_host(1)));
    data.make_durable();
    BOOST_TEST((early.answer().error().code == errc::email_taken));
    data.resume_durability();
    BOOST_TEST(run(accounts.sign_up(r, from_host(1))).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_logout_that_loses_its_exchange_to_a_refresh_ends_the_family_all_the_same, race_world) {
    once_before(store_step::exchange_family, 0, [this] { refresh(tokens.refresh_token).value(); });
    BOOST_TEST(run(sessions.logout(tokens.refresh_token, from_host(1))).has_value());
    BOOST_TEST(!is_alive(family()));
    BOOST_TEST((refresh(token_at(family(), 1)).error().code == errc::session_revoked));
}

BOOST_FIXTURE_TEST_CASE(a_session_ended_by_two_at_once_is_found_by_one, race_world) {
    once_before(store_step::exchange_family, 0, [this] { run(sessions.end(second, family(), from_host(2))).value(); });
    BOOST_TEST((run(sessions.end(second, family(), from_host(2))).error().code == errc::session_not_found));
}

// One more login under the limit chose the family of a login that is not answered yet: that one starts over.
BOOST_FIXTURE_TEST_CASE(a_login_whose_family_is_evicted_before_its_answer_opens_another, race_world) {
    settings.sessions_max = 1;
    once_before(store_step::durable, 0, [this] { log_in("alice@example.org").value(); });
    const auto entered = log_in("alice@example.org");
    BOOST_REQUIRE(entered.has_value());
    BOOST_TEST(is_alive(family_of(*entered)));
}

BOOST_FIXTURE_TEST_CASE(a_login_whose_family_is_ended_before_its_answer_is_refused, race_world) {
    once_before(store_step::durable, 0, [this] {
        for (const family_details& f : data.families_of(owner)) {
            if (f.state.facts.id != second.session && f.state.facts.id != who.session) {
                run(sessions.end(second, f.state.facts.id, from_host(2))).value();
            }
        }
    });
    BOOST_TEST((log_in("alice@example.org").error().code == errc::login_failed));
}

BOOST_AUTO_TEST_SUITE_END()
