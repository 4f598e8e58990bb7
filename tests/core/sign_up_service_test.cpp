// Sign-up by each policy, as far as the services do it: by mail, until an operator allows it, of a proven address.
#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

const std::string ada = "ada@example.org", eve = "Eve@example.org";
constexpr std::string_view wished = "a third wagon 5 goat";

struct fixture : link_world {
    user_id id = add_verified(ada);
    admin_service admin{with_mail};

    fixture() { settings.sign_up.mode = sign_up_mode::confirm; }

    result<void> ask(const std::string& email, unsigned char host = 1) {
        return run(links.ask_sign_up(email, "de", from_host(host)));
    }
    secret_string link(const std::string& email = eve) {
        BOOST_REQUIRE(ask(email));
        return link_in_last(mail_kind::sign_up);
    }
    result<user_ptr> complete(const secret_string& by, std::optional<std::string> username = std::nullopt,
                              std::string_view with = wished) {
        completion wanted{by, secret(with), std::move(username), "Eve", "Moss"};
        return run(links.complete(std::move(wanted), from_host(5)));
    }
    result<user_ptr> sign_up(const std::string& email) {
        sign_up_request wanted;
        wanted.email = email;
        wanted.password = secret(wished);
        return run(mailing_accounts.sign_up(std::move(wanted), from_host(6)));
    }
    std::size_t count_of(event_kind kind) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(data.events(), [&](const security_event& e) { return e.kind == kind; }));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sign_up_service, fixture)

// --- By mail.

BOOST_AUTO_TEST_CASE(nothing_is_stored_before_the_link_is_used) {
    const secret_string by = link();
    BOOST_TEST(!data.find_user_by_login("eve@example.org"));
    BOOST_TEST(mails_of(mail_kind::sign_up).back().lang == "de");
    BOOST_TEST(mails_of(mail_kind::sign_up).back().user.value == 0U);
    const auto made = complete(by, "eve");
    BOOST_REQUIRE(made);
    BOOST_TEST((*made)->email == eve); // as it was typed
    BOOST_TEST((*made)->username == "eve");
    BOOST_TEST((*made)->surname == "Moss");
    BOOST_TEST((*made)->email_verified);
    BOOST_TEST(((*made)->email_verified_at == time.now()));
    BOOST_TEST(log_in("eve", wished).has_value());
    BOOST_TEST(counters.sign_ups == 1U);
    BOOST_TEST(count_of(event_kind::signed_up) == 1U);
}

BOOST_AUTO_TEST_CASE(an_address_that_has_an_account_is_answered_alike_and_told_so_by_mail) {
    BOOST_TEST(ask("ADA@example.org").has_value());
    BOOST_TEST(mails_of(mail_kind::sign_up).empty());
    const auto told = mails_of(mail_kind::sign_up_taken);
    BOOST_REQUIRE(told.size() == 1U);
    BOOST_TEST(told[0].address == ada); // where it is stored, not what was typed
    BOOST_TEST((told[0].user == id));
    BOOST_TEST(*links.link_for(told[0], user_of(id)) == "");
}

BOOST_AUTO_TEST_CASE(known_unknown_disabled_and_limited_addresses_cost_one_record_each) {
    const user_id off = add_verified("off@example.org");
    edit(off, [](user& u) { u.gate.enabled = false; });
    const auto records = [&] { return data.events().size(); }; // a mail is an event in this store
    for (const char* email : {"ada@example.org", "new@example.org", "off@example.org"}) {
        const std::size_t before = records();
        BOOST_TEST(ask(email).has_value());
        BOOST_TEST(records() == before + 1);
    }
    BOOST_TEST(count_of(event_kind::sign_up_refused) == 1U); // of the disabled one
    BOOST_TEST(ask(eve).has_value());
    BOOST_TEST(ask(eve).has_value());
    BOOST_TEST(ask(eve).has_value());
    const std::size_t mailed = mails_of(mail_kind::sign_up).size(), before = records();
    BOOST_TEST(ask(eve).has_value()); // the fourth in 15 minutes: the same answer, and no mail
    BOOST_TEST(mails_of(mail_kind::sign_up).size() == mailed);
    BOOST_TEST(records() == before + 1);
    BOOST_TEST(count_of(event_kind::sign_up_refused) == 2U);
}

