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
    user_id add_user_with(const std::string& email, std::string stored) {
        user u;
        u.email = u.username = email;
        u.password_hash = std::move(stored);
        return data.insert_user(u)->id;
    }
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
    BOOST_TEST(limiter.counted("alice@example.org") == 0U); // a success gives its reservation back
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
    BOOST_TEST(hasher.verified_dummy == jobs - 4); // all but those of a name that somebody signs in by
    BOOST_TEST(hasher.hashed == 0U);
    BOOST_TEST(counters.logins_failed == jobs);
}

// --- The account's attempts, whichever of its names is typed.

BOOST_FIXTURE_TEST_CASE(guesses_by_email_and_by_username_are_counted_together, login_world) {
    limiter.limit = 4;
    for (const char* name : {"alice", "Alice@Example.org", "ALICE", "alice@example.org"}) {
        BOOST_TEST((why(name, "wrong password") == errc::login_failed));
    }
    for (const char* name : {"alice", "alice@example.org"}) {
        BOOST_TEST((why(name, "wrong password") == errc::too_many_attempts));
    }
    BOOST_TEST((why("nobody", "wrong password") == errc::login_failed));
    BOOST_TEST(limiter.counted("alice@example.org") == 4U);
    BOOST_TEST(limiter.counted("nobody") == 1U);
}

BOOST_FIXTURE_TEST_CASE(sign_ups_that_are_refused_use_up_none_of_the_owners_attempts, login_world) {
    limiter.limit = 3;
    sign_up_request again;
    again.email = "alice@example.org";
    again.password = secret(other_password);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST((run(accounts.sign_up(again, from_host(1))).error().code == errc::email_taken));
    }
    BOOST_TEST((run(accounts.sign_up(again, from_host(1))).error().code == errc::too_many_attempts));
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST((why("alice", "wrong password") == errc::login_failed));
}

// --- Hashes that others made of the bytes as they came.

