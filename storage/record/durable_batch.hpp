#pragma once

#include "core/clock.hpp"

#include <cstdint>
#include <span>

namespace pawl::storage {

// Records that became durable together, as the log has them (frame.hpp, record_cursor).
struct durable_batch {
    std::uint64_t first_lsn = 0;
    std::uint32_t records = 0;
    timestamp_ms time{};                   // of their frame
    std::span<const std::uint8_t> payload; // valid during the call it is handed to
};

} // namespace pawl::storage
