// One presentation of a refresh token in plain numbers, for the tests of decide().
#pragma once

#include "core/family/decide.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace pawl::test {

inline constexpr std::int64_t created = 1'700'000'000;
inline constexpr std::int64_t idle_ttl = 1000;
inline constexpr std::int64_t absolute_ttl = 5000;
inline constexpr std::int64_t rotated = 2000; // seconds after creation; so idle expiry is 3000 after creation

inline constexpr std::int64_t generation_max = (1 << 26) - 1;

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
    bool heal = false, counts_replays = true;
    std::vector<std::pair<std::int64_t, std::int64_t>> outages; // stopped, ready
};

inline std::uint64_t pack(std::int64_t generation, std::int64_t rotated_at, unsigned status, bool confirmed,
                          unsigned replays, unsigned streak) {
    return (static_cast<std::uint64_t>(generation) << 38U) | (static_cast<std::uint64_t>(rotated_at) << 10U) |
           (static_cast<std::uint64_t>(status) << 6U) | (confirmed ? 0x20U : 0U) | (replays << 2U) | streak;
}

inline std::uint64_t word_of(const situation& s) {
    return pack(s.c, s.rotated_at, s.status, s.confirmed, s.replays, s.streak);
}

inline std::uint64_t ended(const situation& s, unsigned status) {
    return pack(s.c, s.rotated_at, status, s.confirmed, s.replays, s.streak);
}

inline timestamp at(std::int64_t after_creation) {
    return timestamp(seconds(created + after_creation));
}

inline family_facts facts_of() {
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

inline user_gate gate_of(gate_kind kind) {
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

inline decision decide_on(const situation& s) {
    presented_token presented;
    presented.generation = static_cast<std::uint32_t>(s.g);
    presented.client = client_number{s.client_matches ? 3U : 4U};
    presented.binding_matches = s.binding_matches;
    presented.sender_constrained = s.sender_constrained;
    refresh_policy policy;
    policy.reuse_window = seconds(s.wc);
    policy.lost_response_window = seconds(s.wr);
    policy.ahead = s.heal ? ahead_policy::heal : ahead_policy::revoke;
    policy.counts_replays = s.counts_replays;
    outage_list outages;
    for (const auto& [stopped, ready] : s.outages) {
        outages.add({at(stopped), at(ready)});
    }
    return decide(family_word(word_of(s)), facts_of(), gate_of(s.gate), family_bonds{}, presented, at(s.now), policy,
                  outages);
}

} // namespace pawl::test
