// What a record of an entity that is known already changes of it (docs/on-disk.md, R5): the store's recovery and the
// readers of history ask here, so that both come to the same state. Pure.
#pragma once

#include "core/clock.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace pawl::storage {

// A user's record counts where its version is higher.
inline bool is_newer(const user& read, const user* known) noexcept {
    return known == nullptr || known->version < read.version;
}

// Seconds from creation to the end of a family, at least 1; `ended_after` is the record's own (0: it does not say, and
// the time it was recorded at stands for it).
inline std::uint32_t end_of(std::uint32_t ended_after, timestamp created_at, timestamp recorded_at) noexcept {
    if (ended_after != 0) {
        return ended_after;
    }
    const std::int64_t s = (recorded_at - created_at).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(s, 1, std::numeric_limits<std::uint32_t>::max()));
}

// What changes of a family: its word, the generation its last use belongs to, and when it ended (0: live).
struct family_place {
    family_word word;
    std::uint32_t use_generation = 0;
    std::uint32_t ended_after = 0;
};
struct merged_family {
    family_word word;
    bool newer_use = false;        // the record's use is the last one
    std::uint32_t ended_after = 0; // of the first end that was read; 0 where live
};
inline merged_family merge_record(const family_place& known, const family_place& read, timestamp created_at,
                                  timestamp recorded_at) noexcept {
    merged_family out;
    out.word = merge(known.word, read.word);
    out.newer_use = read.use_generation > known.use_generation;
    out.ended_after = known.ended_after;
    if (out.ended_after == 0 && !read.word.live()) {
        out.ended_after = end_of(read.ended_after, created_at, recorded_at);
    }
    return out;
}

} // namespace pawl::storage