BOOST_FIXTURE_TEST_CASE(a_hash_of_text_that_is_not_nfc_is_found_and_becomes_one_of_its_nfc, login_world) {
    struct form {
        const char* email;
        const char* typed;
        const char* nfc;
    };
    for (const form& f : {form{"combining@example.org", "correct horse cafe\xCC\x81", "correct horse caf\xC3\xA9"},
                          form{"hangul@example.org", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB pass", "\xED\x95\x9C pass"},
                          form{"angstrom@example.org", "5 \xE2\x84\xAB wide", "5 \xC3\x85 wide"}}) {
        const user_id id = add_user_with(f.email, hasher.make(f.typed));
        hasher.verified = hasher.hashed = 0;
        BOOST_TEST((why(f.email, f.nfc) == errc::login_failed)); // not yet
        BOOST_TEST(hasher.verified == 1U);
        BOOST_TEST(log_in(f.email, f.typed).has_value());
        BOOST_TEST(hasher.verified == 3U);
        BOOST_TEST(hasher.hashed == 1U);
        BOOST_TEST(is_hash_of(data.find_user(id)->password_hash, f.nfc));
        BOOST_TEST(log_in(f.email, f.typed).has_value());
        BOOST_TEST(log_in(f.email, f.nfc).has_value());
        BOOST_TEST(hasher.verified == 5U);
        BOOST_TEST(hasher.hashed == 1U);
    }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_password_that_is_not_nfc_is_tried_twice_whatever_the_name, login_world) {
    run(accounts.set_enabled(add_user("off@example.org"), false)).value();
    for (const char* name : {"alice", "nobody", "off@example.org"}) {
        hasher.verified = 0;
        BOOST_TEST((why(name, "wrong cafe\xCC\x81") == errc::login_failed));
        BOOST_TEST(hasher.verified == 2U, name);
        BOOST_TEST(limiter.counted(name == std::string("alice") ? "alice@example.org" : name) == 1U);
    }
    hasher.verified = 0;
    BOOST_TEST((why("off@example.org", password) == errc::login_failed));
    BOOST_TEST(hasher.verified == 1U);
}

// --- Of a long password bcrypt reads 72 bytes.

BOOST_FIXTURE_TEST_CASE(what_bcrypt_left_out_of_a_password_never_becomes_the_password, login_world) {
    const std::string of_72 = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    const user_id id = add_user_with("long@example.org", of_72);
    const std::string right(72, 'x');
    BOOST_TEST(log_in("long@example.org", right + " and something else").has_value());
    BOOST_TEST(data.find_user(id)->password_hash == of_72);
    BOOST_TEST(hasher.hashed == 0U);
    BOOST_TEST(log_in("long@example.org", right).has_value());
    BOOST_TEST(is_hash_of(data.find_user(id)->password_hash, right));
}

BOOST_FIXTURE_TEST_CASE(a_bcrypt_hash_that_let_in_more_than_72_bytes_is_not_rehashed, login_world) {
    const std::string salt = "$2b$04$abcdefghijklmnopqrstuu", acute = "e\xCC\x81"; // 3 bytes, 2 in NFC
    std::string accents;
    for (int i = 0; i < 24; ++i) {
        accents += acute;
    }
    struct form {
        const char* email;
        std::string hash, right, over; // what the hash is of, 72 bytes; what it lets in that is longer
        std::string nfc;               // of `right`
    };
    const std::string xs(66, 'x');
    for (const form& f : {
             form{"ascii@example.org", salt + "bzadhGtS2zEF.gu0yd0opP6cVzb.e0i", std::string(72, 'x'),
                  std::string(73, 'x'), std::string(72, 'x')},
             form{"bytes@example.org", salt + "86DXjcX5XVqA/pMKikwvLShzas.dYP.", "caf" + acute + xs,
                  "caf" + acute + xs + "!", "caf\xC3\xA9" + xs}, // matches by its bytes alone
             form{"short@example.org", salt + "o0ZRNEQrEXmOiR/8uqqbOIm4WJjlwqC", accents, accents + acute, ""},
         }) {
        const user_id id = add_user_with(f.email, f.hash);
        hasher.hashed = 0;
        for (const std::string& more : {std::string(), std::string(" another tail")}) {
            BOOST_TEST(log_in(f.email, f.over + more).has_value(), f.email);
            BOOST_TEST(data.find_user(id)->password_hash == f.hash, f.email);
        }
        BOOST_TEST(hasher.hashed == 0U, f.email);
        BOOST_TEST(log_in(f.email, f.right).has_value(), f.email); // all of it counted
        BOOST_TEST(hasher.hashed == 1U, f.email);
        if (!f.nfc.empty()) {
            BOOST_TEST(is_hash_of(data.find_user(id)->password_hash, f.nfc), f.email);
        }
        BOOST_TEST((why(f.email, f.over) == errc::login_failed), f.email);
    }
}

// --- What an unknown name costs.

struct costs_world : login_world {
    // Of "secret": bcrypt, and Argon2.
    const std::string bcrypt = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
    const std::string argon2 =
        "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$pbviq+1UUgwZCmLIr4Hgk7mEMsxnRLuOb2HfvIaBwGY";

    // What a wrong password of this name is verified against.
    std::string cost_of(const std::string& name, const std::string& with = "wrong password") {
        hasher.against.clear();
        BOOST_TEST((why(name, with) == errc::login_failed));
        BOOST_TEST(hasher.against.size() == 1U);
        return hasher.against.front();
    }
};

BOOST_FIXTURE_TEST_CASE(unknown_names_cost_what_is_usual_and_always_the_same, costs_world) {
    for (int i = 0; i < 5; ++i) {
        add_user_with("bcrypt" + std::to_string(i) + "@example.org", bcrypt);
        add_user_with("argon2" + std::to_string(i) + "@example.org", argon2);
    }
    std::set<std::string> seen;
    for (int i = 0; i < 40; ++i) {
        const std::string name = "nobody" + std::to_string(i);
        const std::string cost = cost_of(name);
        BOOST_TEST(cost_of(name) == cost);
        BOOST_TEST(cost_of(name, "") == cost);
        BOOST_TEST(cost_of(name, std::string(password_size_max + 1, 'x')) == cost);
        seen.insert(cost);
    }
    BOOST_TEST((seen == std::set{dummy_like(bcrypt), dummy_like(argon2)}));
}

BOOST_FIXTURE_TEST_CASE(a_name_somebody_has_costs_what_its_hash_does_whatever_the_password, costs_world) {
    add_user_with("argon2@example.org", argon2);
    add_user_with("bcrypt@example.org", bcrypt);
    for (const std::string& with : {std::string("wrong password"), std::string(), std::string("\xFF\xFE"),
                                    std::string(password_size_max + 1, 'x')}) {
        BOOST_TEST(cost_of("bcrypt@example.org", with) == bcrypt);
        BOOST_TEST(cost_of("argon2@example.org", with) == argon2);
    }
}

BOOST_FIXTURE_TEST_CASE(a_disabled_user_costs_what_is_usual_for_the_others, costs_world) {
    add_user_with("argon2@example.org", argon2);
    const user_id off = add_user_with("bcrypt@example.org", bcrypt);
    run(accounts.set_enabled(off, false)).value();
    BOOST_TEST(cost_of("bcrypt@example.org", "secret") == dummy_like(argon2));
    BOOST_TEST(cost_of("nobody") == dummy_like(argon2));
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
    hasher.at_job = [this] { BOOST_TEST(limiter.counted("alice@example.org") > 0U); };
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST((why("Alice", "wrong password") == errc::login_failed));
    }
    const auto throttled = log_in("alice");
    BOOST_TEST((throttled.error().code == errc::too_many_attempts));
    BOOST_TEST(throttled.error().retry_after.count() == 17);
    BOOST_TEST(hasher.verified == 3U);
    BOOST_TEST(counters.logins_throttled == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_full_pool_or_one_without_memory_is_no_failed_attempt, login_world) {
    hasher.full = true;
    for (const errc why_full : {errc::password_queue_full, errc::hash_memory_unavailable}) {
        hasher.why_full = why_full;
        const auto refused = log_in("alice");
        BOOST_TEST((refused.error().code == why_full));
        BOOST_TEST(refused.error().retry_after.count() == 3);
        BOOST_TEST(limiter.counted("alice@example.org") == 0U);
        BOOST_TEST(counters.logins_failed == 0U);
    }
}

BOOST_FIXTURE_TEST_CASE(a_login_rehashes_where_the_cost_changed, login_world) {
    hasher.cost = 5;
    BOOST_TEST(log_in("alice").has_value());
    BOOST_TEST(stored_hash().starts_with("fake$5$"));
    BOOST_TEST(is_hash_of(stored_hash(), password));
    BOOST_TEST(counters.rehashes == 1U);
    BOOST_TEST(data.find_user(owner)->gate.epoch == 0U); // no session ends by it
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
    running<result<issued_tokens>> first(sessions.login("alice", secret(password), {first_party(), from_host(1)}));
    running<result<issued_tokens>> second(sessions.login("alice", secret(password), {first_party(), from_host(2)}));
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
