#include "core/family/word.hpp"

#include <algorithm>

namespace pawl {

// Two independent joins, so that any grouping and any repetition of the same records gives the same word:
// the end (sticky, the first reason stays), and the place (the higher generation, with what is known of it).
// `rotated_at` and the hints describe one generation, so they are joined only within it.
family_word merge(family_word a, family_word b) {
    const family_status end = a.live() ? b.status() : a.status();
    if (a.generation() != b.generation()) {
        return (a.generation() > b.generation() ? a : b).with_status(end);
    }
    return a.with_status(end)
        .with_rotated_at(std::max(a.rotated_at(), b.rotated_at()))
        .with_confirmed(a.confirmed() || b.confirmed())
        .with_replays(std::max(a.replays(), b.replays()))
        .with_streak(std::max(a.streak(), b.streak()));
}

} // namespace pawl
