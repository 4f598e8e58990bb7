// decide() against the table of docs/architecture.md: a sentence for every row, then the product of everything a row
// looks at against an oracle that is the table itself, as data.
#include "core/family/decide.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace pawl;

namespace {

constexpr std::int64_t created = 1'700'000'000;
constexpr std::int64_t idle_ttl = 1000;
constexpr std::int64_t absolute_ttl = 5000;
constexpr std::int64_t rotated = 2000; // seconds after creation; so idle expiry is 3000 after creation

enum class gate_kind { open, other_epoch, survivor, other_survivor, disabled, disabled_survivor };

// One presentation in plain numbers. Times are seconds after the family's creation.
struct situation {
    std::int64_t c = 5, g = 5;
    unsigned status = 0;
    bool confirmed = false;
    unsigned replays = 0, streak = 0;
    std::int64_t rotated_at = rotated;
    std::int64_t now = rotated + 30;
    gate_kind gate = gate_kind::open;
    bool client_matches = true, binding_matches = true, sender_constrained = false;
    std::int64_t wc = 10, wr = 60;
    bool heal = false;
    std::optional<std::pair<std::int64_t, std::int64_t>> outage; // stopped, ready
};

std::uint64_t pack(std::int64_t generation, std::int64_t rotated_at, unsigned status, bool confirmed, unsigned replays,
                   unsigned streak) {
    return (static_cast<std::uint64_t>(generation) << 38U) | (static_cast<std::uint64_t>(rotated_at) << 10U) |
           (static_cast<std::uint64_t>(status) << 6U) | (confirmed ? 0x20U : 0U) | (replays << 2U) | streak;
}

std::uint64_t word_of(const situation& s) {
    return pack(s.c, s.rotated_at, s.status, s.confirmed, s.replays, s.streak);
}

std::uint64_t ended(const situation& s, unsigned status) {
    return pack(s.c, s.rotated_at, status, s.confirmed, s.replays, s.streak);
}

timestamp at(std::int64_t after_creation) {
    return timestamp(seconds(created + after_creation));
}

family_facts facts_of() {
    family_facts f;
    f.id.bytes.fill(7);
    f.user = user_id{42};
    f.client = client_number{3};
    f.epoch = 9;
    f.created_at = at(0);
    f.idle_ttl = seconds(idle_ttl);
    f.absolute_ttl = seconds(absolute_ttl);
    return f;
}

user_gate gate_of(gate_kind kind) {
    user_gate gate;
    gate.epoch = kind == gate_kind::open || kind == gate_kind::disabled ? 9 : 10;
    if (kind == gate_kind::survivor || kind == gate_kind::disabled_survivor) {
        gate.survivor.bytes.fill(7);
    }
    if (kind == gate_kind::other_survivor) {
        gate.survivor.bytes.fill(8);
    }
    gate.enabled = kind != gate_kind::disabled && kind != gate_kind::disabled_survivor;
    return gate;
}

decision decide_on(const situation& s) {
    presented_token presented;
    presented.generation = static_cast<std::uint32_t>(s.g);
    presented.client = client_number{s.client_matches ? 3U : 4U};
    presented.binding_matches = s.binding_matches;
    presented.sender_constrained = s.sender_constrained;
    refresh_policy policy;
    policy.reuse_window = seconds(s.wc);
    policy.lost_response_window = seconds(s.wr);
    policy.ahead = s.heal ? ahead_policy::heal : ahead_policy::revoke;
    std::optional<outage> last;
    if (s.outage) {
        last = outage{at(s.outage->first), at(s.outage->second)};
    }
    return decide(family_word(word_of(s)), facts_of(), gate_of(s.gate), presented, at(s.now), policy, last);
}

// --- The oracle: the table of the design, row by row; the first row whose condition holds is the answer.

constexpr std::int64_t generation_max = (1 << 26) - 1;

std::int64_t age(const situation& s) {
    std::int64_t since = s.rotated_at;
    if (s.outage && s.rotated_at <= s.outage->second) {
        const std::int64_t at_stop = s.outage->first - s.rotated_at; // negative: rotated after the stop was noted
        if (s.wr > 0 && at_stop <= s.wr) {
            since = s.outage->second;
        }
    }
    return s.now < since ? 0 : s.now - since;
}

bool expired(const situation& s) {
    return s.now >= s.rotated_at + idle_ttl || s.now >= absolute_ttl;
}

bool gate_admits(const situation& s) {
    return s.gate == gate_kind::open || s.gate == gate_kind::survivor;
}

std::int64_t new_rotated_at(const situation& s) {
    return s.now > s.rotated_at ? s.now : s.rotated_at;
}

struct row {
    const char* name;
    bool (*when)(const situation&);
    verdict what;
    int table_case;
    std::uint64_t (*next)(const situation&);
    bool (*suspected)(const situation&);
};

bool never(const situation&) {
    return false;
}

const std::array<row, 14> table{{
    {"2a expired", expired, verdict::expired, 2, word_of, never},
    {"2b ended", [](const situation& s) { return s.status != 0; }, verdict::revoked, 2, word_of, never},
    {"2b gate", [](const situation& s) { return !gate_admits(s); }, verdict::revoked, 2, word_of, never},
    {"3 client", [](const situation& s) { return !s.client_matches; }, verdict::mismatch, 3, word_of, never},
    {"3 binding", [](const situation& s) { return !s.binding_matches; }, verdict::mismatch, 3, word_of, never},
    {"4 last generation", [](const situation& s) { return s.g == s.c && s.c == generation_max; }, verdict::exhausted, 4,
     [](const situation& s) { return ended(s, 5); }, never},
    {"4 rotated", [](const situation& s) { return s.g == s.c; }, verdict::rotate, 4,
     [](const situation& s) { return pack(s.c + 1, new_rotated_at(s), 0, false, 0, s.replays == 0 ? 0 : s.streak); },
     never},
    {"5 reuse window", [](const situation& s) { return s.g == s.c - 1 && s.wc != 0 && age(s) <= s.wc; },
     verdict::replay, 5, word_of, never},
    {"6 lost response",
     [](const situation& s) { return s.g == s.c - 1 && s.wr != 0 && age(s) <= s.wr && !s.confirmed && s.replays < 7; },
     verdict::replay, 6,
     [](const situation& s) {
         const unsigned streak = s.replays > 0 ? s.streak : (s.streak == 3 ? 3 : s.streak + 1);
         return pack(s.c, s.rotated_at, 0, false, s.replays + 1, streak);
     },
     [](const situation& s) { return s.streak == 3 || (s.streak == 2 && s.replays == 0); }},
    {"7 sender-constrained", [](const situation& s) { return s.g == s.c - 1 && s.sender_constrained && !s.confirmed; },
     verdict::replay, 7, word_of, never},
    {"8 and 9 reuse", [](const situation& s) { return s.g < s.c; }, verdict::reuse, 0, // 8 or 9 by generation, below
     [](const situation& s) { return ended(s, 2); }, never},
    {"10 revoke", [](const situation& s) { return s.g > s.c && !s.heal; }, verdict::ahead_revoked, 10,
     [](const situation& s) { return ended(s, 6); }, never},
    {"10 heal at the end", [](const situation& s) { return s.g == generation_max; }, verdict::exhausted, 10,
     [](const situation& s) { return ended(s, 5); }, never},
    {"10 heal", [](const situation&) { return true; }, verdict::healed, 10,
     [](const situation& s) { return pack(s.g + 1, new_rotated_at(s), 0, false, 0, 0); }, never},
}};

std::string describe(const situation& s) {
    return "c=" + std::to_string(s.c) + " g=" + std::to_string(s.g) + " status=" + std::to_string(s.status) +
           " confirmed=" + std::to_string(s.confirmed) + " replays=" + std::to_string(s.replays) +
           " streak=" + std::to_string(s.streak) + " rotated_at=" + std::to_string(s.rotated_at) +
           " now=" + std::to_string(s.now) + " gate=" + std::to_string(static_cast<int>(s.gate)) +
           " client=" + std::to_string(s.client_matches) + " binding=" + std::to_string(s.binding_matches) +
           " proof=" + std::to_string(s.sender_constrained) + " wc=" + std::to_string(s.wc) +
           " wr=" + std::to_string(s.wr) + " heal=" + std::to_string(s.heal) +
           (s.outage ? " outage=" + std::to_string(s.outage->first) + ".." + std::to_string(s.outage->second) : "");
}

// Compares one situation with the table and counts the row that answered.
class comparison {
public:
    void check(const situation& s) {
        ++checked_;
        std::size_t i = 0;
        while (!table[i].when(s)) {
            ++i;
        }
        ++answered_[i];
        const row& r = table[i];
        const int table_case = r.table_case != 0 ? r.table_case : (s.g == s.c - 1 ? 8 : 9);
        const decision d = decide_on(s);
        const bool same = d.what == r.what && d.table_case == table_case && d.next.bits() == r.next(s) &&
                          d.suspected == r.suspected(s);
        if (!same && ++wrong_ <= 5) {
            BOOST_ERROR("row \"" << r.name << "\" expected case " << table_case << ", got case " << int(d.table_case)
                                 << " for " << describe(s));
        }
    }

