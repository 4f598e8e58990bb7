#include "storage/backup/fresh_ids.hpp"

#include "storage/directory/manifest.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace pawl::storage {

std::uint64_t draw_restore_mark(random_source& random) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    std::uint64_t mark = 0;
    std::memcpy(&mark, bytes.data(), sizeof mark);
    return mark < restore_mark_min ? mark + restore_mark_min : mark;
}

std::uint64_t user_id_floor(std::uint64_t next, timestamp_ms known_until, timestamp_ms now, std::uint64_t mark) {
    if (next >= user_id_floor_max) {
        return next;
    }
    const std::uint64_t left = user_id_floor_max - next;
    const timestamp_ms from = std::max(known_until, timestamp_ms{});
    const std::uint64_t elapsed =
        now > from ? static_cast<std::uint64_t>((now - from).count()) : 0; // behind: as if it stood still
    const std::uint64_t by_time = elapsed > left / user_ids_a_millisecond ? left : elapsed * user_ids_a_millisecond;
    const std::uint64_t by_chance = user_id_step * (1 + mark % user_id_steps_max);
    return next + std::min(left, by_time + by_chance);
}

} // namespace pawl::storage
