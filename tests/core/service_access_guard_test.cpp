// From a bearer token to who is asking.
#include "core/jwt/access_token.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct guard_world : service_world {
    guard_world() : owner(add_user("alice@example.org")) { tokens = log_in("alice@example.org").value(); }
    errc why(const std::string& token) { return run(guard.authenticate(token)).error().code; }
    access_claims claims() const {
        access_claims c;
        c.issuer = settings.issuer;
        c.audience = settings.audience;
        c.subject = owner;
        c.issued_at = time.now();
        c.expires_at = time.now() + seconds(60);
        c.jwt_id = "jti";
        c.client_id = "pawl";
        c.session = family_of(tokens);
        return c;
    }
    std::string mint(const access_claims& c) const { return mint_access_token(*keys->signing_key, c); }
    user_id owner;
    issued_tokens tokens;
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_access_guard)

BOOST_FIXTURE_TEST_CASE(a_good_token_speaks_for_the_user_as_he_is_now, guard_world) {
    run(accounts.set_superuser(owner, true)).value();
    const auto who = authenticate(tokens);
    BOOST_REQUIRE(who.has_value());
    BOOST_TEST(who->user->id.value == owner.value);
    BOOST_TEST(who->user->is_superuser);
    BOOST_TEST((who->session == family_of(tokens)));
    BOOST_TEST(who->generation == 0U);
    BOOST_TEST((who->expires_at == time.now() + seconds(600)));
}

BOOST_FIXTURE_TEST_CASE(a_yes_confirms_the_current_generation_and_no_other, guard_world) {
    authenticate(tokens).value();
    BOOST_TEST(word_of(family_of(tokens)).confirmed());
    const issued_tokens next = refresh(tokens.refresh_token).value().tokens;
    BOOST_TEST(!word_of(family_of(tokens)).confirmed());
    authenticate(tokens).value(); // the access token before lives until its exp
    BOOST_TEST(!word_of(family_of(tokens)).confirmed());
    authenticate(next).value();
    BOOST_TEST(word_of(family_of(tokens)).confirmed());
}

BOOST_FIXTURE_TEST_CASE(no_token_is_another_refusal_than_a_bad_one, guard_world) {
    BOOST_TEST((why("") == errc::missing_access_token));
    BOOST_TEST((why("nonsense") == errc::invalid_access_token));
    BOOST_TEST((why(std::string(tokens.refresh_token.reveal())) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_genuine_token_is_refused_past_its_exp_or_for_a_dead_family, guard_world) {
    const issued_tokens ended = log_in("alice@example.org").value();
    run(sessions.logout(ended.refresh_token, from_host(1))).value();
    BOOST_TEST((why(ended.access_token) == errc::invalid_access_token));
    time.advance(seconds(599));
    BOOST_TEST(authenticate(tokens).has_value());
    time.advance(seconds(1));
    BOOST_TEST((why(tokens.access_token) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_token_of_an_unknown_family_or_of_anothers_family_is_refused, guard_world) {
    const user_id mallory = add_user("mallory@example.org");
    access_claims c = claims();
    BOOST_TEST(run(guard.authenticate(mint(c))).has_value());
    c.subject = mallory;
    BOOST_TEST((why(mint(c)) == errc::invalid_access_token));
    c = claims();
    c.session.bytes.fill(3);
    BOOST_TEST((why(mint(c)) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_token_of_another_issuer_or_audience_or_of_a_longer_life_is_refused, guard_world) {
    access_claims c = claims();
    c.issuer = "https://other.example";
    BOOST_TEST((why(mint(c)) == errc::invalid_access_token));
    c = claims();
    c.audience = "https://other.example";
    BOOST_TEST((why(mint(c)) == errc::invalid_access_token));
    c = claims();
    c.expires_at = c.issued_at + seconds(601);
    BOOST_TEST((why(mint(c)) == errc::invalid_access_token));
}

// A token that was seen good is known from then on: everything below it must be refused all the same.
BOOST_FIXTURE_TEST_CASE(a_token_seen_before_is_refused_once_its_family_or_user_ended, guard_world) {
    authenticate(tokens).value();
    const issued_tokens other = log_in("alice@example.org").value();
    authenticate(other).value();
    run(sessions.logout(tokens.refresh_token, from_host(1))).value();
    BOOST_TEST((why(tokens.access_token) == errc::invalid_access_token));
    BOOST_TEST(authenticate(other).has_value());
    run(accounts.set_enabled(owner, false)).value();
    BOOST_TEST((why(other.access_token) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_token_seen_before_is_refused_once_its_key_is_gone, guard_world) {
    authenticate(tokens).value();
    auto other = std::make_shared<key_ring>(*keys);
    other->signing_key = make_hs256_key("test", std::vector<std::uint8_t>(32, 0x2C)).key; // the same kid
    other->verifying_keys = {other->signing_key};
    other->generation = keys->generation + 1;
    keys = std::move(other);
    BOOST_TEST((why(tokens.access_token) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_token_seen_before_does_not_vouch_for_a_forged_one, guard_world) {
    authenticate(tokens).value();
    const std::string& good = tokens.access_token;
    for (const std::size_t at : {good.size() - 20, good.find('.') + 5, good.rfind('.') + 1}) {
        std::string forged = good;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        BOOST_TEST((why(forged) == errc::invalid_access_token));
    }
    BOOST_TEST(authenticate(tokens).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_token_seen_before_is_refused_under_another_audience, guard_world) {
    authenticate(tokens).value();
    settings.audience = "https://other.example";
    BOOST_TEST((why(tokens.access_token) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(for_a_logout_a_token_may_be_expired_but_not_forged, guard_world) {
    time.advance(seconds(86400));
    BOOST_TEST((guard.session_of(tokens.access_token) == family_of(tokens)));
    std::string forged = tokens.access_token;
    forged.back() = forged.back() == 'A' ? 'E' : 'A';
    BOOST_TEST((guard.session_of(forged) == std::nullopt));
    BOOST_TEST((guard.session_of("") == std::nullopt));
    BOOST_TEST((guard.session_of(tokens.refresh_token.reveal()) == std::nullopt));
}

BOOST_FIXTURE_TEST_CASE(a_revocation_between_the_two_looks_is_seen, guard_world) {
    once_before(store_step::find_user, 0, [this] { run(accounts.set_enabled(owner, false)).value(); });
    BOOST_TEST((why(tokens.access_token) == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(a_revocation_while_waiting_for_the_disk_is_seen, guard_world) {
    data.hold_durability();
    running<result<user_ptr>> promotion(accounts.set_superuser(owner, true));
    running<result<principal>> asking(guard.authenticate(tokens.access_token));
    BOOST_TEST(!asking.answered()); // what it would show is not durable
    running<result<void>> leaving(sessions.logout(tokens.refresh_token, from_host(1)));
    data.make_durable();
    BOOST_TEST((asking.answer().error().code == errc::invalid_access_token));
}

BOOST_AUTO_TEST_SUITE_END()
