#include "core/service/happening.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace pawl {
namespace {

constexpr timestamp start{seconds(1'800'000'000)};

timestamp at(int n) {
    return start + seconds(n);
}

user record() {
    user u;
    u.created_at = u.password_changed_at = start;
    return u;
}
family_details session(std::uint8_t n, timestamp begun) {
    family_details f;
    f.state.facts.id.bytes[0] = n;
    f.state.facts.created_at = begun;
    f.last_use.agent = "agent";
    return f;
}
std::vector<happening_kind> kinds(const std::vector<happening>& all) {
    std::vector<happening_kind> out;
    for (const happening& h : all) {
        out.push_back(h.what);
    }
    return out;
}

BOOST_AUTO_TEST_SUITE(happening_test)

BOOST_AUTO_TEST_CASE(each_kind_has_a_word_of_its_own) {
    std::set<std::string> words;
    for (int n = 0; n <= static_cast<int>(last_happening_kind); ++n) {
        BOOST_TEST(words.insert(to_text(static_cast<happening_kind>(n))).second);
    }
}

BOOST_AUTO_TEST_CASE(facts_are_told_newest_first_and_those_that_are_not_are_left_out) {
    user u = record();
    BOOST_TEST((kinds(happened_to(u, {}, {})) == std::vector{happening_kind::made}));
    u.email_verified_at = at(1);
    u.password_changed_at = at(2);
    u.gate.reason = gate_reason::logout_all;
    u.gate.changed_at = at(3);
    told_factors factors;
    factors.factors.push_back({});
    factors.factors.back().facts.created_at = at(4);
    factors.factors.back().facts.name = "Telephone";
    factors.factors.back().state.used_at = at(6);
    const std::vector<family_details> sessions{session(1, at(5)), session(2, at(7))};
    const std::vector<happening> all = happened_to(u, factors, sessions);
    using enum happening_kind;
    BOOST_TEST((kinds(all) == std::vector{signed_in, factor_used, signed_in, factor_set_up, all_ended, password_changed,
                                          address_proven, made}));
    BOOST_TEST(all[1].about == "Telephone");
    BOOST_TEST((all[0].session == sessions[1].state.facts.id));
}

BOOST_AUTO_TEST_CASE(a_new_password_is_told_once_though_two_facts_tell_it) {
    user u = record();
    u.password_changed_at = u.gate.changed_at = at(2);
    u.gate.reason = gate_reason::password_change;
    BOOST_TEST((kinds(happened_to(u, {}, {})) == std::vector{happening_kind::password_changed, happening_kind::made}));
}

BOOST_AUTO_TEST_CASE(whatever_order_facts_come_in_they_are_told_in_one) {
    std::vector<family_details> sessions{session(1, at(5)), session(2, at(5)), session(3, at(5)), session(4, at(5))};
    const std::vector<happening> first = happened_to(record(), {}, sessions);
    for (int n = 0; n < 24; ++n) {
        std::next_permutation(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) {
            return a.state.facts.id.bytes < b.state.facts.id.bytes;
        });
        BOOST_TEST((happened_to(record(), {}, sessions) == first));
    }
}

BOOST_AUTO_TEST_CASE(pages_of_every_size_tell_all_of_it_once_also_where_much_happened_in_one_second) {
    std::vector<family_details> sessions;
    for (std::uint8_t n = 1; n <= 30; ++n) {
        sessions.push_back(session(n, at(n < 20 ? 5 : n)));
    }
    const std::vector<happening> all = happened_to(record(), {}, sessions);
    for (std::size_t size = 1; size <= all.size() + 1; ++size) {
        std::vector<happening> told;
        std::size_t next = 0;
        while (next < all.size()) {
            const std::size_t end = std::min(next + size, all.size());
            told.insert(told.end(), all.begin() + static_cast<std::ptrdiff_t>(next),
                        all.begin() + static_cast<std::ptrdiff_t>(end));
            const auto place = happening_place_from(to_text(place_of(all, end - 1)));
            BOOST_REQUIRE(place.has_value());
            next = older_than(all, *place);
            BOOST_TEST(next == end);
        }
        BOOST_TEST((told == all));
    }
}

BOOST_AUTO_TEST_CASE(a_place_holds_though_what_it_was_is_gone) {
    const std::vector<family_details> sessions{session(1, at(5)), session(2, at(5)), session(3, at(9))};
    const std::vector<happening> all = happened_to(record(), {}, sessions);
    BOOST_TEST(older_than(all, {at(10), {}}) == 0U);
    BOOST_TEST(older_than(all, {at(9), {}}) == 1U); // all of that second is older no more
    BOOST_TEST(older_than(all, {at(5), 77}) == 3U);
    BOOST_TEST(older_than(all, {at(1), {}}) == 3U);
    BOOST_TEST(older_than(all, {timestamp{}, {}}) == all.size());
    BOOST_TEST(older_than({}, {at(1), 1}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_place_is_digits_and_nothing_else) {
    for (const happening_place& place : {happening_place{at(5), {}}, happening_place{at(5), 0},
                                         happening_place{timestamp{}, 7}, happening_place{at(5), 4294967295U}}) {
        BOOST_TEST((happening_place_from(to_text(place)) == place));
    }
    for (const char* text : {"", "-", "1-", "-1", "01", "1-01", "1--1", "1 ", " 1", "+1", "1-2-3", "x", "1-4294967296",
                             "253402300800", "99999999999999999999", "2026-11-21T23:44:00Z"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!happening_place_from(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace pawl
