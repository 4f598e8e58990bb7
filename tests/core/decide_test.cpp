// decide(): a sentence for every row of the table of docs/architecture.md. The whole product: decide_table_test.cpp.
#include "tests/core/decide_situation.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace pawl;
using namespace pawl::test;

BOOST_AUTO_TEST_SUITE(decide_)

BOOST_AUTO_TEST_CASE(the_current_token_rotates) {
    situation s;
    s.confirmed = true;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::rotate));
    BOOST_TEST(d.table_case == 4);
    BOOST_TEST(d.next.generation() == 6U);
    BOOST_TEST(d.next.rotated_at() == rotated + 30U);
    BOOST_TEST(!d.next.confirmed());
    BOOST_TEST(d.next.replays() == 0U);
    BOOST_TEST(d.next.live());
}

BOOST_AUTO_TEST_CASE(an_expired_family_is_expired_even_if_it_was_ended) {
    situation s;
    s.now = rotated + idle_ttl;
    s.status = 2;
    BOOST_TEST((decide_on(s).what == verdict::expired));
    s.now -= 1;
    BOOST_TEST((decide_on(s).what == verdict::revoked));
}

BOOST_AUTO_TEST_CASE(no_rotation_outlives_the_absolute_expiry) {
    situation s;
    s.rotated_at = absolute_ttl - 10;
    s.now = absolute_ttl - 1;
    BOOST_TEST((decide_on(s).what == verdict::rotate));
    s.now = absolute_ttl;
    BOOST_TEST((decide_on(s).what == verdict::expired));
}

BOOST_AUTO_TEST_CASE(an_ended_family_has_no_grace_and_is_not_written_again) {
    for (const std::int64_t g : {3, 4, 5, 6}) {
        situation s;
        s.g = g;
        s.now = rotated + 1;
        s.status = 1;
        s.sender_constrained = true;
        const decision d = decide_on(s);
        BOOST_TEST((d.what == verdict::revoked));
        BOOST_TEST(d.next.bits() == word_of(s));
    }
}

BOOST_AUTO_TEST_CASE(a_status_this_version_does_not_know_is_not_live) {
    situation s;
    s.status = 15;
    BOOST_TEST((decide_on(s).what == verdict::revoked));
}

BOOST_AUTO_TEST_CASE(a_closed_gate_ends_every_family_but_the_survivor) {
    situation s;
    s.gate = gate_kind::other_epoch;
    BOOST_TEST((decide_on(s).what == verdict::revoked));
    s.gate = gate_kind::other_survivor;
    BOOST_TEST((decide_on(s).what == verdict::revoked));
    s.gate = gate_kind::survivor;
    BOOST_TEST((decide_on(s).what == verdict::rotate));
    s.gate = gate_kind::disabled_survivor;
    BOOST_TEST((decide_on(s).what == verdict::revoked));
}

BOOST_AUTO_TEST_CASE(a_family_without_an_id_is_nobodys_survivor) {
    family_facts facts = facts_of();
    facts.id = family_id{};
    BOOST_TEST(!alive(family_word(), facts, gate_of(gate_kind::other_epoch), family_bonds{}, at(1)));
}

BOOST_AUTO_TEST_CASE(a_family_that_hangs_on_a_session_nothing_is_known_of_is_dead) {
    family_facts facts = facts_of();
    BOOST_TEST(alive(family_word(), facts, gate_of(gate_kind::open), family_bonds{}, at(1)));
    facts.origin.parent.bytes.fill(5);
    BOOST_TEST(!alive(family_word(), facts, gate_of(gate_kind::open), family_bonds{}, at(1)));
}

BOOST_AUTO_TEST_CASE(a_family_is_dead_while_its_client_or_its_browser_session_is) {
    struct bond_case {
        bool client_admits, hangs, parent_may_live;
        std::int64_t parent_expires, now;
        bool lives;
    };
    for (const bond_case& c : {
             bond_case{true, true, true, 10, 9, true},
             bond_case{true, true, true, 10, 10, false}, // at its expiry instant it is expired
             bond_case{true, true, false, 10, 9, false},
             bond_case{false, true, true, 10, 9, false},
             bond_case{true, false, false, 0, 9, true}, // without a parent nothing of one is read
             bond_case{false, false, true, 10, 9, false},
         }) {
        family_facts facts = facts_of();
        facts.origin.parent.bytes.fill(c.hangs ? 5 : 0);
        const family_bonds bonds{.client_admits = c.client_admits,
                                 .parent_may_live = c.parent_may_live,
                                 .parent_expires_at = at(c.parent_expires),
                                 .parent_word = {}};
        const user_gate gate = gate_of(gate_kind::open);
        BOOST_TEST(alive(family_word(), facts, gate, bonds, at(c.now)) == c.lives);
        const presented_token shown{.generation = 0, .client = facts.client};
        const decision d = decide(family_word(), facts, gate, bonds, shown, at(c.now), refresh_policy{}, outage_list{});
        BOOST_TEST((d.what == (c.lives ? verdict::rotate : verdict::revoked)));
        BOOST_TEST((c.lives || d.next == family_word())); // nothing changes
    }
}

