// Accounts: sign-up, profile, password, removal, and what an operator may do.
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct account_world : service_world {
    account_world() : owner(add_user("alice@example.org", "alice")) {
        tokens = log_in("alice").value();
        other_tokens = log_in("alice").value();
        who = signed_in(tokens);
    }
    static sign_up_request request_of(std::string email) {
        sign_up_request r;
        r.email = std::move(email);
        r.password = secret(password);
        return r;
    }
    result<user_ptr> sign_up(sign_up_request r) { return run(accounts.sign_up(std::move(r), from_host(1))); }
    result<void> change_password(std::string_view current, std::string_view desired) {
        return run(accounts.change_password(who, secret(current), secret(desired), from_host(1)));
    }
    result<void> remove(std::string_view current) { return run(accounts.remove(who, secret(current), from_host(1))); }
    result<user_ptr> change_profile(profile_change change) {
        return run(accounts.change_profile(who, std::move(change), from_host(1)));
    }
    user_ptr record() const { return data.user_with_tombstones(owner); }

    user_id owner;
    issued_tokens tokens, other_tokens;
    principal who;
};

std::vector<std::string> fields_of(const failure& f) {
    std::vector<std::string> fields;
    for (const field_error& e : f.fields) {
        fields.push_back(e.field);
    }
    return fields;
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_account)

