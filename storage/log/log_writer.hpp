// The one writer of the log: a thread that drains a bounded queue, writes one frame, syncs once, and says so (group
// commit). One batch is in flight at any time (R9), so a frame on disk proves that every frame before it was durable.
//
// Threads: reserve/release/enqueue/stats from any; callbacks run on the writer's thread; start and stop from the
// owner's.
#pragma once

#include "storage/log/log_start.hpp"
#include "storage/log/log_writer_options.hpp"
#include "storage/record/log_types.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace pawl::storage {

class segment_supply; // segment_supply.hpp

class log_writer {
public:
    using callbacks = log_callbacks; // called on the writer's threads, without its lock

    // `supply` outlives the writer, and is recovered.
    log_writer(segment_supply& supply, const log_writer_options& options, callbacks cb);
    ~log_writer();
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;

    void start();
    // Drains, syncs, writes CLEAN, updates the manifests' floor, joins. False if it was not back within `limit` (then
    // the thread still runs: end the process without destroying anything), and where the log has failed.
    bool stop(milliseconds limit);

    // Room for `records` records; false where the queue or the disk has none. Each reserved record is then either
    // enqueued or released; enqueue() never fails after a reserve().
    [[nodiscard]] bool reserve(log_room room, std::uint32_t records) noexcept;
    void release(log_room room, std::uint32_t records) noexcept;

    // Hands over one record; the reservation is used up. Returns its sequence number in this process: 1, 2, 3 ...
    std::uint64_t enqueue(log_room room, log_urgency urgency, record_type type, std::uint16_t version,
                          std::span<const std::uint8_t> body, const record_tag& tag) noexcept;

    // Highest sequence number that is durable.
    std::uint64_t durable_through() const noexcept;
    bool failed() const noexcept;
    // Null while it takes ordinary records; else a static sentence (disk full, failed, stopping).
    const char* why_not_ready() const noexcept;

    // Seals the current segment once all that is queued now is durable; the next record starts a new one. Blocks the
    // caller (the snapshot thread). std::nullopt if the log has failed or there is no room for a segment.
    std::optional<log_start> seal();

    log_stats stats() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace pawl::storage
