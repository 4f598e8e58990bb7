// How many copies of an account its user may have made: 10 a day, and of all users together 4 at one moment, since each
// reads all that is kept of the user (docs/accounts.md).
//
// Memory is taken at construction and never grows: slots of 40 bytes. Pure: time is a parameter. Not synchronised:
// app/worker/copy_limiter holds a lock around each call.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/random_source.hpp"
#include "core/throttle/throttle_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace pawl {

inline constexpr std::uint32_t copies_at_once_max = 4, copies_a_day_max = 10;

// Why there is none now.
enum class copy_refusal : std::uint8_t { too_many_now, too_many_today };
struct refused_copy {
    copy_refusal why{};
    seconds wait{}; // at least 1 s
};

class copy_limits {
public:
    static constexpr std::size_t slots = 4096; // users with a copy of today; 160 KiB

    // `random` gives the key that users are hashed under: who signs up often chooses numbers, not where they fall.
    explicit copy_limits(random_source& random);

    // Counts a copy that begins: std::nullopt, then call end() after it. Else why it may not, and it was not counted.
    std::optional<refused_copy> begin(user_id user, timestamp_ms now);
    // `is_made`: else it does not count for today.
    void end(user_id user, bool is_made, timestamp_ms now);

private:
    std::uint64_t hash(user_id user) const;

    std::array<std::uint8_t, 16> key_{};
    attempt_table days_;
    std::uint32_t under_way_ = 0;
};

} // namespace pawl
