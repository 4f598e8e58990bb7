// Whoever wants to see the records of the log once they are durable, in order: GET /admin/events, webhooks.
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

class commit_listener {
public:
    virtual ~commit_listener() = default;
    // On the thread that writes the log: whoever waits for durability was woken before, and nothing is written until
    // this is back. Batches come in the order of the log, without a gap.
    virtual void on_batch(const durable_batch& batch) noexcept = 0;
};

} // namespace pawl::storage
