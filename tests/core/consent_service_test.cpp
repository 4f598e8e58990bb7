// Consents as services change them: allowed, listed, withdrawn, and what a code is worth while that happens.
#include "core/service/consent_service.hpp"
#include "tests/support/code_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct consents_world : code_world {
    consent_service consents{with_signer};
    const scope_set openid = scopes({builtin_scope::openid});
    const scope_set email = scopes({builtin_scope::openid, builtin_scope::email});

    consents_world() {
        edit_shop([](client& c) { c.consent = client_consent::ask; });
    }
    result<consent_ptr> allows(const scope_set& some) {
        return run(consents.allow(alice, shop->number, some, from_host(1)));
    }
    result<void> withdraws() { return run(consents.withdraw(alice, shop->number, from_host(1))); }
    // Of a session that her consent gave.
    issued_tokens open(std::uint8_t number = 1) { return exchange(text_of(agreed(number))).value(); }
    authorization_code agreed(std::uint8_t number = 1) {
        authorization_code c = code(number);
        c.consent_version = allows(c.scopes).value()->era;
        return c;
    }
    family_status status_of(std::uint8_t number) const {
        family_id id;
        id.bytes.fill(number);
        return word_of(id).status();
    }
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

BOOST_FIXTURE_TEST_SUITE(consents_of_users, consents_world)

BOOST_AUTO_TEST_CASE(what_is_allowed_is_added_to_what_stands_and_told_as_an_event_once) {
    const auto first = allows(openid);
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST((*first)->version == 1U);
    const auto same = allows(openid);
    BOOST_TEST_REQUIRE(same.has_value());
    BOOST_TEST((**same == **first));
    const auto more = allows(scopes({builtin_scope::email}));
    BOOST_TEST_REQUIRE(more.has_value());
    BOOST_TEST(((*more)->scopes == email));
    BOOST_TEST((*more)->version == 2U);
    BOOST_TEST((*more)->era == 1U);
    BOOST_TEST(count(event_kind::consent_granted) == 2U);
    const security_event& noted = data.events().back();
    BOOST_TEST((noted.user == alice));
    BOOST_TEST((noted.by == alice));
    BOOST_TEST(noted.about == "shop");
    const std::vector<consent_ptr> all = consents.of_user(alice);
    BOOST_TEST_REQUIRE(all.size() == 1U);
    BOOST_TEST((*all.front() == **more));
}

BOOST_AUTO_TEST_CASE(a_withdrawal_ends_every_session_of_that_client_and_no_other) {
    open(1);
    open(2);
    const family_id mine = family_of(log_in("alice@example.org").value());
    time.advance(seconds(5));
    BOOST_TEST(withdraws().has_value());
    BOOST_TEST((status_of(1) == family_status::consent));
    BOOST_TEST((status_of(2) == family_status::consent));
    BOOST_TEST((word_of(browser).live()));
    BOOST_TEST(is_alive(mine));
    BOOST_TEST(count(event_kind::consent_withdrawn) == 1U);
    BOOST_TEST(consents.of_user(alice).empty());
    BOOST_TEST((why(withdraws()) == errc::consent_not_found));
}

BOOST_AUTO_TEST_CASE(what_was_never_allowed_is_not_withdrawn) {
    BOOST_TEST((why(withdraws()) == errc::consent_not_found));
    BOOST_TEST((why(allows({})) == errc::consent_not_found));
    BOOST_TEST(data.events().empty());
}

// Not even what no rule of a restart would end.
BOOST_AUTO_TEST_CASE(sessions_that_a_crash_kept_from_ending_are_ended_by_the_next_withdrawal) {
    edit_shop([](client& c) { c.consent = client_consent::implicit; });
    open(1);
    time.advance(seconds(5));
    code_world::withdraw(); // the record alone
    BOOST_TEST((status_of(1) == family_status::live));
    BOOST_TEST(withdraws().has_value());
    BOOST_TEST((status_of(1) == family_status::consent));
    BOOST_TEST((why(withdraws()) == errc::consent_not_found));
}

BOOST_AUTO_TEST_CASE(a_session_that_was_allowed_after_the_withdrawal_outlives_a_second_look_at_it) {
    open(1);
    time.advance(seconds(5));
    data.hold_durability();
    running<result<void>> withdrawing(consents.withdraw(alice, shop->number, from_host(1)));
    BOOST_TEST(!withdrawing.answered());
    BOOST_TEST((status_of(1) == family_status::live)); // the record comes first
    time.advance(seconds(5));
    running<result<consent_ptr>> allowing(consents.allow(alice, shop->number, code().scopes, from_host(1)));
    data.make_durable();
    BOOST_TEST(allowing.answered());
    authorization_code c = code(2);
    c.consent_version = 2;
    running<result<issued_tokens>> exchanging(codes.exchange(asking(), shown(text_of(c)), from_host(1)));
    data.make_durable();
    BOOST_TEST(exchanging.answered());
    withdrawing.poll(); // its record is durable: it ends what is there
    data.make_durable();
    BOOST_TEST(withdrawing.answered());
    BOOST_TEST((status_of(1) == family_status::consent));
    BOOST_TEST((status_of(2) == family_status::live));
}

