// What operators may do to users and sessions, and what is kept of it.
#include "core/password/stored_hash.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::string_view bcrypt_text = "$2b$04$abcdefghijklmnopqrstuuKqVLqFkYbzPtYQxNd3dpUGXmvGxYt5u";

struct admin_world : service_world {
    admin_world() : root(add_user("root@example.org", "root")), bob(add_user("bob@example.org", "bob")) {
        user u = *data.find_user(root);
        u.is_superuser = true;
        ++u.version;
        data.replace_user(u).value();
        by_socket.from = from_host(7);
        by_bearer.from = from_host(8);
        by_bearer.who = signed_in(log_in("root").value());
        bobs = log_in("bob").value();
    }
    static new_user wanted(std::string email) {
        new_user n;
        n.email = std::move(email);
        n.password = secret(password);
        return n;
    }
    result<user_ptr> create(new_user n) { return run(admin.create_user(by_socket, std::move(n))); }
    result<user_ptr> change(user_changes c) { return run(admin.change_user(by_socket, bob, std::move(c))); }
    user_ptr record() const { return data.user_with_tombstones(bob); }
    std::vector<security_event> acts() const {
        std::vector<security_event> out;
        for (const security_event& e : data.events()) {
            if (has_words(e.kind)) {
                out.push_back(e);
            }
        }
        return out;
    }

    user_id root, bob;
    operator_caller by_socket, by_bearer;
    issued_tokens bobs;
};

errc code_of(const auto& outcome) {
    return outcome ? errc{} : outcome.error().code;
}

std::string fields_of(const auto& outcome) {
    std::string all;
    for (const field_error& e : outcome.error().fields) {
        all += (all.empty() ? "" : " ") + e.field;
    }
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin_services)

BOOST_FIXTURE_TEST_CASE(a_user_is_made_as_wanted_and_can_sign_in, admin_world) {
    new_user n = wanted("new@example.org");
    n.roles = {"ops", "dev"};
    n.is_superuser = n.email_verified = true;
    const user_ptr made = create(std::move(n)).value();
    BOOST_TEST(made->username == "new@example.org");
    BOOST_TEST((made->roles == std::vector<std::string>{"ops", "dev"}));
    BOOST_TEST((made->is_superuser && made->email_verified && made->gate.enabled));
    BOOST_TEST(is_hash_of(made->password_hash, password));
    BOOST_TEST((made->created_at == time.now()));
    BOOST_TEST(log_in("new@example.org").has_value());
    BOOST_TEST_REQUIRE(acts().size() == 1U);
    BOOST_TEST((acts()[0].kind == event_kind::user_created && acts()[0].user == made->id));
    BOOST_TEST((acts()[0].by == user_id{} && acts()[0].presented.address == from_host(7).address));
}

BOOST_FIXTURE_TEST_CASE(a_disabled_user_is_made_and_a_stored_hash_is_taken_as_it_is, admin_world) {
    new_user n = wanted("new@example.org");
    n.password.reset();
    n.password_hash = secret(bcrypt_text);
    n.enabled = false;
    const user_ptr made = create(std::move(n)).value();
    BOOST_TEST(made->password_hash == bcrypt_text);
    BOOST_TEST((!made->gate.enabled && made->gate.reason == gate_reason::disabled));
    BOOST_TEST(hasher.hashed == 0U);
}

BOOST_FIXTURE_TEST_CASE(all_that_is_wrong_with_a_new_user_is_said_at_once, admin_world) {
    new_user n;
    n.email = "nobody";
    n.roles = {"a", "a"};
    n.first_name = "\x07";
    BOOST_TEST(fields_of(create(n)) == "email first_name roles password");
    n = wanted("new@example.org");
    n.password_hash = secret(bcrypt_text);
    BOOST_TEST(fields_of(create(n)) == "password");
    n.password.reset();
    n.password_hash = secret("$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA"); // over the cap
    BOOST_TEST(fields_of(create(n)) == "password_hash");
    for (const std::string& role : {std::string(), std::string(role_size_max + 1, 'x'), std::string(" x"),
                                    std::string("a\nb"), std::string("\xff")}) {
        n = wanted("new@example.org");
        n.roles = {role};
        BOOST_TEST(fields_of(create(n)) == "roles");
    }
    BOOST_TEST((code_of(create(wanted("BOB@example.org"))) == errc::email_taken));
    BOOST_TEST(acts().empty());
}

