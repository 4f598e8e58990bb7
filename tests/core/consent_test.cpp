// What becomes of a consent, what rests on one, and which sessions a withdrawal ends: tables of cases.
#include "core/provider/consent.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>

using namespace pawl;

namespace {

constexpr timestamp at(std::int64_t s) {
    return timestamp(seconds(s));
}
scope_set set_of(std::initializer_list<std::size_t> numbers) {
    scope_set s;
    for (const std::size_t n : numbers) {
        s.insert(n);
    }
    return s;
}
consent allowed(std::initializer_list<std::size_t> numbers) {
    consent c;
    c.user = {42};
    c.client = {17};
    c.version = 5;
    c.era = 3;
    c.scopes = set_of(numbers);
    c.granted_at = at(1000);
    c.withdrawn_at = at(900);
    return c;
}
// A family of then; era 0: of a record without one.
family_facts made_at(std::int64_t s, std::uint32_t era = 0) {
    family_facts facts;
    facts.created_at = at(s);
    facts.grant.consent_era = era;
    return facts;
}
std::optional<consent> more(const consent* there, std::initializer_list<std::size_t> numbers, std::int64_t now = 2000) {
    return allowed_more(there, {42}, {17}, set_of(numbers), at(now));
}

} // namespace

BOOST_AUTO_TEST_SUITE(consent_rules)

BOOST_AUTO_TEST_CASE(the_first_is_version_1_of_era_1) {
    const auto first = more(nullptr, {0, 2});
    BOOST_TEST_REQUIRE(first.has_value());
    consent expected;
    expected.user = {42};
    expected.client = {17};
    expected.scopes = set_of({0, 2});
    expected.granted_at = at(2000);
    BOOST_TEST((*first == expected));
    BOOST_TEST(!more(nullptr, {}).has_value());
}

BOOST_AUTO_TEST_CASE(more_is_added_in_the_same_era_and_nothing_changes_where_nothing_is_added) {
    const consent there = allowed({0, 2});
    BOOST_TEST(!more(&there, {0}).has_value());
    BOOST_TEST(!more(&there, {}).has_value());
    BOOST_TEST(!more(&there, {2, 0}).has_value());
    const auto next = more(&there, {2, 3});
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST((next->scopes == set_of({0, 2, 3})));
    BOOST_TEST(next->version == 6U);
    BOOST_TEST(next->era == 3U);
    BOOST_TEST((next->granted_at == at(2000)));
    BOOST_TEST((next->withdrawn_at == at(900)));
}

BOOST_AUTO_TEST_CASE(a_withdrawal_takes_all_and_begins_an_era) {
    const consent gone = withdrawn(allowed({0, 2}), at(2000));
    BOOST_TEST(!stands(gone));
    BOOST_TEST(gone.version == 6U);
    BOOST_TEST(gone.era == 4U);
    BOOST_TEST((gone.withdrawn_at == at(2000)));
    BOOST_TEST((gone.granted_at == at(1000)));
    const auto again = more(&gone, {2}, 3000);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST((again->scopes == set_of({2}))); // not what there was before
    BOOST_TEST(again->era == 4U);
    BOOST_TEST((again->withdrawn_at == at(2000)));
}

// A clock that was an hour ahead while the user withdrew.
BOOST_AUTO_TEST_CASE(a_withdrawal_in_the_future_does_not_kill_what_is_allowed_anew) {
    const consent gone = withdrawn(allowed({0}), at(9000));
    BOOST_TEST((withdrawn(allowed({0}), at(100)).withdrawn_at == at(900))); // and one in the past revives nothing
    const auto again = more(&gone, {0}, 2000);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST((again->withdrawn_at == at(2000)));
    BOOST_TEST(!is_withdrawn(&*again, client_consent::ask, made_at(2001)));
}