BOOST_AUTO_TEST_CASE(a_second_tab_that_allows_more_leaves_the_code_of_the_first_good) {
    const secret_string first = text_of(agreed(1));
    BOOST_TEST(allows(scopes({builtin_scope::roles})).has_value());
    BOOST_TEST(allows(openid).has_value());
    BOOST_TEST(exchange(first).has_value());
}

BOOST_AUTO_TEST_CASE(a_code_of_before_a_withdrawal_is_good_for_nothing_though_all_is_allowed_again) {
    const secret_string before = text_of(agreed(1));
    time.advance(seconds(1));
    BOOST_TEST(withdraws().has_value());
    BOOST_TEST((why(exchange(before)) == errc::invalid_code));
    time.advance(seconds(1));
    const authorization_code anew = agreed(2);
    BOOST_TEST((why(exchange(before)) == errc::invalid_code));
    BOOST_TEST(!is_there(code(1).grant));
    BOOST_TEST(exchange(text_of(anew)).has_value());
}

// All in one second: the clock does not have to move on.
BOOST_AUTO_TEST_CASE(what_is_allowed_again_at_once_is_allowed) {
    open(1);
    BOOST_TEST(withdraws().has_value());
    BOOST_TEST((status_of(1) == family_status::consent));
    const auto anew = exchange(text_of(agreed(2)));
    BOOST_TEST_REQUIRE(anew.has_value());
    BOOST_TEST(refresh_of(*anew).has_value());
    BOOST_TEST(run(codes.userinfo(anew->access_token)).has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_below_a_withdrawal_keeps_none_from_signing_in) {
    open(1);
    time.advance(seconds(3600));
    BOOST_TEST(withdraws().has_value());
    time.advance(-seconds(3600));
    const auto anew = exchange(text_of(agreed(2)));
    BOOST_TEST_REQUIRE(anew.has_value());
    BOOST_TEST(refresh_of(*anew).has_value());
    BOOST_TEST((status_of(2) == family_status::live));
}

BOOST_AUTO_TEST_CASE(a_session_without_a_consent_is_ended_by_the_first_that_is_withdrawn) {
    const auto without = exchange(text_of(code(1))); // its code says that it rests on none
    BOOST_TEST_REQUIRE(without.has_value());
    BOOST_TEST(allows(openid).has_value());
    BOOST_TEST(refresh_of(*without).has_value());
    BOOST_TEST(withdraws().has_value());
    BOOST_TEST((status_of(1) == family_status::consent));
}

BOOST_AUTO_TEST_CASE(a_code_with_more_than_is_allowed_is_good_for_nothing) {
    authorization_code c = code(1);
    c.consent_version = allows(openid).value()->era;
    BOOST_TEST((why(exchange(text_of(c))) == errc::invalid_code));
}

BOOST_AUTO_TEST_CASE(an_exchange_looks_at_the_consent_again_after_its_wait) {
    const secret_string good = text_of(agreed(1));
    time.advance(seconds(1));
    data.hold_durability();
    running<result<issued_tokens>> exchanging(codes.exchange(asking(), shown(good), from_host(1)));
    BOOST_TEST(is_there(code(1).grant));
    code_world::withdraw(); // what ends sessions has not come by yet
    data.make_durable();
    exchanging.poll();
    data.make_durable();
    BOOST_TEST((why(exchanging.answer()) == errc::invalid_code));
    BOOST_TEST((status_of(1) == family_status::consent));
}

BOOST_AUTO_TEST_CASE(so_many_clients_are_allowed_something_and_none_is_forgotten_for_another) {
    std::vector<client_number> numbers;
    for (std::size_t i = 0; i <= consents_per_user_max; ++i) {
        numbers.push_back(add_client(entities, machine_client("c" + std::to_string(i)))->number);
    }
    for (std::size_t i = 0; i < consents_per_user_max; ++i) {
        BOOST_REQUIRE(run(consents.allow(alice, numbers[i], openid, from_host(1))));
    }
    BOOST_TEST((why(run(consents.allow(alice, numbers.back(), openid, from_host(1)))) == errc::too_many_consents));
    BOOST_TEST(run(consents.allow(alice, numbers[0], email, from_host(1))).has_value()); // it is there
    BOOST_TEST(consents.of_user(alice).size() == consents_per_user_max);
}

BOOST_AUTO_TEST_CASE(what_is_told_is_durable) {
    data.hold_durability();
    running<result<consent_ptr>> allowing(consents.allow(alice, shop->number, openid, from_host(1)));
    BOOST_TEST(!allowing.answered()); // its event is not
    data.make_durable();
    BOOST_TEST(allowing.answered());
}

BOOST_AUTO_TEST_CASE(of_an_unknown_client_nothing_is_kept) {
    BOOST_TEST((why(run(consents.allow(alice, {999}, openid, from_host(1)))) == errc::client_not_found));
}

BOOST_AUTO_TEST_CASE(tokens_have_no_more_than_is_allowed_once_anything_was) {
    const issued_tokens first = open(1);
    allow(openid); // less than before
    const auto narrowed = refresh_of(first);
    BOOST_TEST_REQUIRE(narrowed.has_value());
    BOOST_TEST(narrowed->tokens.scope == "openid");
}

BOOST_AUTO_TEST_SUITE_END()