BOOST_FIXTURE_TEST_CASE(a_change_says_in_the_log_what_changed_and_who_did_it, admin_world) {
    user_changes c;
    c.surname = "Builder";
    c.roles = {"ops"};
    const user_ptr changed = run(admin.change_user(by_bearer, bob, c)).value();
    BOOST_TEST(changed->surname == "Builder");
    BOOST_TEST_REQUIRE(acts().size() == 1U);
    BOOST_TEST((acts()[0].kind == event_kind::user_changed && acts()[0].by == root && acts()[0].user == bob));
    BOOST_TEST(acts()[0].about == "surname roles");
    BOOST_TEST(authenticate(bobs).has_value());
    // The same again changes nothing: no record, no event, no new version.
    const std::size_t records = data.enqueued();
    BOOST_TEST(run(admin.change_user(by_bearer, bob, c)).value()->version == changed->version);
    BOOST_TEST(data.enqueued() == records);
}

BOOST_FIXTURE_TEST_CASE(a_username_changed_by_an_operator_is_an_event_beside_that_of_the_change, admin_world) {
    user_changes c;
    c.username = "builder";
    run(admin.change_user(by_bearer, bob, c)).value();
    BOOST_TEST_REQUIRE(acts().size() == 2U);
    BOOST_TEST((acts()[0].kind == event_kind::user_changed && acts()[0].about == "username"));
    BOOST_TEST((acts()[1].kind == event_kind::username_changed && acts()[1].user == bob && acts()[1].by == root));
    const user_ptr made = create(wanted("old@example.org")).value();
    c = {};
    c.email = "new@example.org"; // and the username with it
    run(admin.change_user(by_socket, made->id, c)).value();
    BOOST_TEST((acts().back().kind == event_kind::username_changed && acts().back().by == user_id{}));
    BOOST_TEST(acts()[acts().size() - 2].about == "email username");
}

BOOST_FIXTURE_TEST_CASE(a_new_email_is_not_verified_and_a_username_that_was_the_email_follows, admin_world) {
    const user_ptr made = create(wanted("old@example.org")).value();
    user_changes c;
    c.email_verified = true;
    run(admin.change_user(by_socket, made->id, c)).value();
    c = {};
    c.email = "new@example.org";
    const user_ptr changed = run(admin.change_user(by_socket, made->id, c)).value();
    BOOST_TEST(changed->username == "new@example.org");
    BOOST_TEST(!changed->email_verified);
    BOOST_TEST(log_in("new@example.org").has_value());
    BOOST_TEST(!log_in("old@example.org").has_value());
    c.email = "third@example.org";
    c.email_verified = true;
    BOOST_TEST(run(admin.change_user(by_socket, made->id, c)).value()->email_verified);
    c = {};
    c.email = "BOB@example.org";
    BOOST_TEST((code_of(run(admin.change_user(by_socket, made->id, c))) == errc::email_taken));
    c = {};
    c.username = "bob";
    BOOST_TEST((code_of(run(admin.change_user(by_socket, made->id, c))) == errc::username_taken));
}

