#include "core/family/decide.hpp"

#include "core/family/hangs.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <optional>

namespace pawl {

namespace {

// Seconds from `from` to `to`; 0 where the clock went back.
constexpr seconds elapsed(timestamp from, timestamp to) {
    return std::max(to - from, seconds(0));
}

// In whole seconds and never shorter than the window: up to one second more, two across an outage, as all ends are cut.
// 0 admits nothing, and a rotation in the future is in no window.
constexpr bool within(std::optional<seconds> age, seconds window) {
    return window > seconds(0) && age && *age <= window;
}

// What `rotated_at` becomes with a rotation now: never beyond its bits. What it was does not matter: with the higher
// generation it is the one that counts, and one that a wrong clock put into the future must not stay there.
std::uint32_t rotation_time(const family_facts& facts, timestamp now) {
    const auto since_created =
        std::min<std::int64_t>(elapsed(facts.created_at, now).count(), family_word::rotated_at_max);
    return static_cast<std::uint32_t>(since_created);
}

// The streak counts generations in a row that were replayed in case 6. A generation that leaves without such a replay
// breaks it; one that had any carries it on to its successor, where the first such replay adds one.
constexpr unsigned carried_streak(family_word word) {
    return word.replays() > 0 ? word.streak() : 0;
}

constexpr unsigned counted_streak(family_word word) {
    return word.replays() > 0 ? word.streak() : std::min(word.streak() + 1, family_word::streak_max);
}

constexpr family_word advanced(family_word word, std::uint32_t generation, std::uint32_t rotated_at, unsigned streak) {
    return word.with_generation(generation)
        .with_rotated_at(rotated_at)
        .with_confirmed(false)
        .with_replays(0)
        .with_streak(streak);
}

decision rotated(family_word word, const family_facts& facts, timestamp now) {
    if (word.generation() == family_word::generation_max) {
        return {verdict::exhausted, 4, word.with_status(family_status::exhausted)};
    }
    return {verdict::rotate, 4, advanced(word, word.generation() + 1, rotation_time(facts, now), carried_streak(word))};
}

// Cases 5 to 8: the presented generation is the one before the current.
decision predecessor_presented(family_word word, std::optional<seconds> age, const presented_token& presented,
                               const refresh_policy& policy) {
    // Replays are counted once the reuse window has passed, so the last of them never comes within it: unless a clock
    // was set back (with_windows_shut).
    if (within(age, policy.reuse_window) && word.replays() < family_word::replays_max) {
        return {verdict::replay, 5, word};
    }
    if (!policy.counts_replays && within(age, policy.lost_response_window) && !word.confirmed()) {
        return {verdict::replay, 6, word};
    }
    if (within(age, policy.lost_response_window) && !word.confirmed() && word.replays() < family_word::replays_max) {
        const unsigned streak = counted_streak(word);
        return {verdict::replay, 6, word.with_replays(word.replays() + 1).with_streak(streak),
                streak == family_word::streak_max};
    }
    if (presented.sender_constrained && !word.confirmed()) {
        return {verdict::replay, 7, word};
    }
    return {verdict::reuse, 8, word.with_status(family_status::reuse)};
}

// Case 10. Nothing is known of the generations that were lost, so the streak starts again.
decision store_is_behind(family_word word, const family_facts& facts, std::uint32_t generation, timestamp now,
                         const refresh_policy& policy) {
    if (policy.ahead == ahead_policy::revoke) {
        return {verdict::ahead_revoked, 10, word.with_status(family_status::ahead)};
    }
    if (generation >= family_word::generation_max) {
        return {verdict::exhausted, 10, word.with_status(family_status::exhausted)};
    }
    return {verdict::healed, 10, advanced(word, generation + 1, rotation_time(facts, now), 0)};
}

} // namespace

bool alive(family_word word, const family_facts& facts, const user_gate& gate, const family_bonds& bonds,
           timestamp now) {
    const bool parent_lives = !hangs_on_session(facts) || (bonds.parent_may_live && now < bonds.parent_expires_at);
    return word.live() && parent_lives && bonds.client_admits && !bonds.is_withdrawn && !facts.expired(word, now) &&
           gate.admits(facts.id, facts.epoch);
}

bool may_live(family_word word, const family_facts& facts, const user_gate& gate) {
    return word.live() && gate.is_open_to(facts.id, facts.epoch);
}

decision decide(family_word word, const family_facts& facts, const user_gate& gate, const family_bonds& bonds,
                const presented_token& presented, timestamp now, const refresh_policy& policy,
                const outage_list& outages) {
    BOOST_ASSERT(presented.generation <= family_word::generation_max); // the codec refuses it as malformed
    BOOST_ASSERT(policy.reuse_window <= policy.lost_response_window);

    if (facts.expired(word, now)) {
        return {verdict::expired, 2, word};
    }
    if (!alive(word, facts, gate, bonds, now)) {
        return {verdict::revoked, 2, word};
    }
    if (presented.client != facts.client || !presented.binding_matches) {
        return {verdict::mismatch, 3, word};
    }
    const std::uint32_t current = word.generation();
    if (presented.generation == current) {
        return rotated(word, facts, now);
    }
    if (presented.generation > current) {
        return store_is_behind(word, facts, presented.generation, now, policy);
    }
    if (presented.generation == current - 1) {
        return predecessor_presented(word, served_age(facts.rotated_at(word), now, outages), presented, policy);
    }
    return {verdict::reuse, 9, word.with_status(family_status::reuse)};
}

} // namespace pawl
