// Logins: who gets in, what it costs who does not, and what it leaves behind.
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace pawl;
using namespace pawl::test;

namespace {

struct login_world : service_world {
    login_world() : owner(add_user("Alice@Example.org", "alice")) {}
    errc why(std::string name, std::string_view with) { return log_in(std::move(name), with).error().code; }
    std::string stored_hash() const { return data.find_user(owner)->password_hash; }
    user_id owner;
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_login)

BOOST_FIXTURE_TEST_CASE(email_and_username_both_sign_in_whatever_their_case, login_world) {
    for (const char* name : {"Alice@Example.org", "alice@example.ORG", "alice", "ALICE"}) {
        BOOST_TEST(log_in(name).has_value());
    }
    BOOST_TEST(counters.logins_ok == 4U);
    BOOST_TEST(limiter.counted("alice") == 0U); // a success gives its reservation back
}

BOOST_FIXTURE_TEST_CASE(a_login_opens_a_family_of_its_own_at_generation_0, login_world) {
    const issued_tokens a = log_in("alice", password, from_host(7, "agent/7")).value();
    const issued_tokens b = log_in("alice").value();
    BOOST_TEST((family_of(a) != family_of(b)));
    BOOST_TEST(place_of(a.refresh_token).generation == 0U);
    BOOST_TEST(a.access_expires_in.count() == 600);
    BOOST_TEST(a.refresh_expires_in.count() == 14 * 86400);
    const family_details seen = data.find_family_details(family_of(a)).value();
    BOOST_TEST((seen.state.facts.user == owner));
    BOOST_TEST((seen.state.facts.created_at == time.now()));
    BOOST_TEST(seen.state.facts.absolute_ttl.count() == 90 * 86400);
    BOOST_TEST((seen.last_use.at == time.now()));
    BOOST_TEST((seen.last_use.address == from_host(7).address));
    BOOST_TEST(seen.last_use.agent == "agent/7");
}

// Known or not, disabled, wrong, empty, over-long or no text at all: one hash, one answer.
BOOST_FIXTURE_TEST_CASE(every_refused_login_costs_one_hash_and_says_the_same, login_world) {
    const user_id disabled = add_user("off@example.org");
    run(accounts.set_enabled(disabled, false)).value();
    const std::string over_long(password_size_max + 1, 'x'), no_utf8 = "\xFF\xFE password";
    struct attempt {
        std::string name, with;
    };
    const std::string right(password);
    unsigned jobs = 0;
    for (const attempt& a : {attempt{"alice", "wrong password"}, attempt{"nobody", right}, attempt{"", right},
                             attempt{"off@example.org", right}, attempt{"alice", ""}, attempt{"alice", over_long},
                             attempt{"alice", no_utf8}, attempt{std::string("ali\0ce", 6), right},
                             attempt{std::string(9000, 'a'), right}, attempt{"\xFF", right}}) {
        const auto refused = log_in(a.name, a.with);
        BOOST_TEST((refused.error().code == errc::login_failed));
        BOOST_TEST(refused.error().fields.empty());
        BOOST_TEST(refused.error().retry_after.count() == 0);
        BOOST_TEST(hasher.verified == ++jobs);
    }
    BOOST_TEST(hasher.verified_dummy == jobs - 1); // all but the wrong password
    BOOST_TEST(hasher.hashed == 0U);
    BOOST_TEST(counters.logins_failed == jobs);
}

BOOST_FIXTURE_TEST_CASE(an_empty_password_never_matches_not_even_its_own_hash, login_world) {
    user changed = *data.find_user(owner);
    changed.password_hash = hasher.make("");
    ++changed.version;
    data.replace_user(changed).value();
    BOOST_TEST((why("alice", "") == errc::login_failed));
    BOOST_TEST((why("alice", std::string(password_size_max + 1, 'x')) == errc::login_failed));
}

BOOST_FIXTURE_TEST_CASE(a_user_without_a_password_never_signs_in, login_world) {
    user changed = *data.find_user(owner);
    changed.password_hash.clear();
    ++changed.version;
    data.replace_user(changed).value();
    BOOST_TEST((why("alice", password) == errc::login_failed));
    BOOST_TEST(hasher.verified_dummy == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_attempt_is_counted_before_the_hash_and_refused_without_one, login_world) {
    limiter.limit = 3;
    hasher.at_job = [this] { BOOST_TEST(limiter.counted("alice") > 0U); };
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST((why("Alice", "wrong password") == errc::login_failed));
    }
    const auto throttled = log_in("alice");
    BOOST_TEST((throttled.error().code == errc::too_many_attempts));
    BOOST_TEST(throttled.error().retry_after.count() == 17);
    BOOST_TEST(hasher.verified == 3U);
    BOOST_TEST(counters.logins_throttled == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_full_pool_is_no_failed_attempt, login_world) {
    hasher.full = true;
    const auto refused = log_in("alice");
    BOOST_TEST((refused.error().code == errc::password_queue_full));
    BOOST_TEST(refused.error().retry_after.count() == 3);
    BOOST_TEST(limiter.counted("alice") == 0U);
    BOOST_TEST(counters.logins_failed == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_login_rehashes_where_the_cost_changed, login_world) {
    hasher.cost = 5;
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST(stored_hash().starts_with("fake$5$"));
    BOOST_TEST(is_hash_of(stored_hash(), password));
    BOOST_TEST(counters.rehashes == 1U);
    BOOST_TEST(data.find_user(owner)->gate.epoch == 0U); // nobody is signed out by it
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST(counters.rehashes == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_rehash_that_finds_no_room_is_left_to_the_next_login, login_world) {
    hasher.cost = 5;
    hasher.full_hash = true;
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST(counters.rehashes == 0U);
    BOOST_TEST(stored_hash().starts_with("fake$2$"));
}

BOOST_FIXTURE_TEST_CASE(the_least_recently_used_sessions_beyond_the_limit_are_evicted, login_world) {
    settings.sessions_max = 3;
    std::vector<issued_tokens> opened;
    for (int i = 0; i < 3; ++i) {
        opened.push_back(log_in("alice").value());
        time.advance(seconds(10));
    }
    opened[0] = refresh(opened[0].refresh_token).value().tokens; // now the second is the oldest
    time.advance(seconds(10));
    opened.push_back(log_in("alice").value());
    BOOST_TEST(is_alive(family_of(opened[0])));
    BOOST_TEST((word_of(family_of(opened[1])).status() == family_status::evicted));
    BOOST_TEST(is_alive(family_of(opened[2])));
    BOOST_TEST(is_alive(family_of(opened[3])));
    BOOST_TEST(counters.evictions == 1U);
    settings.sessions_max = 1; // as after a restart with another limit
    opened.push_back(log_in("alice").value());
    BOOST_TEST(counters.evictions == 4U);
    BOOST_TEST(is_alive(family_of(opened[4])));
}

BOOST_FIXTURE_TEST_CASE(dead_sessions_count_for_nothing_in_the_limit, login_world) {
    settings.sessions_max = 2;
    const issued_tokens a = log_in("alice").value();
    const issued_tokens b = log_in("alice").value();
    run(sessions.logout(b.refresh_token, from_host(1))).value();
    log_in("alice").value();
    BOOST_TEST(is_alive(family_of(a)));
    BOOST_TEST(counters.evictions == 0U);
}

BOOST_FIXTURE_TEST_CASE(two_logins_at_once_under_a_limit_of_one_leave_one_session, login_world) {
    settings.sessions_max = 1;
    data.hold_durability();
    running<result<issued_tokens>> first(sessions.login("alice", secret(password), from_host(1)));
    running<result<issued_tokens>> second(sessions.login("alice", secret(password), from_host(2)));
    while (!first.answered() || !second.answered()) {
        data.make_durable();
    }
    const result<issued_tokens> a = first.answer(), b = second.answer();
    BOOST_REQUIRE((a.has_value() && b.has_value()));
    BOOST_TEST(is_alive(family_of(*a)) != is_alive(family_of(*b)));
}

BOOST_FIXTURE_TEST_CASE(refused_logins_leave_a_record_without_the_name_nobody_has, login_world) {
    BOOST_TEST((why("alice", "wrong password") == errc::login_failed));
    BOOST_REQUIRE(data.events().size() == 1U);
    BOOST_TEST((data.events().back().kind == event_kind::login_failed));
    BOOST_TEST((data.events().back().user == owner));
    BOOST_TEST(data.events().back().about.empty());
    BOOST_TEST((why("a password typed here", "x") == errc::login_failed));
    BOOST_REQUIRE(data.events().size() == 2U);
    BOOST_TEST((data.events().back().user == user_id{}));
    limiter.limit = 0;
    BOOST_TEST((why("alice", password) == errc::too_many_attempts));
    BOOST_REQUIRE(data.events().size() == 3U);
    BOOST_TEST((data.events().back().kind == event_kind::login_throttled));
    BOOST_TEST((data.events().back().user == owner));
    limiter.limit = 1'000'000;
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST(data.events().size() == 3U); // the family's own record says that it was opened
}

BOOST_AUTO_TEST_SUITE_END()
