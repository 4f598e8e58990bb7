// A log that is no log: what is enqueued is durable at once and forgotten, since nothing survives the process anyway.
// For `--data-dir :memory:`, the realms of --dev and their snapshots, which are images of the whole state.
//
// Threads: as record_log; image() one call at a time, not from within a read section.
#pragma once

#include "storage/record/record_log.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pawl::storage {

class embedded_store;

// The state of a store as the records that make it, in one block of memory.
struct memory_image {
    struct entry {
        std::uint16_t type = 0, version = 0;
        std::uint32_t size = 0; // of its body; bodies lie one behind the other
    };
    std::vector<entry> records;
    std::vector<std::uint8_t> bytes;
    snapshot_counts counts;
    timestamp_ms time{};

    void add(std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body);
};
using memory_image_ptr = std::shared_ptr<const memory_image>;

class memory_log final : public record_log {
public:
    using steady_time = std::chrono::steady_clock::time_point;

    // Null: an empty store. `mark`: as of a restore; two logs whose records are not the same have two.
    explicit memory_log(memory_image_ptr from = nullptr, std::uint64_t mark = 0)
        : from_(std::move(from)), mark_(mark) {}

    // The state of `owner`, whose log this is, at one moment within the call. Blocks for as long as the walk takes.
    // Null if there is no memory for it.
    memory_image_ptr image(embedded_store& owner);
    // The same of another owner: `snapshot` calls seal() and write_snapshot().
    memory_image_ptr image(const std::function<void()>& snapshot);

    // Nothing enqueued from now on is durable before `until`, nor before release() was called then (tests of clients:
    // a slow disk).
    void hold_until(steady_time until);
    // Makes durable what is held, if its time has come. When to call again, if something is still held.
    std::optional<steady_time> release(steady_time now);
    // Makes durable what is held, and holds nothing any more: release() will not be called again.
    void let_go();

    // --- record_log
    recovery_report recover(const recovery_target& target) override;
    void start(log_callbacks callbacks) override { callbacks_ = std::move(callbacks); }
    bool stop(milliseconds limit) override;

    bool reserve(log_room room, std::uint32_t records) noexcept override;
    void release(log_room room, std::uint32_t records) noexcept override;
    std::uint64_t enqueue(log_room room, log_urgency urgency, record_type type, std::uint16_t version,
                          std::span<const std::uint8_t> body, const record_tag& tag) noexcept override;
    const char* why_not_ready() const noexcept override;

    std::optional<log_position> seal() override;
    std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                const produce_function& produce, std::string& why) override;
    log_stats stats() const noexcept override;

private:
    void release_all();
    void tell(std::span<const record_tag> batch);

    memory_image_ptr from_;
    const std::uint64_t mark_;
    log_callbacks callbacks_;
    mutable std::mutex mutex_;
    std::uint64_t sequence_ = 0;
    std::uint64_t bytes_ = 0, bytes_at_snapshot_ = 0;
    bool wants_image_ = false;           // the next snapshot is kept
    std::shared_ptr<memory_image> tape_; // what is enqueued while a snapshot that is kept is made
    memory_image_ptr image_;
    std::optional<steady_time> hold_until_;
    bool holds_nothing_ = false; // any more
    std::atomic<bool> stopped_{false};
    std::vector<record_tag> held_;
    std::vector<std::uint8_t> unseen_; // records of the batch to come, encoded
};

} // namespace pawl::storage
