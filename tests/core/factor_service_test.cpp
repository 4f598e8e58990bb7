// Second factors as services know them: set up, asked for, used up, removed; two requests at once.
#include "core/factor/factor_capsules.hpp"
#include "core/factor/totp.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/web_session_service.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct factor_world : service_world {
    factor_service factors{context};
    user_id alice = add_user("alice@example.com");
    issued_tokens first = log_in("alice@example.com").value();

    user_ptr record() const { return data.find_user(alice); }
    std::string code_of(const user_factor& f, int away = 0) const {
        const secret_bytes secret = totp_secret(*keys->capsules, alice, f).value();
        const std::uint64_t step = totp_step_at(time.now(), f.period) + static_cast<std::uint64_t>(away);
        return totp_code(secret, step, totp_algorithm::sha1, f.digits);
    }
    // A TOTP that was proven, some steps ago.
    user_factor set_up() {
        const offered_totp offered = run(factors.offer_totp(signed_in(first))).value();
        user_factor made = offered_factor(offered);
        made =
            run(factors.confirm_totp(signed_in(first), offered.capsule, secret(code_of(made)), "phone", from_host(1)))
                .value();
        time.advance(seconds(90));
        return made;
    }
    user_factor offered_factor(const offered_totp& offered) const {
        return open_enrolment(*keys->capsules, offered.capsule.reveal(), 0).value().factor;
    }
    result<login_answer> sign_in(shown_codes codes = {}, secret_string device = {}, bool remembers = false) {
        return run(sessions.sign_in("alice@example.com", secret(password), {first_party(), from_host(1)},
                                    std::move(codes), std::move(device), remembers));
    }
    static shown_codes totp(const std::string& code) { return {secret(code), {}}; }
    std::size_t count(event_kind kind) const {
        return static_cast<std::size_t>(
            std::ranges::count(data.events(), kind, [](const security_event& e) { return e.kind; }));
    }
};

