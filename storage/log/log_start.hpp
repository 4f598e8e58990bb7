// Where a reader of the log begins, and what it then expects.
#pragma once

#include "storage/log/keys.hpp"

#include <cstdint>

namespace pawl::storage {

struct log_start {
    std::uint64_t segno = 1;
    std::uint64_t batch_seq = 1;
    std::uint64_t lsn = 1;
    tag16 chain{}; // of the frame before

    friend bool operator==(const log_start&, const log_start&) = default;
};

} // namespace pawl::storage