BOOST_FIXTURE_TEST_CASE(a_sign_up_makes_a_user_who_can_sign_in, account_world) {
    sign_up_request r = request_of("Bob@Example.org");
    r.first_name = "Bob";
    r.surname = "Builder";
    const user_ptr made = sign_up(std::move(r)).value();
    BOOST_TEST(made->id.value > owner.value);
    BOOST_TEST(made->version == 1U);
    BOOST_TEST(made->email == "Bob@Example.org"); // as typed
    BOOST_TEST(made->username == "Bob@Example.org");
    BOOST_TEST(made->first_name == "Bob");
    BOOST_TEST(made->surname == "Builder");
    BOOST_TEST((made->created_at == time.now()));
    BOOST_TEST((!made->is_superuser && !made->email_verified && made->roles.empty() && made->gate.enabled));
    BOOST_TEST(log_in("bob@example.org").has_value());
    BOOST_TEST(counters.sign_ups == 1U);
    BOOST_TEST(limiter.counted("sign-up bob@example.org") == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_name_is_taken_whichever_kind_and_case_it_is, account_world) {
    BOOST_TEST((sign_up(request_of("ALICE@example.org")).error().code == errc::email_taken));
    sign_up_request r = request_of("eve@example.org");
    r.username = "Alice";
    BOOST_TEST((sign_up(r).error().code == errc::username_taken));
    BOOST_TEST(limiter.counted("sign-up alice@example.org") == 1U); // a probe counts
    BOOST_TEST(limiter.counted("sign-up eve@example.org") == 1U);
    BOOST_TEST((data.find_user_by_login("eve@example.org") == nullptr)); // and leaves nothing
}

BOOST_FIXTURE_TEST_CASE(a_sign_up_names_all_that_is_wrong_at_once_and_costs_no_hash, account_world) {
    sign_up_request r = request_of("not an email");
    r.username = "line\nbreak";
    r.first_name = "bell\a";
    r.surname = std::string(1000, 'x');
    r.password = secret("short");
    const failure refused = sign_up(std::move(r)).error();
    BOOST_TEST((refused.code == errc::validation_failed));
    const std::vector<std::string> expected{"email", "username", "first_name", "surname", "password"};
    BOOST_TEST(fields_of(refused) == expected, boost::test_tools::per_element());
    for (const field_error& e : refused.fields) {
        BOOST_TEST(!e.message.empty());
    }
    BOOST_TEST(hasher.hashed == 0U);
    BOOST_TEST(limiter.counted("not an email") == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_username_with_an_at_sign_is_the_accounts_own_email, account_world) {
    sign_up_request r = request_of("bob@example.org");
    r.username = "alice@example.org";
    BOOST_TEST((sign_up(r).error().code == errc::validation_failed));
    r.username = "BOB@example.org";
    BOOST_TEST(sign_up(r).has_value());
}

BOOST_FIXTURE_TEST_CASE(sign_ups_are_throttled_and_a_full_pool_is_no_attempt, account_world) {
    hasher.full = true;
    BOOST_TEST((sign_up(request_of("bob@example.org")).error().code == errc::password_queue_full));
    BOOST_TEST(limiter.counted("sign-up bob@example.org") == 0U);
    limiter.limit = 0;
    const auto throttled = sign_up(request_of("bob@example.org"));
    BOOST_TEST((throttled.error().code == errc::too_many_attempts));
    BOOST_TEST(throttled.error().retry_after.count() == 17);
}

BOOST_FIXTURE_TEST_CASE(a_profile_changes_in_the_members_given_and_no_other, account_world) {
    profile_change change;
    change.first_name = "Alice";
    change.username = "wonder";
    const user_ptr changed = change_profile(change).value();
    BOOST_TEST(changed->first_name == "Alice");
    BOOST_TEST(changed->username == "wonder");
    BOOST_TEST(changed->surname.empty());
    BOOST_TEST(changed->version == 2U);
    BOOST_TEST(log_in("wonder").has_value());
    BOOST_TEST((log_in("alice").error().code == errc::login_failed));
    BOOST_TEST(log_in("alice@example.org").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_change_of_the_username_is_an_event_by_its_user, account_world) {
    const std::size_t before = data.enqueued();
    profile_change change;
    change.surname = "Liddell";
    change_profile(change).value();
    BOOST_TEST(data.events().empty()); // of other members it is none
    change.username = "wonder";
    change_profile(change).value();
    BOOST_TEST(data.enqueued() == before + 3);
    BOOST_TEST_REQUIRE(data.events().size() == 1U);
    const security_event& e = data.events().back();
    BOOST_TEST((e.kind == event_kind::username_changed && e.user == owner && e.by == owner));
    BOOST_TEST((e.presented.at == time.now() && e.presented.agent == "test/1.0"));
    change_profile(change).value(); // it is so already
    change.username = "alice@example.com";
    BOOST_TEST(!change_profile(change).has_value());
    BOOST_TEST(data.events().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_profile_that_is_so_already_writes_nothing, account_world) {
    const std::size_t before = data.enqueued();
    profile_change change;
    change.username = "alice";
    BOOST_TEST(change_profile(change).value()->version == 1U);
    BOOST_TEST(change_profile({}).has_value());
    BOOST_TEST(data.enqueued() == before);
}

BOOST_FIXTURE_TEST_CASE(a_profile_change_is_refused_whole, account_world) {
    sign_up(request_of("bob@example.org")).value();
    profile_change change;
    change.first_name = "Alice";
    change.username = "bob@example.org";
    BOOST_TEST((change_profile(change).error().code == errc::validation_failed)); // not her own email
    change.username = "";
    change.surname = "bell\a";
    const auto refused = change_profile(change);
    const std::vector<std::string> expected{"username", "surname"};
    BOOST_TEST(fields_of(refused.error()) == expected, boost::test_tools::per_element());
    sign_up_request taken = request_of("carol@example.org");
    taken.username = "carol";
    sign_up(taken).value();
    change = {};
    change.first_name = "Alice";
    change.username = "CAROL";
    BOOST_TEST((change_profile(change).error().code == errc::username_taken));
    BOOST_TEST(record()->first_name.empty());
    BOOST_TEST(record()->version == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_password_change_is_one_record_that_spares_the_callers_session_alone, account_world) {
    const std::size_t before = data.enqueued();
    BOOST_TEST(change_password(password, other_password).has_value());
    BOOST_TEST(data.enqueued() == before + 3); // the user, and two events
    BOOST_TEST_REQUIRE(data.events().size() >= 2U);
    const security_event& act = data.events()[data.events().size() - 2];
    BOOST_TEST((act.kind == event_kind::password_changed));
    BOOST_TEST((act.by == act.user));
    BOOST_TEST((data.events().back().kind == event_kind::sessions_revoked));
    BOOST_TEST(is_hash_of(record()->password_hash, other_password));
    BOOST_TEST(record()->gate.epoch == 1U);
    BOOST_TEST((record()->gate.survivor == who.session));
    BOOST_TEST((record()->gate.reason == gate_reason::password_change));
    BOOST_TEST(is_alive(who.session));
    BOOST_TEST(!is_alive(family_of(other_tokens)));
    BOOST_TEST(limiter.counted("alice@example.org") == 0U);
    BOOST_TEST((log_in("alice").error().code == errc::login_failed));
    BOOST_TEST(log_in("alice", other_password).has_value());
    BOOST_TEST(limiter.counted("alice@example.org") == 1U); // the one refused, by whichever of the names
}

BOOST_FIXTURE_TEST_CASE(a_password_change_needs_the_current_password_and_a_good_new_one, account_world) {
    BOOST_TEST((change_password("wrong password", other_password).error().code == errc::wrong_password));
    BOOST_TEST((change_password("", other_password).error().code == errc::wrong_password));
    BOOST_TEST(hasher.verified_dummy == 0U); // the empty one costs what any other does
    BOOST_TEST(limiter.counted("alice@example.org") == 2U);
    const unsigned verified = hasher.verified;
    for (const std::string_view weak : {"short", "alice@example.org", ""}) {
        const auto refused = change_password(password, weak);
        BOOST_TEST((refused.error().code == errc::validation_failed));
        const std::vector<std::string> expected{"new_password"};
        BOOST_TEST(fields_of(refused.error()) == expected, boost::test_tools::per_element());
    }
    BOOST_TEST(hasher.verified == verified);
    limiter.limit = 2;
    BOOST_TEST((change_password(password, other_password).error().code == errc::too_many_attempts));
    BOOST_TEST(record()->version == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_removed_account_is_gone_with_its_names_and_families, account_world) {
    BOOST_TEST((remove("wrong password").error().code == errc::wrong_password));
    BOOST_TEST(remove(password).has_value());
    BOOST_TEST((data.find_user(owner) == nullptr));
    BOOST_TEST((!is_alive(who.session) && !is_alive(family_of(other_tokens))));
    BOOST_TEST((record()->deleted && !record()->gate.enabled));
    BOOST_TEST((record()->gate.reason == gate_reason::deleted));
    BOOST_TEST((record()->email.empty() && record()->username.empty() && record()->password_hash.empty()));
    BOOST_TEST((log_in("alice").error().code == errc::login_failed));
    BOOST_TEST((refresh(tokens.refresh_token).error().code == errc::session_revoked));
    BOOST_TEST((authenticate(tokens).error().code == errc::invalid_access_token));
    BOOST_TEST((change_profile({}).error().code == errc::invalid_access_token));
    BOOST_TEST((remove(password).error().code == errc::invalid_access_token));
    const user_ptr again = sign_up(request_of("alice@example.org")).value(); // the name is free
    BOOST_TEST(again->id.value > owner.value);                               // the number is not
}

BOOST_FIXTURE_TEST_CASE(disabling_ends_every_session_and_enabling_revives_none, account_world) {
    BOOST_TEST(!run(accounts.set_enabled(owner, false)).value()->gate.enabled);
    BOOST_TEST((!is_alive(who.session) && !is_alive(family_of(other_tokens))));
    BOOST_TEST((record()->gate.reason == gate_reason::disabled));
    const std::size_t before = data.enqueued();
    BOOST_TEST(run(accounts.set_enabled(owner, false)).has_value()); // is so already
    BOOST_TEST(data.enqueued() == before);
    BOOST_TEST(run(accounts.set_enabled(owner, true)).value()->gate.enabled);
    BOOST_TEST((!is_alive(who.session) && !is_alive(family_of(other_tokens))));
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST((run(accounts.set_enabled(user_id{4711}, false)).error().code == errc::user_not_found));
}

BOOST_FIXTURE_TEST_CASE(roles_and_superuser_change_without_ending_a_session, account_world) {
    BOOST_TEST(run(accounts.set_superuser(owner, true)).value()->is_superuser);
    const std::vector<std::string> roles{"admin", "editor"};
    BOOST_TEST(run(accounts.set_roles(owner, roles)).value()->roles == roles, boost::test_tools::per_element());
    BOOST_TEST(is_alive(who.session));
    BOOST_TEST(record()->version == 3U);
    const std::size_t before = data.enqueued();
    run(accounts.set_superuser(owner, true)).value();
    run(accounts.set_roles(owner, roles)).value();
    BOOST_TEST(data.enqueued() == before);
}

BOOST_FIXTURE_TEST_CASE(changes_that_miss_are_applied_again_but_not_for_ever, account_world) {
    data.user_conflicts = 3;
    BOOST_TEST(run(accounts.set_superuser(owner, true)).has_value());
    data.user_conflicts = 1'000'000;
    BOOST_TEST((run(accounts.set_superuser(owner, false)).error().code == errc::storage_unavailable));
    data.user_conflicts = 0;
    data.full = true;
    BOOST_TEST((run(accounts.set_superuser(owner, false)).error().code == errc::storage_unavailable));
}

BOOST_AUTO_TEST_SUITE_END()
