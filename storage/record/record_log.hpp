// What the store needs of a log, as an interface. Implementations: the data directory with its writer
// (store/directory_log.hpp), memory that ends with the process (store/memory_log.hpp), and one in the tests whose
// durability they decide about. Another log (a database) would stand here, too.
//
// What each implementation promises is said below, and tests/storage/record_log_test.cpp holds all of them to it.
//
// Order: records are numbered 1, 2, 3 ... in the order of enqueue(), and become durable in that order: when one is
// durable, all before it are. After a crash the log has every record that it called durable, and of the others those
// up to some number; never one without those before it.
//
// Threads: reserve(), release(), enqueue_group(), why_not_ready() and stats() from any thread, also before on_durable
// of an earlier record is back. seal() and write_snapshot() from one thread at a time, which they may block. recover(),
// start(), stop() and the destructor from the owner's thread, in this order.
#pragma once

#include "storage/record/log_types.hpp"
#include "storage/record/recovery.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace pawl::storage {

class record_log {
public:
    using produce_function = std::function<snapshot_counts(const record_sink&)>;

    virtual ~record_log() = default;

    // Reads what is kept and hands it to `target`: expect() first, then the snapshot, then the records behind it in
    // their order. Once, before start(). Throws refused if what is kept can't be accepted.
    virtual recovery_report recover(const recovery_target& target) = 0;
    // From now on records are taken. `callbacks` are called until stop() or the destructor is back.
    virtual void start(log_callbacks callbacks) = 0;
    // Makes durable what was enqueued, and ends. True once that is done; false if it was not within `limit` (then a
    // thread may still run: end the process without destroying anything), or if the log has failed. After it reserve()
    // refuses.
    virtual bool stop(milliseconds limit) = 0;

    // Room for `records` records; false if there is none, or the log has failed or stopped. A refusal reserves nothing.
    // Each reserved record is then either enqueued or released, so a change in memory never lacks its record.
    [[nodiscard]] virtual bool reserve(log_room room, std::uint32_t records) noexcept = 0;
    virtual void release(log_room room, std::uint32_t records) noexcept = 0;
    // Takes the records of a group (1 to group_records_max; group_extra_size_max), whose reservations are used up, and
    // copies them. They become durable together, and nothing else lies between them. Never fails after a reserve(). The
    // sequence number of the last; the others have those before it.
    virtual std::uint64_t enqueue_group(log_room room, log_urgency urgency,
                                        std::span<const new_record> group) noexcept = 0;
    // A group of one.
    std::uint64_t enqueue(log_room room, log_urgency urgency, record_type type, std::uint16_t version,
                          std::span<const std::uint8_t> body, const record_tag& tag) noexcept {
        const new_record one{type, version, body, tag};
        return enqueue_group(room, urgency, std::span(&one, 1));
    }
    // nullptr while ordinary records are taken; else a sentence, of static storage duration.
    virtual const char* why_not_ready() const noexcept = 0;
    // Whether it outlives the process.
    virtual bool is_on_disk() const noexcept { return false; }

    // Ends a stretch of the log: all that was enqueued before the call is durable and lies below the position that it
    // gives, all that is enqueued after the call lies at or above it. Without a record in between it gives the same
    // again. std::nullopt if the log has failed or has no room.
    virtual std::optional<log_position> seal() = 0;
    // Keeps a snapshot that stands for every record below `at`, the position that the last seal() gave. `produce` is
    // called once with a sink, and hands it the state, record by record. From the moment this is back recovery begins
    // with the snapshot, and records below `at` may be gone. Its size in bytes; std::nullopt if it was not kept: then
    // the one before stays, and `why` says what was wrong. What `produce` throws comes out, or is such a failure.
    virtual std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                        const produce_function& produce, std::string& why) = 0;
    // No error: once this is back, recovery_report::next_user_id is never below `next`. Blocks; any thread. A log that
    // nothing of outlives the process does nothing.
    virtual std::error_code keep_next_user_id(std::uint64_t /*next*/) { return {}; }
    virtual log_stats stats() const noexcept = 0;
};

} // namespace pawl::storage