    std::uint64_t wrong() const { return wrong_; }
    std::uint64_t checked() const { return checked_; }
    const std::array<std::uint64_t, table.size()>& answered() const { return answered_; }

private:
    std::uint64_t wrong_ = 0, checked_ = 0;
    std::array<std::uint64_t, table.size()> answered_{};
};

std::vector<std::pair<std::int64_t, std::int64_t>> generations() {
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (const std::int64_t c :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{6}, generation_max - 1, generation_max}) {
        for (const std::int64_t g : {std::int64_t{0}, c - 3, c - 2, c - 1, c, c + 1, c + 2, generation_max}) {
            if (g >= 0 && g <= generation_max) {
                pairs.emplace_back(c, g);
            }
        }
    }
    return pairs;
}

// Both sides of every edge: of the windows, of idle and of absolute expiry, and a clock that went back.
std::vector<std::int64_t> moments(const situation& s) {
    const std::int64_t r = s.rotated_at;
    std::vector<std::int64_t> all{-1, r - 1, r, r + idle_ttl - 1, r + idle_ttl, absolute_ttl};
    for (const std::int64_t window : {s.wc, s.wr}) {
        all.push_back(r + window);
        all.push_back(r + window + 1);
    }
    return all;
}

} // namespace

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
    BOOST_TEST(!alive(family_word(), facts, gate_of(gate_kind::other_epoch), at(1)));
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
    s.outage = {rotated, rotated};
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
    s.outage = {rotated + 20, rotated + 500};
    s.now = rotated + 560;
    BOOST_TEST(decide_on(s).table_case == 6);
    s.now = rotated + 561;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
    s.outage = {rotated + 61, rotated + 500}; // the window had closed before serving stopped
    s.now = rotated + 501;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
    s.outage = {rotated - 90, rotated - 10}; // rotated after it: ordinary time
    s.now = rotated + 61;
    BOOST_TEST((decide_on(s).what == verdict::reuse));
}

