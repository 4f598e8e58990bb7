// decide() over the product of everything a row of its table looks at, against an oracle that is the table as data.
#include "tests/core/decide_situation.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

// The table of the design, row by row; the first row whose condition holds is the answer.

// In time served: second for second.
std::int64_t age(const situation& s) {
    if (s.outages.empty()) {
        return s.now - s.rotated_at;
    }
    std::int64_t served = 0;
    for (std::int64_t t = s.rotated_at; t < s.now; ++t) {
        const bool is_outage =
            std::ranges::any_of(s.outages, [t](const auto& o) { return o.first <= t && t < o.second; });
        served += is_outage ? 0 : 1;
    }
    return served;
}

// A rotation in the future is in no window.
bool within(const situation& s, std::int64_t window) {
    return window != 0 && s.rotated_at <= s.now && age(s) <= window;
}

bool expired(const situation& s) {
    return s.now >= s.rotated_at + idle_ttl || s.now >= absolute_ttl;
}

bool gate_admits(const situation& s) {
    return s.gate == gate_kind::open || s.gate == gate_kind::survivor;
}

std::int64_t new_rotated_at(const situation& s) {
    return std::max<std::int64_t>(s.now, 0); // whatever it was
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
    {"5 reuse window", [](const situation& s) { return s.g == s.c - 1 && within(s, s.wc) && s.replays < 7; },
     verdict::replay, 5, word_of, never},
    {"6 lost response",
     [](const situation& s) { return s.g == s.c - 1 && within(s, s.wr) && !s.confirmed && s.replays < 7; },
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

std::string describe_outages(const situation& s) {
    std::string out;
    for (const auto& [stopped, ready] : s.outages) {
        out += " outage=" + std::to_string(stopped) + ".." + std::to_string(ready);
    }
    return out;
}

std::string describe(const situation& s) {
    return "c=" + std::to_string(s.c) + " g=" + std::to_string(s.g) + " status=" + std::to_string(s.status) +
           " confirmed=" + std::to_string(s.confirmed) + " replays=" + std::to_string(s.replays) +
           " streak=" + std::to_string(s.streak) + " rotated_at=" + std::to_string(s.rotated_at) +
           " now=" + std::to_string(s.now) + " gate=" + std::to_string(static_cast<int>(s.gate)) +
           " client=" + std::to_string(s.client_matches) + " binding=" + std::to_string(s.binding_matches) +
           " proof=" + std::to_string(s.sender_constrained) + " wc=" + std::to_string(s.wc) +
           " wr=" + std::to_string(s.wr) + " heal=" + std::to_string(s.heal) + describe_outages(s);
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

BOOST_AUTO_TEST_SUITE(decide_table)

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
                        // One, and two with something served between them: across it, before it, not at all.
                        const std::int64_t ready = rotated + stopped + outage;
                        for (const std::int64_t between : {-1, 0, 1, 9, 60, 90}) {
                            s.outages = {{rotated + stopped, ready}};
                            if (between >= 0) {
                                s.outages.emplace_back(ready + between, ready + between + 40);
                            }
                            for (const std::int64_t served : {-1, 0, 1, 10, 11, 60, 61, 700}) {
                                s.now = s.outages.back().second + served;
                                all.check(s);
                            }
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
                BOOST_TEST(alive(family_word(word_of(s)), facts_of(), gate_of(s.gate), family_bonds{}, at(now)) ==
                           expected);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