template <class T>
errc why(const result<T>& answer) {
    return answer ? errc{} : answer.error().code;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(second_factors, factor_world)

BOOST_AUTO_TEST_CASE(a_user_without_a_factor_signs_in_as_before) {
    const auto answer = sign_in(totp("123456"));
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST(!answer->wanted.has_value());
    const family_state seen = data.find_family(family_of(answer->tokens)).value();
    BOOST_TEST((seen.facts.origin == family_origin{})); // nothing that takes memory
}

BOOST_AUTO_TEST_CASE(a_right_password_alone_gives_no_session_but_a_step) {
    const user_factor f = set_up();
    const std::size_t before = data.families_of(alice).size();
    const auto answer = sign_in();
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST_REQUIRE(answer->wanted.has_value());
    BOOST_TEST(answer->wanted->totp);
    BOOST_TEST(!answer->wanted->recovery_code);
    BOOST_TEST(data.families_of(alice).size() == before);
    const auto done =
        run(sessions.sign_in_step(answer->wanted->step, totp(code_of(f)), false, first_party(), from_host(1)));
    BOOST_TEST_REQUIRE(done.has_value());
    const family_origin origin = data.find_family(family_of(done->tokens))->facts.origin;
    BOOST_TEST(origin.acr == acr_two_factors);
    BOOST_TEST(origin.amr == (amr_password | amr_otp | amr_mfa));
    BOOST_TEST((origin.auth_time == time.now()));
}

BOOST_AUTO_TEST_CASE(login_without_the_second_factor_is_refused) {
    set_up();
    BOOST_TEST((why(log_in("alice@example.com")) == errc::second_factor_required));
}

BOOST_AUTO_TEST_CASE(the_code_that_set_it_up_is_used) {
    const offered_totp offered = run(factors.offer_totp(signed_in(first))).value();
    const user_factor f = offered_factor(offered);
    const std::string code = code_of(f);
    BOOST_TEST(
        run(factors.confirm_totp(signed_in(first), offered.capsule, secret(code), "", from_host(1))).has_value());
    BOOST_TEST((why(sign_in(totp(code))) == errc::second_factor_failed));
    BOOST_TEST((why(run(factors.confirm_totp(signed_in(first), offered.capsule, secret(code_of(f, 1)), "",
                                             from_host(1)))) == errc::link_used));
    BOOST_TEST(sign_in(totp(code_of(f, 1))).has_value());
}

BOOST_AUTO_TEST_CASE(a_code_is_taken_once) {
    const user_factor f = set_up();
    BOOST_TEST(sign_in(totp(code_of(f))).has_value());
    BOOST_TEST((why(sign_in(totp(code_of(f)))) == errc::second_factor_failed));
    BOOST_TEST((why(sign_in(totp(code_of(f, -1)))) == errc::second_factor_failed));
    BOOST_TEST((why(sign_in(totp("000000"))) == errc::second_factor_failed));
    BOOST_TEST(sign_in(totp(code_of(f, 1))).has_value());
}

// The other request comes right before the exchange of the first.
BOOST_AUTO_TEST_CASE(of_two_that_show_one_code_one_is_let_in) {
    const user_factor f = set_up();
    std::optional<result<login_answer>> other;
    once_before(store_step::exchange_factor, 0, [&] { other = sign_in(totp(code_of(f))); });
    const auto mine = sign_in(totp(code_of(f)));
    BOOST_TEST_REQUIRE(other.has_value());
    BOOST_TEST(other->has_value());
    BOOST_TEST((why(mine) == errc::second_factor_failed));
}

BOOST_AUTO_TEST_CASE(a_factor_that_is_removed_meanwhile_lets_no_one_in) {
    const user_factor f = set_up();
    const principal owner = signed_in(sign_in(totp(code_of(f)))->tokens);
    time.advance(seconds(60));
    const std::string code = code_of(f);
    once_before(store_step::exchange_factor, 0,
                [&] { BOOST_TEST(run(factors.remove(owner, f.number, false, from_host(1))).has_value()); });
    BOOST_TEST((why(sign_in(totp(code))) == errc::second_factor_failed));
}

// Between a code's use and the record of the session: the code is used, and there is no session.
BOOST_AUTO_TEST_CASE(after_a_crash_no_code_is_good_again) {
    const user_factor f = set_up();
    data.hold_durability();
    running<result<login_answer>> waiting(sessions.sign_in("alice@example.com", secret(password),
                                                           {first_party(), from_host(1)}, totp(code_of(f)), {}, false));
    BOOST_TEST(!waiting.answered());
    data.make_durable();
    BOOST_TEST_REQUIRE(waiting.answered());
    const auto after = data.after_crash();
    BOOST_TEST(after->find_factor(alice, f.number).word != 0U);
}

BOOST_AUTO_TEST_CASE(recovery_codes_are_good_once_each_and_counted) {
    set_up();
    const principal owner = signed_in(first);
    settings.reauth_window = seconds(3600);
    data.before = {};
    const auto refused = run(factors.make_recovery(owner, from_host(1)));
    BOOST_TEST((why(refused) == errc::reauthentication_required)); // a password is not enough for who has a factor
    settings.require_factor = factor_policy::none;
    const new_recovery made = run(factors.make_recovery(owner, from_host(1))).value();
    settings.require_factor = factor_policy::enrolled;
    BOOST_TEST(made.codes.size() == recovery_codes_made);
    for (const secret_string& code : made.codes) {
        BOOST_TEST(sign_in({{}, code}).has_value());
        BOOST_TEST((why(sign_in({{}, code})) == errc::second_factor_failed));
    }
    BOOST_TEST(run(factors.list(owner)).value().recovery_left == 0U);
    BOOST_TEST(count(event_kind::recovery_used) == recovery_codes_made);
}

BOOST_AUTO_TEST_CASE(a_remembered_device_stands_for_the_code_until_it_is_forgotten) {
    const user_factor f = set_up();
    const login_answer known = sign_in(totp(code_of(f)), {}, true).value();
    BOOST_TEST_REQUIRE(!known.device.empty());
    const auto again = sign_in({}, known.device);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST(!again->wanted.has_value());
    BOOST_TEST(data.find_family(family_of(again->tokens))->facts.origin.acr == acr_password);
    BOOST_TEST(run(factors.forget_devices(signed_in(known.tokens), from_host(1))).has_value());
    BOOST_TEST(sign_in({}, known.device)->wanted.has_value());
    BOOST_TEST(count(event_kind::devices_forgotten) == 1U);
}

BOOST_AUTO_TEST_CASE(a_step_up_gives_a_new_session_in_the_place_of_the_old_one) {
    const user_factor f = set_up();
    const principal owner = signed_in(first);
    BOOST_TEST((why(run(factors.offer_totp(owner))) == errc::reauthentication_required));
    BOOST_TEST((why(run(sessions.step_up(owner, secret(password), {}, acr_two_factors, from_host(1)))) ==
                errc::second_factor_required));
    BOOST_TEST((why(run(sessions.step_up(owner, secret("wrong"), {}, 0, from_host(1)))) == errc::wrong_password));
    const auto stepped = run(sessions.step_up(owner, {}, totp(code_of(f)), acr_two_factors, from_host(1)));
    BOOST_TEST_REQUIRE(stepped.has_value());
    BOOST_TEST((word_of(family_of(first)).status() == family_status::superseded));
    BOOST_TEST(run(factors.offer_totp(signed_in(*stepped))).has_value());
    BOOST_TEST((why(authenticate(first)) == errc::invalid_access_token));
    BOOST_TEST(count(event_kind::stepped_up) == 1U);
}

BOOST_AUTO_TEST_CASE(a_removal_ends_other_sessions_and_the_last_takes_the_recovery_codes) {
    const user_factor f = set_up();
    settings.require_factor = factor_policy::none;
    settings.reauth_window = seconds(3600);
    const issued_tokens other = log_in("alice@example.com").value();
    BOOST_TEST(run(factors.make_recovery(signed_in(first), from_host(1))).has_value());
    BOOST_TEST((why(run(factors.remove(signed_in(first), 99, false, from_host(1)))) == errc::factor_not_found));
    BOOST_TEST(run(factors.remove(signed_in(first), f.number, false, from_host(1))).has_value());
    BOOST_TEST(record()->factors.empty());
    BOOST_TEST(is_alive(family_of(first)));
    BOOST_TEST(!is_alive(family_of(other)));
    BOOST_TEST(count(event_kind::factor_removed) == 1U);
    const offered_totp next = run(factors.offer_totp(signed_in(first))).value();
    BOOST_TEST(offered_factor(next).number == 3U); // no number is given twice
}

BOOST_AUTO_TEST_CASE(a_changed_password_ends_steps_and_forgets_devices) {
    const user_factor f = set_up();
    const login_answer known = sign_in(totp(code_of(f)), {}, true).value();
    const secret_string step = sign_in()->wanted->step;
    BOOST_TEST(
        run(accounts.change_password(signed_in(known.tokens), secret(password), secret(other_password), from_host(1)))
            .has_value());
    BOOST_TEST((why(run(sessions.sign_in_step(step, totp(code_of(f, 1)), false, first_party(), from_host(1)))) ==
                errc::step_expired));
    const auto answer = run(sessions.sign_in("alice@example.com", secret(other_password), {first_party(), from_host(1)},
                                             {}, known.device, false));
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->wanted.has_value());
}