BOOST_AUTO_TEST_CASE(what_a_code_rests_on_is_its_era_and_its_scopes) {
    struct row {
        const char* what;
        bool there;
        std::initializer_list<std::size_t> allowed;
        std::uint64_t era;
        std::initializer_list<std::size_t> scopes;
        bool covers;
    };
    const row rows[] = {
        {"none", false, {}, 3, {0}, false},
        {"the same", true, {0, 2}, 3, {0, 2}, true},
        {"less", true, {0, 2}, 3, {2}, true},
        {"more was allowed since", true, {0, 2, 9}, 3, {0, 2}, true},
        {"one is missing", true, {0}, 3, {0, 2}, false},
        {"of the era before", true, {0, 2}, 2, {0, 2}, false},
        {"of an era to come", true, {0, 2}, 4, {0, 2}, false},
        {"withdrawn", true, {}, 3, {0}, false},
        {"withdrawn, and nothing is asked", true, {}, 3, {}, false},
    };
    for (const row& r : rows) {
        const consent there = allowed(r.allowed);
        BOOST_TEST(covers(r.there ? &there : nullptr, r.era, set_of(r.scopes)) == r.covers, r.what);
    }
}

BOOST_AUTO_TEST_CASE(a_session_without_an_era_is_dead_where_it_was_made_until_the_withdrawal) {
    struct row {
        const char* what;
        bool there;
        std::int64_t withdrawn_at;
        client_consent asks;
        std::int64_t made;
        bool dead;
    };
    const row rows[] = {
        {"nothing was ever allowed", false, 0, client_consent::ask, 1000, false},
        {"never withdrawn", true, 0, client_consent::ask, 1000, false},
        {"never withdrawn, made in 1970", true, 0, client_consent::ask, 0, false},
        {"made before", true, 1000, client_consent::ask, 999, true},
        {"made in that second", true, 1000, client_consent::ask, 1000, true},
        {"made after", true, 1000, client_consent::ask, 1001, false},
        {"made before, of a client that is trusted", true, 1000, client_consent::implicit, 999, false},
        {"made before, of a client that never asks", true, 1000, client_consent::never, 999, false},
    };
    for (const row& r : rows) {
        for (const bool stands_again : {false, true}) {
            consent there = stands_again ? allowed({0}) : allowed({});
            there.withdrawn_at = at(r.withdrawn_at);
            BOOST_TEST(is_withdrawn(r.there ? &there : nullptr, r.asks, made_at(r.made)) == r.dead, r.what);
        }
    }
}

// Whatever the clock says: one that stands still between the two, and one that was set back, are among them.
BOOST_AUTO_TEST_CASE(a_session_with_an_era_is_dead_where_that_is_over) {
    struct row {
        const char* what;
        bool there;
        client_consent asks;
        std::uint32_t era;
        bool dead;
    };
    const row rows[] = {
        {"nothing is kept", false, client_consent::ask, 3, false},
        {"of this era", true, client_consent::ask, 3, false},
        {"of the era before", true, client_consent::ask, 2, true},
        {"of the first era", true, client_consent::ask, 1, true},
        {"of an era to come: of an import that has an older consent", true, client_consent::ask, 4, false},
        {"of the era before, of a client that is trusted", true, client_consent::implicit, 2, false},
        {"of the era before, of a client that never asks", true, client_consent::never, 2, false},
    };
    for (const row& r : rows) {
        for (const std::int64_t made : {1, 1000, 9000}) {
            consent there = allowed({0});
            there.withdrawn_at = at(1000);
            BOOST_TEST(is_withdrawn(r.there ? &there : nullptr, r.asks, made_at(made, r.era)) == r.dead, r.what);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_new_session_is_of_the_era_of_now) {
    const consent first = *allowed_more(nullptr, {42}, {17}, set_of({0}), at(1000));
    BOOST_TEST(era_of_new_family(nullptr) == first.era);
    const consent gone = withdrawn(first, at(1000));
    const consent again = *allowed_more(&gone, {42}, {17}, set_of({0}), at(1000)); // all in one second
    BOOST_TEST(is_withdrawn(&gone, client_consent::ask, made_at(1000, era_of_new_family(&first))));
    BOOST_TEST(is_withdrawn(&gone, client_consent::ask, made_at(1000, era_of_new_family(nullptr))));
    BOOST_TEST(!is_withdrawn(&again, client_consent::ask, made_at(1000, era_of_new_family(&again))));
    BOOST_TEST(!is_withdrawn(&again, client_consent::ask, made_at(500, era_of_new_family(&again))));
}

BOOST_AUTO_TEST_SUITE_END()