BOOST_AUTO_TEST_CASE(a_clock_that_went_back_shortens_nothing_and_extends_nothing) {
    situation s;
    s.now = rotated - 100;
    BOOST_TEST(decide_on(s).next.rotated_at() == static_cast<std::uint32_t>(rotated));
    s.now = -100;
    s.rotated_at = 0;
    BOOST_TEST(decide_on(s).next.rotated_at() == 0U);
    s.g = 4;
    BOOST_TEST(decide_on(s).table_case == 5);
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

BOOST_AUTO_TEST_CASE(every_living_situation_matches_the_table) {
    comparison all;
    const std::array<std::pair<std::int64_t, std::int64_t>, 4> windows{{{0, 0}, {0, 60}, {10, 60}, {10, 10}}};
    for (const auto& [c, g] : generations()) {
        for (unsigned hints = 0; hints < 64; ++hints) {
            for (const auto& [wc, wr] : windows) {
                for (unsigned flags = 0; flags < 8; ++flags) {
                    situation s;
                    s.c = c;
                    s.g = g;
                    s.confirmed = (hints & 32U) != 0;
                    s.replays = hints / 4 % 8;
                    s.streak = hints % 4;
                    s.wc = wc;
                    s.wr = wr;
                    s.sender_constrained = (flags & 1U) != 0;
                    s.heal = (flags & 2U) != 0;
                    s.gate = (flags & 4U) != 0 ? gate_kind::survivor : gate_kind::open;
                    for (const std::int64_t now : moments(s)) {
                        s.now = now;
                        all.check(s);
                    }
                }
            }
        }
    }
    BOOST_TEST_MESSAGE(all.checked() << " situations");
    BOOST_TEST(all.wrong() == 0U);
}

BOOST_AUTO_TEST_CASE(every_outage_matches_the_table) {
    comparison all;
    for (const auto& [c, g] : generations()) {
        for (const bool confirmed : {false, true}) {
            for (const std::int64_t wr : {0, 60}) {
                for (const std::int64_t stopped : {-70, -1, 0, 59, 60, 61}) {
                    for (const std::int64_t outage : {0, 1, 65, 300}) {
                        situation s;
                        s.c = c;
                        s.g = g;
                        s.confirmed = confirmed;
                        s.wc = wr / 6;
                        s.wr = wr;
                        s.outage = {rotated + stopped, rotated + stopped + outage};
                        for (const std::int64_t served : {-1, 0, 1, 10, 11, 60, 61, 700}) {
                            s.now = s.outage->second + served;
                            all.check(s);
                        }
                    }
                }
            }
        }
    }
    BOOST_TEST(all.wrong() == 0U);
}

BOOST_AUTO_TEST_CASE(every_dead_or_foreign_situation_matches_the_table) {
    comparison all;
    for (const auto& [c, g] : generations()) {
        for (unsigned status = 0; status < 16; ++status) {
            for (int gate = 0; gate <= static_cast<int>(gate_kind::disabled_survivor); ++gate) {
                for (unsigned flags = 0; flags < 64; ++flags) {
                    situation s;
                    s.c = c;
                    s.g = g;
                    s.status = status;
                    s.gate = static_cast<gate_kind>(gate);
                    s.client_matches = (flags & 1U) != 0;
                    s.binding_matches = (flags & 2U) != 0;
                    s.sender_constrained = (flags & 4U) != 0;
                    s.confirmed = (flags & 8U) != 0;
                    s.heal = (flags & 16U) != 0;
                    s.replays = (flags & 32U) != 0 ? 7 : 0;
                    for (const std::int64_t now : {rotated, rotated + 30, rotated + idle_ttl, absolute_ttl}) {
                        s.now = now;
                        all.check(s);
                    }
                }
            }
        }
    }
    BOOST_TEST(all.wrong() == 0U);
    for (std::size_t i = 0; i < table.size(); ++i) {
        BOOST_TEST(all.answered()[i] > 0U, table[i].name << " was never the answer");
    }
}

BOOST_AUTO_TEST_CASE(alive_is_live_unexpired_and_admitted) {
    for (unsigned status = 0; status < 16; ++status) {
        for (int gate = 0; gate <= static_cast<int>(gate_kind::disabled_survivor); ++gate) {
            for (const std::int64_t now : {std::int64_t{-1}, rotated, rotated + idle_ttl - 1, rotated + idle_ttl}) {
                situation s;
                s.status = status;
                s.gate = static_cast<gate_kind>(gate);
                s.now = now;
                const bool expected = status == 0 && gate_admits(s) && !expired(s);
                BOOST_TEST(alive(family_word(word_of(s)), facts_of(), gate_of(s.gate), at(now)) == expected);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