BOOST_AUTO_TEST_CASE(who_has_to_have_a_factor_sets_one_up_by_the_step) {
    settings.require_factor = factor_policy::all;
    const auto answer = sign_in();
    BOOST_TEST_REQUIRE(answer.has_value());
    BOOST_TEST_REQUIRE(answer->wanted.has_value());
    BOOST_TEST(answer->wanted->is_enrolment);
    const secret_string step = answer->wanted->step;
    BOOST_TEST((why(run(sessions.sign_in_step(step, totp("123456"), false, first_party(), from_host(1)))) ==
                errc::enrolment_required));
    const offered_totp offered = run(factors.offer_totp(step)).value();
    const user_factor f = offered_factor(offered);
    BOOST_TEST(run(factors.confirm_totp(step, offered.capsule, secret(code_of(f)), "", from_host(1))).has_value());
    BOOST_TEST((why(run(factors.offer_totp(step))) == errc::step_expired)); // there is one now
    BOOST_TEST(!sign_in(totp(code_of(f, 1)))->wanted.has_value());
}

BOOST_AUTO_TEST_CASE(the_sign_in_page_lets_no_one_in_by_the_password_alone) {
    const user_factor f = set_up();
    web_session_service pages(context);
    const auto asked = run(pages.sign_in("alice@example.com", secret(password), "", from_host(1)));
    BOOST_TEST_REQUIRE(asked.has_value());
    BOOST_TEST_REQUIRE(asked->wanted.has_value());
    BOOST_TEST(!asked->session.has_value());
    BOOST_TEST(!asked->set_cookie.has_value());
    const secret_string step = asked->wanted->step;
    BOOST_TEST((why(run(pages.sign_in_step(step, totp("000000"), "", from_host(1)))) == errc::second_factor_failed));
    const auto done = run(pages.sign_in_step(step, totp(code_of(f)), "", from_host(1)));
    BOOST_TEST_REQUIRE(done.has_value());
    BOOST_TEST_REQUIRE(done->session.has_value());
    BOOST_TEST(done->session->acr == acr_two_factors);
    BOOST_TEST(open_web_cookie(*keys->capsules, done->set_cookie->reveal())->amr == (amr_password | amr_otp | amr_mfa));
    settings.require_factor = factor_policy::all;
    add_user("bob@example.com");
    BOOST_TEST(
        (why(run(pages.sign_in("bob@example.com", secret(password), "", from_host(1)))) == errc::enrolment_required));
}

BOOST_AUTO_TEST_CASE(an_operator_removes_and_a_stranger_to_it_adds_nothing) {
    const user_factor f = set_up();
    BOOST_TEST((why(run(factors.remove(operator_caller{}, user_id{99}, f.number))) == errc::user_not_found));
    BOOST_TEST((why(run(factors.remove(operator_caller{}, alice, 77))) == errc::factor_not_found));
    BOOST_TEST(run(factors.remove(operator_caller{}, alice, 0)).has_value());
    BOOST_TEST(record()->factors.empty());
    BOOST_TEST(log_in("alice@example.com").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
