// What a snapshot says of itself before its records, so that tables are sized once.
#pragma once

#include <cstdint>

namespace pawl::storage {

struct snapshot_counts {
    std::uint64_t users = 0, families = 0, next_user_id = 1;
};

} // namespace pawl::storage