BOOST_FIXTURE_TEST_CASE(a_new_password_or_hash_or_disabling_ends_every_session, admin_world) {
    user_changes to_password, to_hash, to_disabled;
    to_password.password = secret(other_password);
    to_hash.password_hash = secret(bcrypt_text);
    to_disabled.enabled = false;
    gate_reason expected = gate_reason::password_change;
    for (const user_changes& c : {to_password, to_hash, to_disabled}) {
        user u = *record();
        u.password_hash = hasher.make(password);
        ++u.version;
        data.replace_user(u).value();
        const issued_tokens tokens = log_in("bob").value();
        BOOST_TEST(authenticate(tokens).has_value());
        if (c.enabled) {
            expected = gate_reason::disabled;
        }
        BOOST_TEST((change(c).value()->gate.reason == expected));
        BOOST_TEST(!authenticate(tokens).has_value());
        BOOST_TEST((code_of(refresh(tokens.refresh_token)) == errc::session_revoked));
        BOOST_TEST((data.events().back().kind == event_kind::sessions_revoked));
    }
    user_changes to_enabled;
    to_enabled.enabled = true;
    const std::uint32_t epoch = record()->gate.epoch;
    BOOST_TEST(change(to_enabled).value()->gate.epoch == epoch);
    BOOST_TEST(!authenticate(bobs).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_password_is_held_to_the_rules_and_both_at_once_are_refused, admin_world) {
    user_changes c;
    c.password = secret("short");
    BOOST_TEST(fields_of(change(c)) == "password");
    c.email = "correct.horse@example.org";
    c.password = secret("correct.horse");
    BOOST_TEST(fields_of(change(c)) == "password"); // what precedes the '@' of the email it is to have
    c = {};
    c.password = secret(other_password);
    c.password_hash = secret(bcrypt_text);
    BOOST_TEST(fields_of(change(c)) == "password");
    c = {};
    c.password_hash = secret("md5");
    BOOST_TEST(fields_of(change(c)) == "password_hash");
    hasher.full_hash = true;
    c = {};
    c.password = secret(other_password);
    BOOST_TEST((code_of(change(c)) == errc::password_queue_full));
    BOOST_TEST(record()->version == 1U);
}

BOOST_FIXTURE_TEST_CASE(removal_leaves_a_tombstone_and_free_names, admin_world) {
    BOOST_TEST(run(admin.remove_user(by_socket, bob)).has_value());
    BOOST_TEST((record()->deleted && record()->email.empty()));
    BOOST_TEST(!authenticate(bobs).has_value());
    BOOST_TEST((acts().back().kind == event_kind::user_removed));
    BOOST_TEST((code_of(run(admin.remove_user(by_socket, bob))) == errc::user_not_found));
    BOOST_TEST((code_of(change({})) == errc::user_not_found));
    BOOST_TEST(create(wanted("bob@example.org")).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_operator_who_is_none_any_more_changes_nothing, admin_world) {
    user_changes demoted;
    demoted.is_superuser = false;
    // Demoted, or logged out, while the hash of the new password is being made.
    for (const bool by_logout : {false, true}) {
        bool done = false;
        hasher.at_job = [&] {
            if (std::exchange(done, true)) {
                return;
            }
            if (by_logout) {
                run(admin.logout(by_socket, root)).value();
            } else {
                run(admin.change_user(by_socket, root, demoted)).value();
            }
        };
        user_changes c;
        c.password = secret(other_password);
        const errc expected = by_logout ? errc::invalid_access_token : errc::not_admin;
        BOOST_TEST((code_of(run(admin.change_user(by_bearer, bob, c))) == expected));
        BOOST_TEST((code_of(run(admin.create_user(by_bearer, wanted("x@example.org")))) == expected));
        BOOST_TEST((code_of(run(admin.remove_user(by_bearer, bob))) == expected));
        BOOST_TEST((code_of(run(admin.logout(by_bearer, bob))) == expected));
        BOOST_TEST((code_of(run(admin.end_session(by_bearer, family_of(bobs)))) == expected));
        BOOST_TEST((code_of(run(admin.mint_session(by_bearer, bob, ""))) == expected));
        BOOST_TEST(record()->version == 1U);
        BOOST_TEST(authenticate(bobs).has_value());
        user u = *data.find_user(root);
        u.is_superuser = true;
        ++u.version;
        data.replace_user(u).value();
    }
}

BOOST_FIXTURE_TEST_CASE(nothing_is_told_before_it_is_durable, admin_world) {
    data.hold_durability();
    user_changes c;
    c.surname = "Builder";
    running<result<user_ptr>> changing(admin.change_user(by_socket, bob, c));
    running<result<user_page>> listing(admin.list_users({}, 10));
    running<result<user_ptr>> finding(admin.find_user(bob));
    running<result<void>> ending(admin.end_session(by_socket, family_of(bobs)));
    running<result<std::vector<family_details>>> looking(admin.sessions_of(bob));
    BOOST_TEST((!changing.answered() && !listing.answered() && !finding.answered()));
    BOOST_TEST((!ending.answered() && !looking.answered()));
    data.make_durable();
    BOOST_TEST(changing.answer().value()->surname == "Builder");
    BOOST_TEST(listing.answer().value().users[1]->surname == "Builder");
    BOOST_TEST(finding.answer().value()->surname == "Builder");
    BOOST_TEST(ending.answer().has_value());
    BOOST_TEST((looking.answer().value()[0].state.word.status() == family_status::admin));
    running<result<void>> failing(admin.logout(by_socket, bob));
    data.fail();
    BOOST_TEST((code_of(failing.answer()) == errc::storage_unavailable));
}

BOOST_FIXTURE_TEST_CASE(pages_of_users_follow_each_other, admin_world) {
    for (int i = 0; i < 5; ++i) {
        add_user("u" + std::to_string(i) + "@example.org");
    }
    run(admin.remove_user(by_socket, bob)).value();
    std::vector<std::uint64_t> seen;
    std::optional<user_id> after = user_id{};
    while (after) {
        const user_page page = run(admin.list_users(*after, 2)).value();
        for (const user_ptr& u : page.users) {
            seen.push_back(u->id.value);
        }
        after = page.next;
    }
    BOOST_TEST((seen == std::vector<std::uint64_t>{1, 3, 4, 5, 6, 7}));
    BOOST_TEST(!run(admin.list_users({}, 6)).value().next.has_value());
    BOOST_TEST(run(admin.list_users(user_id{7}, 1)).value().users.empty());
}

BOOST_FIXTURE_TEST_CASE(sessions_are_shown_dead_or_alive_and_ended_once, admin_world) {
    const family_id family = family_of(bobs);
    BOOST_TEST(admin.count_sessions(bob) == 1U);
    BOOST_TEST(run(admin.end_session(by_bearer, family)).has_value());
    BOOST_TEST((word_of(family).status() == family_status::admin));
    BOOST_TEST((acts().back().kind == event_kind::session_ended && acts().back().family == family));
    BOOST_TEST((acts().back().by == root));
    const std::size_t events = data.events().size();
    BOOST_TEST(run(admin.end_session(by_bearer, family)).has_value());
    BOOST_TEST(data.events().size() == events);
    BOOST_TEST(run(admin.sessions_of(bob)).value().size() == 1U);
    BOOST_TEST(why_not_alive(run(admin.find_session(family)).value().state, time.now()) == "admin");
    BOOST_TEST(admin.count_sessions(bob) == 0U);
    family_id unknown;
    unknown.bytes[3] = 1;
    BOOST_TEST((code_of(run(admin.end_session(by_bearer, unknown))) == errc::session_not_found));
    BOOST_TEST((code_of(run(admin.find_session(unknown))) == errc::session_not_found));
    BOOST_TEST((code_of(run(admin.sessions_of(user_id{99}))) == errc::user_not_found));
}

BOOST_FIXTURE_TEST_CASE(a_minted_session_is_the_users_and_says_who_asked, admin_world) {
    const issued_tokens minted = run(admin.mint_session(by_bearer, bob, "ops laptop")).value();
    const principal who = signed_in(minted);
    BOOST_TEST((who.user->id == bob));
    BOOST_TEST(data.find_family_details(who.session)->last_use.agent == "ops laptop");
    BOOST_TEST((acts().back().kind == event_kind::session_minted && acts().back().family == who.session));
    BOOST_TEST((acts().back().by == root));
    BOOST_TEST(counters.logins_ok.load() == 2U); // of the fixture: this was none
    user_changes off;
    off.enabled = false;
    change(off).value();
    BOOST_TEST((code_of(run(admin.mint_session(by_bearer, bob, ""))) == errc::user_not_found));
    BOOST_TEST((code_of(run(admin.mint_session(by_bearer, user_id{99}, ""))) == errc::user_not_found));
}

BOOST_FIXTURE_TEST_CASE(why_a_family_is_not_alive_has_a_word_for_every_way, admin_world) {
    const family_id family = family_of(bobs);
    family_state seen = *data.find_family(family);
    const timestamp at = time.now();
    BOOST_TEST(why_not_alive(seen, at) == "");
    BOOST_TEST(why_not_alive(seen, seen.facts.idle_expires_at(seen.word)) == "idle_expiry");
    BOOST_TEST(why_not_alive(seen, seen.facts.expires_at()) == "absolute_expiry");
    for (int status = 1; status <= static_cast<int>(family_status::ahead); ++status) {
        family_state ended = seen;
        ended.word = seen.word.with_status(static_cast<family_status>(status));
        BOOST_TEST(why_not_alive(ended, at) == to_text(static_cast<family_status>(status)));
    }
    for (const gate_reason reason : {gate_reason::logout_all, gate_reason::password_change, gate_reason::disabled}) {
        family_state closed = seen;
        ++closed.gate.epoch;
        closed.gate.reason = reason;
        BOOST_TEST(why_not_alive(closed, at) == to_text(reason));
        closed.gate.survivor = family;
        BOOST_TEST(why_not_alive(closed, at) == "");
    }
}

BOOST_FIXTURE_TEST_CASE(a_token_is_reported_on_without_a_trace, admin_world) {
    const std::size_t records = data.enqueued();
    const family_word word = word_of(family_of(bobs));
    const token_report access = run(admin.inspect(secret(bobs.access_token))).value();
    BOOST_TEST((access.kind == token_kind::access && access.genuine && access.why_not.empty()));
    BOOST_TEST((access.claims->subject == bob && *access.family == family_of(bobs) && access.details.has_value()));
    const token_report refresh_report = run(admin.inspect(bobs.refresh_token)).value();
    BOOST_TEST((refresh_report.kind == token_kind::refresh && refresh_report.genuine));
    BOOST_TEST(*refresh_report.generation == 0U);
    BOOST_TEST((word_of(family_of(bobs)) == word));
    BOOST_TEST(data.enqueued() == records);
    time.advance(seconds(601));
    const token_report late = run(admin.inspect(secret(bobs.access_token))).value();
    BOOST_TEST((late.genuine && late.why_not == "expired"));
    for (const char* bad : {"", "x", "prt_x", "a.b.c"}) {
        const token_report none = run(admin.inspect(secret(bad))).value();
        BOOST_TEST((!none.genuine && !none.why_not.empty() && !none.family));
    }
    data.drop_family(family_of(bobs));
    const token_report forgotten = run(admin.inspect(bobs.refresh_token)).value();
    BOOST_TEST((forgotten.genuine && !forgotten.details));
}

BOOST_AUTO_TEST_SUITE_END()
