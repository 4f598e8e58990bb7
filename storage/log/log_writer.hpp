// The one writer of the log: a thread that drains a bounded queue, writes one frame, syncs once, and says so (group
// commit). One batch is in flight at any time (R9), so a frame on disk proves that every frame before it was durable.
//
// Threads: reserve/release/enqueue/stats from any; callbacks run on the writer's thread; start and stop from the
// owner's.
#pragma once

#include "core/clock.hpp"
#include "storage/log/commit_listener.hpp"
#include "storage/record/record.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace pawl::storage {

class log_directory; // an opened, recovered data directory (log/log_directory.hpp)

enum class log_room : std::uint8_t {
    ordinary, // sign-ups, logins, rotations ...
    ending,   // ending a family or closing a gate: may use the reserved tail when the disk is full (R6)
};

enum class log_urgency : std::uint8_t {
    now,  // starts a batch as soon as the writer is idle
    lazy, // rotations under `--durability interval`: waits for another record or the interval
};

struct log_writer_options {
    milliseconds sync_interval{1000}; // for lazy records
    milliseconds commit_idle{100};    // COMMIT after this much idle time
    // Where several wait for the log, a batch is held back for more of them (log/commit_delay.hpp): so long at most
    // (0: never) ...
    std::chrono::microseconds gather_max{1000};
    unsigned gather_syncs_max = 4;           // ... and for no longer than so many syncs take
    std::uint32_t queue_records_max = 65536; // reserved or queued at once; beyond it reserve() refuses
    // After a batch with record_tag::opens_window the log goes on telling the time in COMMITs, so that what is served
    // is known also of a session that ends in a crash: at most one a quarter of this, until a window of this length has
    // surely closed. 0: never.
    milliseconds window{0};
    milliseconds room_retry{1000}; // how often room is looked for while the disk is full
    // Called before a batch is written, on the writer's thread; it may block (--dev: a disk that takes its time).
    std::function<void()> before_write;
};

struct log_stats { // a copy; relaxed reads
    std::uint64_t records = 0, batches = 0, bytes = 0, syncs = 0, sync_ns_total = 0, sync_ns_max = 0, queue_records = 0,
                  segments_created = 0, sealed_bytes_since_snapshot = 0;
    std::array<std::uint64_t, 16> sync_histogram{};  // bucket i: sync took < 2^i * 16 us
    std::array<std::uint64_t, 16> batch_histogram{}; // bucket i: batch had < 2^i records
};

// Where a sealed log ends: what a snapshot at that point stands for.
struct log_position {
    std::uint64_t lsn = 0;                // the next record's number: a snapshot of it holds every record below
    std::uint64_t segno = 0;              // the segment that starts there
    std::uint64_t batch_seq = 0;          // the next frame's
    std::array<std::uint8_t, 16> chain{}; // of the frame before
};

class log_writer {
public:
    struct callbacks {
        // A batch is on disk. `sequence_through`: every enqueue() up to and including this one is durable.
        std::function<void(std::span<const record_tag> batch, std::uint64_t sequence_through)> on_durable;
        // The records of that batch, before on_durable: who has got an answer and watches from then on is not told of
        // what came before it. May be empty.
        std::function<void(const durable_batch& batch)> on_batch;
        // Storage has failed for good (R2): nothing will become durable any more. Called once; the process should
        // end soon after with exit code 70.
        std::function<void(const std::string& why)> on_failed;
        // The disk has no room for the log to go on: `why` says where. Empty: there is room again. Once for each
        // change, on one of the writer's threads, without its lock. May be empty.
        std::function<void(const std::string& why)> on_room;
        // Stamped into frames: service time.
        std::function<timestamp_ms()> now;
    };

    log_writer(log_directory& directory, const log_writer_options& options, callbacks cb);
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
    // caller (the snapshot thread). Nothing where the log has failed or there is no room for a segment.
    std::optional<log_position> seal();

    log_stats stats() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace pawl::storage