BOOST_AUTO_TEST_CASE(another_client_changes_nothing_even_with_an_old_token) {
    for (const std::int64_t g : {2, 4, 5, 7}) {
        situation s;
        s.g = g;
        s.client_matches = false;
        const decision d = decide_on(s);
        BOOST_TEST((d.what == verdict::mismatch));
        BOOST_TEST(d.table_case == 3);
        BOOST_TEST(d.next.bits() == word_of(s));
        s.client_matches = true;
        s.binding_matches = false;
        BOOST_TEST((decide_on(s).what == verdict::mismatch));
    }
}

BOOST_AUTO_TEST_CASE(the_last_generation_ends_the_family) {
    situation s;
    s.c = s.g = generation_max;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::exhausted));
    BOOST_TEST((d.next.status() == family_status::exhausted));
    BOOST_TEST(d.next.generation() == static_cast<std::uint32_t>(generation_max));
}

BOOST_AUTO_TEST_CASE(a_parallel_refresh_gets_the_same_successor_even_after_it_was_confirmed) {
    situation s;
    s.g = 4;
    s.confirmed = true;
    s.now = rotated + 10;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::replay));
    BOOST_TEST(d.table_case == 5);
    BOOST_TEST(d.next.bits() == word_of(s));
    s.now = rotated + 11;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(a_lost_response_is_replayed_seven_times_and_no_more) {
    situation s;
    s.g = 4;
    for (unsigned n = 0; n < 7; ++n) {
        s.replays = n;
        const decision d = decide_on(s);
        BOOST_TEST((d.what == verdict::replay));
        BOOST_TEST(d.table_case == 6);
        BOOST_TEST(d.next.replays() == n + 1);
        BOOST_TEST(d.next.rotated_at() == static_cast<std::uint32_t>(rotated)); // no longer idle expiry for a replay
    }
    s.replays = 7;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::reuse));
    BOOST_TEST(d.table_case == 8);
}

BOOST_AUTO_TEST_CASE(replays_that_are_not_counted_leave_the_word_alone_until_the_successor_is_seen) {
    situation s;
    s.g = 4;
    s.wc = 0;
    s.wr = idle_ttl;
    s.counts_replays = false;
    for (const unsigned n : {0U, 7U}) {
        s.replays = n;
        for (const std::int64_t age : {std::int64_t{0}, idle_ttl - 1}) {
            s.now = rotated + age;
            s.confirmed = false;
            const decision d = decide_on(s);
            BOOST_TEST((d.what == verdict::replay));
            BOOST_TEST(d.table_case == 6);
            BOOST_TEST(d.next.bits() == word_of(s));
            BOOST_TEST(!d.suspected);
            s.confirmed = true;
            BOOST_TEST((decide_on(s).what == verdict::reuse));
        }
    }
    s.confirmed = false;
    s.g = 3;
    BOOST_TEST(decide_on(s).table_case == 9);
}

BOOST_AUTO_TEST_CASE(a_successor_that_was_seen_closes_the_lost_response_window) {
    situation s;
    s.g = 4;
    s.confirmed = true;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(a_proven_sender_may_retry_without_a_time_limit_until_the_successor_is_seen) {
    situation s;
    s.g = 4;
    s.now = rotated + 900;
    s.sender_constrained = true;
    BOOST_TEST(decide_on(s).table_case == 7);
    BOOST_TEST((decide_on(s).what == verdict::replay));
    s.confirmed = true;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(reused_token_revokes_whole_family) {
    situation s;
    s.g = 4;
    s.now = rotated + 61;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::reuse));
    BOOST_TEST(d.table_case == 8);
    BOOST_TEST((d.next.status() == family_status::reuse));
    BOOST_TEST(d.next.generation() == 5U);
}

BOOST_AUTO_TEST_CASE(a_grandparent_is_reuse_in_the_very_second_of_the_rotation) {
    situation s;
    s.g = 3;
    s.now = rotated;
    s.sender_constrained = true;
    const decision d = decide_on(s);
    BOOST_TEST((d.what == verdict::reuse));
    BOOST_TEST(d.table_case == 9);
}

