#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

const std::string ada = "ada@example.org", other = "new@example.org";
constexpr std::string_view wished = "a third wagon 5 goat";

struct fixture : link_world {
    user_id id = add_verified(ada);

    result<void> forget(const std::string& email, caller from = from_host(1)) {
        return run(links.forgot(email, std::move(from)));
    }
    secret_string reset_link() {
        BOOST_REQUIRE(forget(ada));
        return link_in_last(mail_kind::reset_password);
    }
    result<void> reset(const secret_string& link, std::string_view with = wished) {
        return run(links.reset(link, secret(with), shown_codes{}, from_host(2)));
    }
    principal in() { return signed_in(log_in(user_of(id)->email).value()); }
    result<void> ask_change(const std::string& to) {
        return run(links.ask_change(in(), secret(password), to, from_host(1)));
    }
    secret_string change_link(const std::string& to = other) {
        BOOST_REQUIRE(ask_change(to));
        return link_in_last(mail_kind::change_email);
    }
    result<void> change(const secret_string& link) { return run(links.change_email(link, from_host(3))); }
    result<void> undo(const secret_string& link) { return run(links.undo_email(link, from_host(4))); }
    bool has_event(event_kind kind) const {
        return std::ranges::any_of(data.events(), [&](const security_event& e) { return e.kind == kind; });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(link_service, fixture)

// --- Reset.

BOOST_AUTO_TEST_CASE(a_reset_gives_a_new_password_and_ends_every_session_and_itself) {
    const issued_tokens before = log_in(ada).value();
    const secret_string link = reset_link();
    BOOST_TEST(is_alive(family_of(before)));
    BOOST_REQUIRE(reset(link));
    BOOST_TEST(!is_alive(family_of(before)));
    BOOST_TEST((code_of(log_in(ada)) == errc::login_failed));
    BOOST_TEST(log_in(ada, wished).has_value());
    BOOST_TEST(user_of(id)->factor_epoch == 1U);
    BOOST_TEST((user_of(id)->password_changed_at == time.now()));
    BOOST_TEST(mails_of(mail_kind::password_changed).size() == 1U);
    BOOST_TEST(has_event(event_kind::password_reset));
    BOOST_TEST(has_event(event_kind::sessions_revoked));
    BOOST_TEST((code_of(reset(link)) == errc::link_used));
}

BOOST_AUTO_TEST_CASE(of_several_links_the_first_that_is_used_ends_all) {
    const secret_string first = reset_link(), second = reset_link();
    BOOST_REQUIRE(reset(second));
    BOOST_TEST((code_of(reset(first)) == errc::link_used));
}

BOOST_AUTO_TEST_CASE(a_weak_password_uses_no_link_up) {
    const secret_string link = reset_link();
    const result<void> weak = reset(link, "password");
    BOOST_REQUIRE((code_of(weak) == errc::validation_failed));
    BOOST_TEST(weak.error().fields.front().field == "new_password");
    BOOST_TEST(reset(link).has_value());
}

BOOST_AUTO_TEST_CASE(a_link_is_refused_for_what_is_wrong_with_it) {
    const secret_string link = reset_link();
    BOOST_TEST((code_of(reset(secret("pml_x"))) == errc::link_invalid));
    BOOST_TEST((code_of(change(link)) == errc::link_invalid));
    BOOST_TEST((code_of(undo(link)) == errc::link_invalid));
    time.advance(life_of(link_purpose::reset_password));
    BOOST_TEST((code_of(reset(link)) == errc::link_expired));
    entities.mark = 9; // a backup was restored
    BOOST_TEST((code_of(reset(link)) == errc::link_invalid));
}

BOOST_AUTO_TEST_CASE(a_password_change_an_address_change_and_disabling_overtake_a_reset) {
    const std::function<void(user&)> changes[] = {
        [](user& u) { u.password_hash += "x"; },
        [](user& u) { u.gate.raise_epoch(); },
        [](user& u) { u.email = "else@example.org"; },
        [](user& u) { u.gate.enabled = false; },
    };
    for (const auto& how : changes) {
        link_world w;
        const user_id who = w.add_verified(ada);
        BOOST_REQUIRE(run(w.links.forgot(ada, from_host(1))));
        const mail waiting = w.mails_of(mail_kind::reset_password).back();
        const secret_string link = w.link_in_last(mail_kind::reset_password);
        w.edit(who, how);
        BOOST_TEST(
            (code_of(run(w.links.reset(link, secret_string(wished), shown_codes{}, from_host(2)))) == errc::link_used));
        BOOST_TEST(!w.sent_link(waiting)); // a mail that still waits is not sent
    }
}

BOOST_AUTO_TEST_CASE(the_state_is_checked_again_on_the_fresh_record) {
    const secret_string link = reset_link();
    hasher.at_job = [this, done = false]() mutable {
        if (!done) {
            done = true;
            edit(id, [](user& u) { u.password_hash += "x"; }); // while the new password is hashed
        }
    };
    BOOST_TEST((code_of(reset(link)) == errc::link_used));
    BOOST_TEST(mails_of(mail_kind::password_changed).empty());
}

BOOST_AUTO_TEST_CASE(the_reset_of_an_address_that_was_never_proven_drops_what_was_there_before) {
    edit(id, [](user& u) {
        u.email_verified = false;
        u.attributes = R"({"a":1})";
        u.next_factor = 1;
        user_factor f;
        f.number = 1;
        u.factors = {f};
        u.roles = {"writer"};
    });
    BOOST_REQUIRE(reset(reset_link()));
    const user_ptr now = user_of(id);
    BOOST_TEST(now->email_verified);
    BOOST_TEST((now->email_verified_at == time.now()));
    BOOST_TEST(now->attributes.empty());
    BOOST_TEST(now->factors.empty());
    BOOST_TEST(now->next_factor == 1U);  // numbers are never given again
    BOOST_TEST(now->roles.size() == 1U); // an operator gave them
}

BOOST_AUTO_TEST_CASE(the_reset_of_a_proven_address_keeps_what_is_there) {
    edit(id, [](user& u) { u.attributes = R"({"a":1})"; });
    BOOST_REQUIRE(reset(reset_link()));
    BOOST_TEST(user_of(id)->attributes == R"({"a":1})");
}

// --- Forgot: the same for everyone.

BOOST_AUTO_TEST_CASE(known_and_unknown_addresses_get_the_same_answer_for_one_record) {
    for (const std::string& email : {ada, std::string("stranger@example.org")}) {
        const std::size_t before = data.enqueued();
        BOOST_TEST(forget(email).has_value());
        BOOST_TEST(data.enqueued() == before + 1);
    }
    BOOST_TEST(mails_of(mail_kind::reset_password).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_mail_goes_to_the_stored_address_not_to_what_was_typed) {
    BOOST_REQUIRE(forget("ADA@EXAMPLE.org"));
    BOOST_TEST(mails_of(mail_kind::reset_password).back().address == ada);
}

BOOST_AUTO_TEST_CASE(a_disabled_user_is_sent_nothing) {
    edit(id, [](user& u) { u.gate.enabled = false; });
    const std::size_t before = data.enqueued();
    BOOST_TEST(forget(ada).has_value());
    BOOST_TEST(data.enqueued() == before + 1);
    BOOST_TEST(mails_of(mail_kind::reset_password).empty());
}

BOOST_AUTO_TEST_CASE(over_the_limit_of_an_address_nothing_is_sent_and_nothing_is_said) {
    for (std::uint8_t i = 0; i < 10; ++i) {
        const std::size_t before = data.enqueued();
        BOOST_TEST(forget(ada, from_host(i)).has_value());
        BOOST_TEST(data.enqueued() == before + 1);
    }
    BOOST_TEST(mails_of(mail_kind::reset_password).size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_stranger_does_not_use_up_the_mails_of_a_user_at_home) {
    BOOST_REQUIRE(log_in(ada, password, from_host(77)).has_value());
    for (std::uint8_t i = 0; i < 10; ++i) {
        BOOST_REQUIRE(forget(ada, from_host(i)));
    }
    BOOST_REQUIRE(forget(ada, from_host(77)));
    BOOST_TEST(mails_of(mail_kind::reset_password).size() == 4U);
}

BOOST_AUTO_TEST_CASE(only_the_callers_network_is_refused) {
    for (int i = 0; i < 20; ++i) {
        BOOST_REQUIRE(forget("somebody" + std::to_string(i) + "@example.org"));
    }
    const result<void> refused = forget(ada);
    BOOST_REQUIRE((code_of(refused) == errc::too_many_attempts));
    BOOST_TEST(refused.error().retry_after.count() > 0);
    BOOST_TEST(forget(ada, from_host(2)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_said_and_a_full_queue_is_said_to_all) {
    BOOST_TEST((code_of(forget("ada")) == errc::validation_failed));
    box.waiting = mail_rules.queue_max;
    for (const std::string& email : {ada, std::string("stranger@example.org")}) {
        BOOST_TEST((code_of(forget(email)) == errc::mail_queue_full));
    }
    mail_rules.on = false;
    BOOST_TEST((code_of(forget(ada)) == errc::mail_off));
}

// --- Verification.

BOOST_AUTO_TEST_CASE(an_address_is_verified_by_the_link_and_a_session_and_again) {
    edit(id, [](user& u) { u.email_verified = false; });
    const principal who = in();
    BOOST_REQUIRE(run(links.ask_verification(who, from_host(1))));
    const secret_string link = link_in_last(mail_kind::verify_email);
    BOOST_TEST(!user_of(id)->email_verified);
    BOOST_REQUIRE(run(links.verify(link, who, std::nullopt, from_host(1))));
    BOOST_TEST(user_of(id)->email_verified);
    BOOST_TEST(has_event(event_kind::email_verified));
    time.advance(seconds(3 * 86400));
    BOOST_TEST(run(links.verify(link, who, std::nullopt, from_host(1))).has_value());
    BOOST_TEST((code_of(run(links.ask_verification(who, from_host(1)))) == errc::already_verified));
}

BOOST_AUTO_TEST_CASE(the_mailbox_alone_verifies_nothing) {
    edit(id, [](user& u) { u.email_verified = false; });
    add_user("eve@example.org");
    BOOST_REQUIRE(run(links.ask_verification(in(), from_host(1))));
    const secret_string link = link_in_last(mail_kind::verify_email);
    const principal eve = signed_in(log_in("eve@example.org").value());
    BOOST_TEST((code_of(run(links.verify(link, eve, std::nullopt, from_host(1)))) == errc::link_invalid));
    BOOST_TEST((code_of(run(links.verify(link, std::nullopt, secret("wrong"), from_host(1)))) == errc::wrong_password));
    BOOST_TEST(!user_of(id)->email_verified);
    BOOST_TEST(run(links.verify(link, std::nullopt, secret(password), from_host(1))).has_value());
    BOOST_TEST(user_of(id)->email_verified);
}

// --- Another address.

BOOST_AUTO_TEST_CASE(an_address_changes_when_the_link_that_came_to_it_is_used) {
    const secret_string link = change_link();
    BOOST_TEST(user_of(id)->email == ada);
    BOOST_TEST(mails_of(mail_kind::change_email).back().address == other);
    BOOST_REQUIRE(change(link));
    const user_ptr now = user_of(id);
    BOOST_TEST(now->email == other);
    BOOST_TEST(now->username == other); // it was the address
    BOOST_TEST(now->email_verified);
    BOOST_TEST(mails_of(mail_kind::undo_email).back().address == ada);
    BOOST_TEST(has_event(event_kind::email_changed));
    BOOST_TEST((code_of(change(link)) == errc::link_used));
}

BOOST_AUTO_TEST_CASE(a_change_wants_the_password_and_an_address) {
    const principal who = in();
    const auto ask = [&](std::string_view with, const std::string& to) {
        return code_of(run(links.ask_change(who, secret(with), to, from_host(1))));
    };
    BOOST_TEST((ask("wrong", other) == errc::wrong_password));
    BOOST_TEST((ask(password, "no address") == errc::validation_failed));
    BOOST_TEST((ask(password, ada) == errc::validation_failed));
    BOOST_TEST(box.all.empty());
}

BOOST_AUTO_TEST_CASE(an_address_that_has_an_account_is_told_of_it_and_the_answer_is_the_same) {
    add_user("bob@example.org");
    const std::size_t before = box.all.size();
    BOOST_REQUIRE(ask_change("bob@example.org"));
    BOOST_TEST(box.all.size() == before + 1);
    BOOST_TEST(mails_of(mail_kind::sign_up_taken).back().address == "bob@example.org");
}

BOOST_AUTO_TEST_CASE(an_address_that_was_taken_meanwhile_is_refused) {
    const secret_string link = change_link();
    add_user(other);
    BOOST_TEST((code_of(change(link)) == errc::email_taken));
    BOOST_TEST(user_of(id)->email == ada);
}

BOOST_AUTO_TEST_CASE(a_given_up_address_is_no_others_while_the_change_can_be_undone) {
    BOOST_REQUIRE(change(change_link()));
    user thief;
    thief.email = thief.username = ada;
    BOOST_TEST(data.insert_user(thief)->email_taken);
    BOOST_TEST(!data.find_user_by_login(ada)); // nor is it a name to sign in with
    BOOST_TEST((code_of(log_in(ada)) == errc::login_failed));
}

BOOST_AUTO_TEST_CASE(an_undo_restores_the_address_whatever_a_thief_did_since) {
    BOOST_REQUIRE(change(change_link()));
    const secret_string owners = link_in_last(mail_kind::undo_email);
    time.advance(seconds(60));
    BOOST_REQUIRE(change(change_link("thief@example.org"))); // the thief's own second change
    const secret_string thiefs = link_in_last(mail_kind::undo_email);
    const issued_tokens session = log_in("thief@example.org").value();
    edit(id, [&](user& u) {
        u.next_factor = 1;
        user_factor f;
        f.number = 1;
        f.created_at = time.now();
        u.factors = {f};
    });
    time.advance(seconds(60));
    BOOST_REQUIRE(undo(owners));
    const user_ptr now = user_of(id);
    BOOST_TEST(now->email == ada);
    BOOST_TEST(now->username == ada);
    BOOST_TEST(now->factors.empty());
    BOOST_TEST(!is_alive(family_of(session)));
    BOOST_TEST(has_event(event_kind::email_change_undone));
    BOOST_TEST((code_of(undo(thiefs)) == errc::link_used));
    BOOST_TEST((code_of(undo(owners)) == errc::link_used));
    // The link to a new password came along, and is good.
    BOOST_TEST(mails_of(mail_kind::reset_password).back().address == ada);
    BOOST_TEST(reset(link_in_last(mail_kind::reset_password)).has_value());
}

BOOST_AUTO_TEST_CASE(more_addresses_than_are_kept_are_not_given_up) {
    for (std::size_t i = 0; i < former_addresses_max; ++i) {
        time.advance(seconds(86400));
        BOOST_REQUIRE(change(change_link("n" + std::to_string(i) + "@example.org")));
    }
    const result<void> refused = change(change_link("n9@example.org"));
    BOOST_REQUIRE((code_of(refused) == errc::too_many_attempts));
    BOOST_TEST(refused.error().retry_after.count() > 4 * 86400);
    time.advance(refused.error().retry_after);
    BOOST_TEST(change(change_link("n9@example.org")).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_that_was_not_proven_gets_no_undo) {
    edit(id, [](user& u) { u.email_verified = false; });
    BOOST_REQUIRE(change(change_link()));
    BOOST_TEST(mails_of(mail_kind::undo_email).empty());
}

// --- Operators.

BOOST_AUTO_TEST_CASE(an_invited_user_chooses_the_password_and_begins) {
    const auto made = run(links.invite(operator_caller{}, {"eve@example.org", {"writer"}, seconds(0)}));
    BOOST_REQUIRE(made);
    BOOST_TEST(made->url.empty());
    const user_id eve = made->user->id;
    BOOST_TEST(is_invited(*user_of(eve)));
    BOOST_TEST((code_of(log_in("eve@example.org", "")) == errc::login_failed));
    const secret_string link = link_in_last(mail_kind::invite);
    completion wanted{link, secret(wished), "eve", "Eve", ""};
    const auto done = run(links.complete(wanted, from_host(5)));
    BOOST_REQUIRE(done);
    BOOST_TEST((*done)->email_verified);
    BOOST_TEST((*done)->username == "eve");
    BOOST_TEST(log_in("eve", wished).has_value());
    BOOST_TEST((code_of(run(links.complete(wanted, from_host(5)))) == errc::link_used));
    BOOST_TEST(has_event(event_kind::invited));
}

BOOST_AUTO_TEST_CASE(a_withdrawn_invitation_is_of_no_use_and_its_address_is_free) {
    const auto made = run(links.invite(operator_caller{}, {"eve@example.org", {}, seconds(0)}));
    BOOST_REQUIRE(made);
    const secret_string link = link_in_last(mail_kind::invite);
    BOOST_TEST((code_of(run(links.withdraw_invitation(operator_caller{}, id))) == errc::user_not_found)); // ada is no
    BOOST_REQUIRE(run(links.withdraw_invitation(operator_caller{}, made->user->id)));
    BOOST_TEST((code_of(run(links.complete({link, secret(wished), {}, "", ""}, from_host(5)))) == errc::link_used));
    BOOST_TEST(run(links.invite(operator_caller{}, {"eve@example.org", {}, seconds(0)})).has_value());
}

BOOST_AUTO_TEST_CASE(a_link_that_an_operator_was_shown_proves_no_address) {
    settings.shows_links = true;
    mail_rules.on = false;
    edit(id, [](user& u) {
        u.email_verified = false;
        u.attributes = R"({"a":1})";
    });
    const auto shown = run(links.send_reset(operator_caller{}, id));
    BOOST_REQUIRE(shown);
    BOOST_REQUIRE(shown->url.starts_with(before_link));
    BOOST_REQUIRE(reset(secret(shown->url.substr(before_link.size()))));
    BOOST_TEST(!user_of(id)->email_verified);
    BOOST_TEST(user_of(id)->attributes == R"({"a":1})");
    BOOST_TEST(log_in(ada, wished).has_value());
}

BOOST_AUTO_TEST_CASE(operators_send_links_to_users_there_are) {
    BOOST_TEST(run(links.send_reset(operator_caller{}, id)).has_value());
    BOOST_TEST(mails_of(mail_kind::reset_password).size() == 1U);
    BOOST_TEST((code_of(run(links.send_reset(operator_caller{}, user_id{99}))) == errc::user_not_found));
    BOOST_TEST((code_of(run(links.send_verification(operator_caller{}, id))) == errc::already_verified));
    edit(id, [](user& u) { u.gate.enabled = false; });
    BOOST_TEST((code_of(run(links.send_reset(operator_caller{}, id))) == errc::user_not_found));
}

// --- Notices.

BOOST_AUTO_TEST_CASE(a_changed_password_is_told_to_a_proven_address_alone) {
    const auto change_password = [&] {
        return run(mailing_accounts.change_password(in(), secret(password), secret(password), from_host(1)));
    };
    BOOST_REQUIRE(change_password());
    BOOST_TEST(mails_of(mail_kind::password_changed).size() == 1U);
    BOOST_TEST(decode_mail_body(mails_of(mail_kind::password_changed)[0].body)->network == "192.0.2.0/24");
    edit(id, [](user& u) { u.email_verified = false; });
    BOOST_REQUIRE(change_password());
    BOOST_TEST(mails_of(mail_kind::password_changed).size() == 1U);
}

// --- What storage can't stand by is not told.

BOOST_AUTO_TEST_CASE(nothing_is_told_that_a_crash_would_take_back) {
    const secret_string link = reset_link();
    data.hold_durability();
    running<result<void>> resetting(links.reset(link, secret(wished), shown_codes{}, from_host(2)));
    BOOST_TEST(!resetting.answered());
    running<result<void>> second(links.reset(link, secret(wished), shown_codes{}, from_host(2)));
    BOOST_TEST(!second.answered()); // its refusal rests on the same record
    data.resume_durability();
    BOOST_TEST(resetting.answer().has_value());
    BOOST_TEST((code_of(second.answer()) == errc::link_used));
}

BOOST_AUTO_TEST_CASE(a_full_log_refuses_and_changes_nothing) {
    const secret_string link = reset_link();
    data.full = true;
    BOOST_TEST((code_of(reset(link)) == errc::storage_unavailable));
    data.full = false;
    BOOST_TEST(reset(link).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
