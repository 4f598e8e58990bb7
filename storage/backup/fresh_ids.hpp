// A store that goes on from an earlier state (a restore, a salvage) has forgotten what was given since. Here is what
// keeps its own ids apart from those: a mark for its events, and a first id for its users. Pure but for the source of
// chance.
#pragma once

#include "core/clock.hpp"
#include "core/random_source.hpp"
#include "storage/store/embedded_store.hpp"

#include <cstdint>

namespace pawl::storage {

// No store signs up so many users within a millisecond of wall time: an import of a table does a tenth of it.
inline constexpr std::uint64_t user_ids_a_millisecond = 64;
// What is passed over whatever the clock says, as it may be behind: one to user_id_steps_max steps, by the mark, so
// that one backup restored twice gives different ids also where no time has passed between the two.
inline constexpr std::uint64_t user_id_step = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t user_id_steps_max = std::uint64_t{1} << 14U;
// Time takes ids no further than here, so that some are left whatever a clock says: a thousand billion.
inline constexpr std::uint64_t user_id_floor_max = user_id_max - (std::uint64_t{1} << 40U);

// Never less than restore_mark_min.
std::uint64_t draw_restore_mark(random_source& random);

// The first user id to be given by a store whose state says that `next` was the next one at `known_until`, and which
// goes on at `now` under `mark`: never below `next`, and above user_id_floor_max only where `next` is.
std::uint64_t user_id_floor(std::uint64_t next, timestamp_ms known_until, timestamp_ms now, std::uint64_t mark);

} // namespace pawl::storage
