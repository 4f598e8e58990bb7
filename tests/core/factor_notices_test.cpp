// Second factors and mails: what the owner of a proven address is told, and a new password that asks for a code.
#include "core/factor/factor_capsules.hpp"
#include "core/factor/totp.hpp"
#include "core/service/factor_service.hpp"
#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

const std::string ada = "ada@example.org";
constexpr std::string_view wished = "a third wagon 5 goat";

struct told_world : link_world {
    fake_limiter few, many;
    service_context counting = [this] {
        service_context c = with_mail;
        c.factor_limits = &few;
        c.factor_day_limits = &many;
        return c;
    }();
    session_service mailing_sessions{counting};
    factor_service factors{counting};
    link_service factor_links{counting, mails, consents, link_counts};
    user_id id = add_verified(ada);
    issued_tokens first = log_in(ada).value();

    std::string shown_by(const user_factor& f) const {
        const secret_bytes key = totp_secret(*keys->capsules, id, f).value();
        return totp_code(key, totp_step_at(time.now(), f.period), totp_algorithm::sha1, f.digits);
    }
    // A TOTP whose code of now was not used.
    user_factor set_up(const std::string& name = "phone") {
        const principal owner = signed_in(first);
        const offered_totp offered = run(factors.offer_totp(owner)).value();
        const user_factor shown = open_enrolment(*keys->capsules, offered.capsule.reveal(), 0).value().factor;
        const user_factor made =
            run(factors.confirm_totp(owner, offered.capsule, secret(shown_by(shown)), name, from_host(1))).value();
        time.advance(seconds(90));
        return made;
    }
    std::vector<secret_string> make_codes() {
        settings.require_factor = factor_policy::none; // `first` was proven by a password alone
        new_recovery made = run(factors.make_recovery(signed_in(first), from_host(1))).value();
        settings.require_factor = factor_policy::enrolled;
        return std::move(made.codes);
    }
    result<login_answer> sign_in(shown_codes codes) {
        return run(mailing_sessions.sign_in(ada, secret(password), {first_party(), from_host(1)}, std::move(codes),
                                            secret_string(), false));
    }
    shown_codes totp(const std::string& code) const { return {secret_string(code), {}}; }
    std::string about_of(mail_kind kind) const {
        const std::vector<mail> told = mails_of(kind);
        return told.empty() ? std::string() : decode_mail_body(told.back().body).value().about;
    }
    secret_string reset_link() {
        BOOST_REQUIRE(run(factor_links.forgot(ada, from_host(1))));
        return link_in_last(mail_kind::reset_password);
    }
    result<void> reset(const secret_string& link, shown_codes codes = {}) {
        return run(factor_links.reset(link, secret(wished), std::move(codes), from_host(2)));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(factor_notices, told_world)

BOOST_AUTO_TEST_CASE(a_factor_that_is_added_or_removed_is_told_of_with_the_change) {
    const user_factor f = set_up("my <phone>");
    BOOST_TEST(about_of(mail_kind::factor_added) == "my <phone>");
    make_codes();
    BOOST_TEST(about_of(mail_kind::factor_added) == "recovery codes");
    settings.require_factor = factor_policy::none;
    BOOST_TEST(run(factors.remove(signed_in(first), f.number, true, from_host(1))).has_value());
    BOOST_TEST(about_of(mail_kind::factor_removed) == "my <phone>");
    BOOST_TEST(data.mails().size() == 3U); // each in one group with the record
}

BOOST_AUTO_TEST_CASE(an_address_that_was_never_proven_is_told_nothing) {
    edit(id, [](user& u) { u.email_verified = false; });
    set_up();
    BOOST_TEST(data.mails().empty());
    BOOST_TEST(box.all.empty());
}

BOOST_AUTO_TEST_CASE(a_recovery_code_that_is_used_is_told_of_and_once_that_few_are_left) {
    set_up();
    const std::vector<secret_string> codes = make_codes();
    for (const secret_string& code : codes) {
        BOOST_TEST(sign_in({{}, code}).has_value());
    }
    BOOST_TEST(mails_of(mail_kind::recovery_used).size() == codes.size());
    BOOST_TEST(mails_of(mail_kind::recovery_low).size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_answer_waits_for_the_notice_of_a_used_code) {
    set_up();
    const std::vector<secret_string> codes = make_codes();
    data.hold_durability();
    running<result<login_answer>> waiting(mailing_sessions.sign_in(ada, secret(password), {first_party(), from_host(1)},
                                                                   {{}, codes[0]}, secret_string(), false));
    BOOST_TEST(mails_of(mail_kind::recovery_used).size() == 1U);
    BOOST_TEST(!waiting.answered());
    data.make_durable();
    BOOST_TEST(waiting.answered());
}

BOOST_AUTO_TEST_CASE(the_failure_that_the_limit_is_reached_with_is_told_of) {
    set_up();
    few.limit = 2;
    BOOST_TEST(!sign_in(totp("000000")).has_value());
    BOOST_TEST(mails_of(mail_kind::factor_failures).empty());
    BOOST_TEST((code_of(sign_in(totp("000000"))) == errc::second_factor_failed));
    BOOST_TEST(mails_of(mail_kind::factor_failures).size() == 1U);
}

// --- A new password by a link.

BOOST_AUTO_TEST_CASE(a_reset_asks_for_the_factor_of_an_account_that_has_one) {
    const user_factor f = set_up();
    const secret_string link = reset_link();
    BOOST_TEST(factor_links.look(link.reveal()).wants_factor);
    BOOST_TEST((code_of(reset(link)) == errc::second_factor_required));
    BOOST_TEST((code_of(reset(link, totp("000000"))) == errc::second_factor_failed));
    BOOST_TEST((code_of(log_in(ada)) == errc::second_factor_required)); // the password is as before
    BOOST_TEST(reset(link, totp(shown_by(f))).has_value());
    BOOST_TEST((code_of(log_in(ada)) == errc::login_failed));
    BOOST_TEST((code_of(reset(link, totp(shown_by(f)))) == errc::link_used));
    BOOST_TEST(user_of(id)->factors.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_code_that_a_reset_was_proven_with_is_used) {
    const user_factor f = set_up();
    BOOST_REQUIRE(reset(reset_link(), totp(shown_by(f))));
    const auto again = run(mailing_sessions.sign_in(ada, secret(wished), {first_party(), from_host(1)},
                                                    totp(shown_by(f)), secret_string(), false));
    BOOST_TEST((code_of(again) == errc::second_factor_failed));
}

BOOST_AUTO_TEST_CASE(a_weak_password_uses_no_code_up) {
    const user_factor f = set_up();
    const secret_string link = reset_link();
    const auto weak = run(factor_links.reset(link, secret("short"), totp(shown_by(f)), from_host(2)));
    BOOST_TEST((code_of(weak) == errc::validation_failed));
    BOOST_TEST(reset(link, totp(shown_by(f))).has_value());
}

// It was asked for before there was a factor; the factor comes while the password is hashed.
BOOST_AUTO_TEST_CASE(a_factor_that_is_added_meanwhile_is_asked_for) {
    const secret_string link = reset_link();
    once_before(store_step::replace_user, 0, [&] { set_up(); });
    BOOST_TEST((code_of(reset(link)) == errc::second_factor_required));
}

BOOST_AUTO_TEST_CASE(the_first_proof_of_an_address_drops_factors_and_asks_for_none) {
    set_up();
    edit(id, [](user& u) { u.email_verified = false; });
    const secret_string link = reset_link();
    BOOST_TEST(!factor_links.look(link.reveal()).wants_factor);
    BOOST_TEST(reset(link).has_value());
    BOOST_TEST(user_of(id)->factors.empty());
}

BOOST_AUTO_TEST_SUITE_END()