BOOST_AUTO_TEST_CASE(a_thousand_rotations_in_one_second_hide_nothing) {
    situation s;
    s.now = rotated;
    s.g = s.c = 0;
    for (int i = 0; i < 1000; ++i) {
        s.g = s.c = decide_on(s).next.generation();
    }
    BOOST_TEST(s.c == 1000);
    for (std::int64_t g = 0; g < 999; ++g) {
        s.g = g;
        BOOST_REQUIRE((decide_on(s).what == verdict::reuse));
    }
}

BOOST_AUTO_TEST_CASE(strict_windows_admit_nothing) {
    situation s;
    s.g = 4;
    s.wc = s.wr = 0;
    s.now = rotated;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
    s.outages = {{rotated, rotated + 5}};
    s.now = rotated + 5;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(a_token_ahead_of_the_store_ends_the_family_or_heals_it) {
    situation s;
    s.g = 8;
    const decision revoked = decide_on(s);
    BOOST_TEST((revoked.what == verdict::ahead_revoked));
    BOOST_TEST((revoked.next.status() == family_status::ahead));
    s.heal = true;
    s.streak = 2;
    s.replays = 3;
    const decision healed = decide_on(s);
    BOOST_TEST((healed.what == verdict::healed));
    BOOST_TEST(healed.next.bits() == pack(9, rotated + 30, 0, false, 0, 0));
    s.g = generation_max;
    BOOST_TEST((decide_on(s).what == verdict::exhausted));
}

BOOST_AUTO_TEST_CASE(an_outage_of_ours_is_no_theft_of_theirs) {
    situation s;
    s.g = 4;
    s.wc = 5;
    s.outages = {{rotated + 20, rotated + 500}};
    s.now = rotated + 540; // 20 s before, 40 after
    BOOST_TEST(decide_on(s).table_case == 6);
    s.now = rotated + 541;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
    s.outages = {{rotated + 61, rotated + 500}}; // the window had closed before serving stopped
    s.now = rotated + 501;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
    s.outages = {{rotated - 90, rotated - 10}}; // rotated after it: ordinary time
    s.now = rotated + 61;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(no_number_of_outages_is_theft_and_none_gives_a_window_anew) {
    situation s;
    s.g = 4;
    s.wc = 5;
    s.outages = {{rotated + 20, rotated + 120}, {rotated + 121, rotated + 221}, {rotated + 230, rotated + 500}};
    s.now = rotated + 530; // 20 + 1 + 9 + 30
    BOOST_TEST(decide_on(s).table_case == 6);
    s.now = rotated + 531;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(what_a_wrong_clock_rotated_is_stamped_anew_by_the_next_rotation) {
    situation s;
    s.now = rotated - 100;
    BOOST_TEST(decide_on(s).next.rotated_at() == static_cast<std::uint32_t>(rotated - 100));
    s.now = -100; // before the family was made
    s.rotated_at = 0;
    BOOST_TEST(decide_on(s).next.rotated_at() == 0U);
}

BOOST_AUTO_TEST_CASE(a_rotation_from_the_future_is_outside_of_every_window) {
    situation s;
    s.g = 4;
    for (const std::int64_t early : {1, 10, 1000}) {
        s.now = rotated - early;
        BOOST_TEST(decide_on(s).table_case == 8);
        BOOST_TEST((decide_on(s).what == verdict::reuse));
    }
    s.sender_constrained = true;
    BOOST_TEST(decide_on(s).table_case == 7); // rests on no window
}

// The only trace of a thief in step with the victim: every generation is taken by one and replayed to the other.
BOOST_AUTO_TEST_CASE(three_generations_replayed_in_a_row_are_suspected) {
    situation s;
    s.c = s.g = 1;
    const auto apply = [&s](const decision& d) {
        s.c = d.next.generation();
        s.replays = d.next.replays();
        s.streak = d.next.streak();
        s.rotated_at = d.next.rotated_at();
        s.confirmed = d.next.confirmed();
        s.now = s.rotated_at + 20; // after Wc, within Wr
    };
    for (unsigned n = 1; n <= 4; ++n) {
        s.g = s.c;
        apply(decide_on(s));
        s.g = s.c - 1;
        const decision replayed = decide_on(s);
        BOOST_TEST(replayed.table_case == 6);
        BOOST_TEST(replayed.suspected == (n >= 3));
        apply(replayed);
        BOOST_TEST(s.streak == std::min(n, 3U));
    }
    // One generation without a replay in case 6: the streak is broken when that generation is rotated away.
    s.g = s.c;
    apply(decide_on(s));
    BOOST_TEST(s.streak == 3U);
    s.g = s.c;
    apply(decide_on(s));
    BOOST_TEST(s.streak == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