BOOST_AUTO_TEST_CASE(a_network_may_ask_so_often) {
    for (unsigned n = 0; n < links_of_a_network.mails; ++n) {
        BOOST_TEST(ask("u" + std::to_string(n) + "@example.org", 9).has_value());
    }
    BOOST_TEST((code_of(ask("one.more@example.org", 9)) == errc::too_many_attempts));
    BOOST_TEST(ask("one.more@example.org", 10).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_address_or_can_not_be_mailed_is_refused_for_all_alike) {
    for (const char* email : {"", "eve", "eve@example.org\r\nBcc: all@example.org", "\"e v\"@example.org"}) {
        const auto refused = ask(email);
        BOOST_REQUIRE((code_of(refused) == errc::validation_failed));
        BOOST_TEST(refused.error().fields.front().field == "email");
    }
    box.waiting = mail_rules.queue_max;
    BOOST_TEST((code_of(ask(ada)) == errc::mail_queue_full));
    BOOST_TEST((code_of(ask(eve)) == errc::mail_queue_full));
    box.waiting = 0;
    mail_rules.on = false;
    BOOST_TEST((code_of(ask(ada)) == errc::mail_off));
    BOOST_TEST((code_of(ask(eve)) == errc::mail_off));
}

BOOST_AUTO_TEST_CASE(a_link_is_dead_once_its_address_has_an_account_and_after_an_hour) {
    const secret_string first = link(), second = link();
    BOOST_TEST((links.look(first.reveal()).decision == link_decision::good));
    BOOST_TEST(links.look(first.reveal()).address == eve);
    BOOST_REQUIRE(complete(second));
    BOOST_TEST((links.look(first.reveal()).decision == link_decision::link_used));
    BOOST_TEST((code_of(complete(first)) == errc::link_used));
    BOOST_TEST((code_of(complete(second)) == errc::link_used));
    const secret_string late = link("late@example.org");
    time.advance(life_of(link_purpose::sign_up));
    BOOST_TEST((code_of(complete(late)) == errc::link_expired));
    BOOST_TEST((code_of(complete(secret("pml_x"))) == errc::link_invalid));
    entities.mark = 9; // a backup was restored
    BOOST_TEST((code_of(complete(first)) == errc::link_invalid));
}

BOOST_AUTO_TEST_CASE(links_for_something_else_make_no_account) {
    BOOST_REQUIRE(run(links.forgot(ada, from_host(1))));
    BOOST_TEST((code_of(complete(link_in_last(mail_kind::reset_password))) == errc::link_invalid));
    const secret_string by = link();
    BOOST_TEST((code_of(run(links.reset(by, secret(wished), shown_codes{}, from_host(2)))) == errc::link_invalid));
    BOOST_TEST((code_of(run(links.change_email(by, from_host(2)))) == errc::link_invalid));
}

BOOST_AUTO_TEST_CASE(what_the_new_user_says_is_checked_and_uses_no_link_up) {
    const secret_string by = link();
    const auto weak = complete(by, std::nullopt, "password");
    BOOST_REQUIRE((code_of(weak) == errc::validation_failed));
    BOOST_TEST(weak.error().fields.front().field == "password");
    BOOST_TEST((code_of(complete(by, "two\r\nlines")) == errc::validation_failed));
    BOOST_TEST((code_of(complete(by, "else@example.org")) == errc::validation_failed));
    edit(id, [](user& u) { u.username = "taken"; });
    BOOST_TEST((code_of(complete(by, "Taken")) == errc::username_taken));
    BOOST_TEST(complete(by, "eve").has_value());
}

BOOST_AUTO_TEST_CASE(of_two_completions_at_once_one_makes_the_account) {
    const secret_string by = link();
    data.hold_durability();
    running<result<user_ptr>> first(links.complete({by, secret(wished), "one", "", ""}, from_host(5)));
    running<result<user_ptr>> second(links.complete({by, secret(wished), "two", "", ""}, from_host(6)));
    BOOST_TEST(!first.answered());
    BOOST_TEST(!second.answered()); // its refusal rests on the same record
    data.resume_durability();
    BOOST_TEST(first.answer().has_value());
    BOOST_TEST((code_of(second.answer()) == errc::link_used));
}

BOOST_AUTO_TEST_CASE(an_account_made_while_the_password_is_hashed_is_left_alone) {
    const secret_string by = link();
    hasher.at_job = [this, done = false]() mutable {
        if (!done) {
            done = true;
            add_user("eve@example.org");
        }
    };
    BOOST_TEST((code_of(complete(by)) == errc::link_used));
    BOOST_TEST(data.find_user_by_login("eve@example.org")->surname.empty());
}

BOOST_AUTO_TEST_CASE(tries_of_a_link_are_counted_as_sign_ups_are) {
    const secret_string by = link();
    edit(id, [](user& u) { u.username = "taken"; });
    limiter.limit = 2;
    BOOST_TEST((code_of(complete(by, "taken")) == errc::username_taken));
    BOOST_TEST((code_of(complete(by, "taken")) == errc::username_taken));
    BOOST_TEST((code_of(complete(by, "taken")) == errc::too_many_attempts));
}

BOOST_AUTO_TEST_CASE(the_policy_of_now_decides_about_a_link_of_before) {
    const secret_string by = link();
    settings.sign_up.mode = sign_up_mode::closed;
    BOOST_TEST((code_of(complete(by)) == errc::sign_up_closed));
    settings.sign_up.mode = sign_up_mode::invite;
    BOOST_TEST((code_of(complete(by)) == errc::sign_up_closed));
    settings.sign_up.mode = sign_up_mode::confirm;
    settings.sign_up.domains = {*sign_up_domain_from_text("example.com")};
    BOOST_TEST((code_of(complete(by)) == errc::domain_not_allowed));
    settings.sign_up.domains.clear();
    settings.sign_up.mode = sign_up_mode::approve;
    const auto made = complete(by);
    BOOST_REQUIRE(made);
    BOOST_TEST(awaits_approval(**made));
    BOOST_TEST((*made)->email_verified);
}

BOOST_AUTO_TEST_CASE(a_password_is_not_taken_where_the_link_takes_it) {
    const auto refused = sign_up(eve);
    BOOST_REQUIRE((code_of(refused) == errc::validation_failed));
    BOOST_TEST(refused.error().fields.front().field == "password");
}

BOOST_AUTO_TEST_CASE(the_address_alone_is_not_taken_by_other_policies) {
    settings.sign_up.mode = sign_up_mode::open;
    BOOST_TEST((code_of(ask(eve)) == errc::validation_failed));
    settings.sign_up.mode = sign_up_mode::invite;
    BOOST_TEST((code_of(ask(eve)) == errc::sign_up_closed));
    BOOST_TEST((code_of(sign_up(eve)) == errc::sign_up_closed));
}

// --- Domains.

BOOST_AUTO_TEST_CASE(other_domains_are_refused_whether_the_address_has_an_account_or_not) {
    settings.sign_up.domains = {*sign_up_domain_from_text("example.com")};
    BOOST_TEST((code_of(ask(ada)) == errc::domain_not_allowed));
    BOOST_TEST((code_of(ask(eve)) == errc::domain_not_allowed));
    settings.sign_up.mode = sign_up_mode::open;
    BOOST_TEST((code_of(sign_up(ada)) == errc::domain_not_allowed));
    BOOST_TEST((code_of(sign_up("no address")) == errc::validation_failed));
    BOOST_TEST(sign_up("eve@example.com").has_value());
}

// --- Until an operator allows it.

BOOST_AUTO_TEST_CASE(an_account_that_waits_can_be_used_once_an_operator_allowed_it) {
    settings.sign_up.mode = sign_up_mode::approve;
    const auto made = sign_up(eve);
    BOOST_REQUIRE(made);
    const user_id who = (*made)->id;
    BOOST_TEST(awaits_approval(*user_of(who)));
    BOOST_TEST(!is_invited(*user_of(who)));
    BOOST_TEST((code_of(log_in(eve, wished)) == errc::approval_pending));
    BOOST_TEST((code_of(log_in(eve, "wrong")) == errc::login_failed)); // who has no password learns nothing
    BOOST_TEST((code_of(run(links.withdraw_invitation(operator_caller{}, who))) == errc::user_not_found));
    BOOST_REQUIRE(run(admin.approve_user(operator_caller{}, who)));
    BOOST_TEST(log_in(eve, wished).has_value());
    BOOST_TEST(count_of(event_kind::approved) == 1U);
    BOOST_TEST(mails_of(mail_kind::approved).size() == 1U);
    BOOST_TEST(run(admin.approve_user(operator_caller{}, who)).has_value()); // the answer may have been lost
    BOOST_TEST(count_of(event_kind::approved) == 1U);
    BOOST_TEST(mails_of(mail_kind::approved).size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_does_not_wait_is_not_allowed_in_by_that) {
    edit(id, [](user& u) { u.gate.enabled = false; });
    BOOST_TEST((code_of(run(admin.approve_user(operator_caller{}, id))) == errc::user_not_found));
    BOOST_TEST((code_of(run(admin.approve_user(operator_caller{}, user_id{99}))) == errc::user_not_found));
    const auto invited = run(links.invite(operator_caller{}, {"ben@example.org", {}, seconds(0)}));
    BOOST_REQUIRE(invited);
    BOOST_TEST((code_of(run(admin.approve_user(operator_caller{}, invited->user->id))) == errc::user_not_found));
}

BOOST_AUTO_TEST_CASE(an_approval_stands_where_no_mail_can_go) {
    settings.sign_up.mode = sign_up_mode::approve;
    const auto made = sign_up(eve);
    BOOST_REQUIRE(made);
    mail_rules.on = false;
    BOOST_TEST(run(admin.approve_user(operator_caller{}, (*made)->id)).has_value());
    BOOST_TEST(mails_of(mail_kind::approved).empty());
    BOOST_TEST(log_in(eve, wished).has_value());
}

BOOST_AUTO_TEST_CASE(a_user_that_an_operator_enables_waits_no_more) {
    settings.sign_up.mode = sign_up_mode::approve;
    const user_id who = sign_up(eve).value()->id;
    user_changes enabling;
    enabling.enabled = true;
    BOOST_REQUIRE(run(admin.change_user(operator_caller{}, who, enabling)));
    BOOST_TEST(!user_of(who)->pending_approval);
    BOOST_TEST(log_in(eve, wished).has_value());
    enabling.enabled = false;
    BOOST_REQUIRE(run(admin.change_user(operator_caller{}, who, enabling)));
    BOOST_TEST((code_of(log_in(eve, wished)) == errc::login_failed)); // disabled, as any other
}

// --- Of a proven address.

BOOST_AUTO_TEST_CASE(an_address_that_has_to_be_proven_is_asked_for_at_once) {
    settings.sign_up.mode = sign_up_mode::open;
    settings.sign_up.wants_verified_email = true;
    BOOST_REQUIRE(sign_up(eve));
    BOOST_TEST((code_of(log_in(eve, wished)) == errc::email_not_verified));
    BOOST_TEST((code_of(log_in(eve, "wrong")) == errc::login_failed));
    BOOST_REQUIRE(mails_of(mail_kind::verify_email).size() == 1U);
    BOOST_REQUIRE(run(links.verify(link_in_last(mail_kind::verify_email), std::nullopt, secret(wished), from_host(7))));
    BOOST_TEST(log_in(eve, wished).has_value());
    BOOST_TEST(log_in(ada).has_value()); // proven before
}

BOOST_AUTO_TEST_CASE(a_new_password_by_mail_proves_the_address_too) {
    settings.sign_up.wants_verified_email = true;
    edit(id, [](user& u) { u.email_verified = false; });
    BOOST_TEST((code_of(log_in(ada)) == errc::email_not_verified));
    BOOST_REQUIRE(run(links.forgot(ada, from_host(1))));
    BOOST_REQUIRE(
        run(links.reset(link_in_last(mail_kind::reset_password), secret(wished), shown_codes{}, from_host(2))));
    BOOST_TEST(log_in(ada, wished).has_value());
}

BOOST_AUTO_TEST_CASE(without_that_no_mail_goes_out_at_a_sign_up) {
    settings.sign_up.mode = sign_up_mode::open;
    BOOST_REQUIRE(sign_up(eve));
    BOOST_TEST(mails_of(mail_kind::verify_email).empty());
    BOOST_TEST(log_in(eve, wished).has_value());
}

BOOST_AUTO_TEST_CASE(an_account_is_asked_for_its_proof_when_it_is_allowed) {
    settings.sign_up.mode = sign_up_mode::approve;
    settings.sign_up.wants_verified_email = true;
    const user_id who = sign_up(eve).value()->id;
    BOOST_TEST(mails_of(mail_kind::verify_email).empty()); // its link would be good for nothing yet
    BOOST_REQUIRE(run(admin.approve_user(operator_caller{}, who)));
    BOOST_REQUIRE(run(links.verify(link_in_last(mail_kind::verify_email), std::nullopt, secret(wished), from_host(7))));
    BOOST_TEST(log_in(eve, wished).has_value());
}

// --- What storage can't stand by is not told.

BOOST_AUTO_TEST_CASE(a_full_log_makes_no_account_and_the_link_stays_good) {
    const secret_string by = link();
    data.full = true;
    BOOST_TEST((code_of(complete(by)) == errc::storage_unavailable));
    data.full = false;
    BOOST_TEST(complete(by).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
