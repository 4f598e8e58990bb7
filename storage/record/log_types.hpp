// The words in which a store and its log speak: the types of record_log.hpp that implementations share.
#pragma once

#include "core/clock.hpp"
#include "storage/record/durable_batch.hpp"
#include "storage/record/record.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace pawl::storage {

enum class log_room : std::uint8_t {
    ordinary, // sign-ups, logins, rotations ...
    ending,   // ending a family or closing a gate: may use the reserved tail when the disk is full (R6)
};
enum class log_urgency : std::uint8_t {
    now,  // starts a batch as soon as the writer is idle
    lazy, // rotations under `--durability interval`: waits for another record or the interval
};

// One record on its way into the log. The bytes of `body` are the caller's.
struct new_record {
    record_type type{};
    std::uint16_t version = 1;
    std::span<const std::uint8_t> body; // at most record_body_size_max bytes
    record_tag tag{};
};
// Records that belong together are enqueued as one group: they are in one frame, so a crash leaves all of them or none.
// A group is so long at most, and has at most so many bytes beside one record of the largest size.
inline constexpr std::size_t group_records_max = 8;
inline constexpr std::size_t group_extra_size_max = 8 * 1024;

// A sealed point of the log. A snapshot at it holds every record below `lsn`; the log itself knows what else it needs
// to go on from there.
struct log_position {
    std::uint64_t lsn = 0; // the next record's number
};

// What a snapshot's records are handed to.
using record_sink = std::function<void(std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body)>;

// Called on the log's own threads, or within a call of record_log if the log has none. None may throw. on_durable and
// now are set; the others may be empty.
struct log_callbacks {
    // A batch is durable. `sequence_through`: every enqueue() up to and including this one is durable.
    std::function<void(std::span<const record_tag> batch, std::uint64_t sequence_through)> on_durable;
    // The records of that batch, before on_durable: a reader that got an answer and watches from then on is not told of
    // what came before it.
    std::function<void(const durable_batch& batch)> on_batch;
    // The log has failed for good (R2): nothing will become durable any more. Called once; the process should end soon
    // after with exit code 70.
    std::function<void(const std::string& why)> on_failed;
    // There is no room for the log to go on: `why` says where. Empty: there is room again. Once for each change.
    std::function<void(const std::string& why)> on_room;
    // Stamped into frames: service time.
    std::function<timestamp_ms()> now;
};

// For metrics: a copy, each figure true at some moment of the call. A log without syncs or segments leaves theirs 0.
struct log_stats {
    std::uint64_t records = 0, batches = 0, bytes = 0, syncs = 0, sync_ns_total = 0, sync_ns_max = 0, queue_records = 0,
                  segments_created = 0, sealed_bytes_since_snapshot = 0;
    std::array<std::uint64_t, 16> sync_histogram{};  // bucket i: sync took < 2^i * 16 us
    std::array<std::uint64_t, 16> batch_histogram{}; // bucket i: batch had < 2^i records
};

} // namespace pawl::storage
