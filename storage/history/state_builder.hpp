// The state of a store as it was at some point: a snapshot and the log after it.
#pragma once

#include "storage/history/directory_view.hpp"
#include "storage/history/state_image.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace pawl::storage {

struct past_state : state_image {
    std::uint64_t snapshot_lsn = 0; // what it began from; 0: the log's beginning
    timestamp_ms snapshot_time{};
    std::uint64_t last_lsn = 0; // of the last record applied
    timestamp_ms time{};        // of the last frame, or of the snapshot
    std::uint64_t records = 0, frames = 0, log_bytes = 0;
    log_start next; // where the log goes on

    void apply(const record_view& record);
};

// Up to and with that record, or the last frame of that time; empty: to the end.
struct state_limit {
    std::optional<std::uint64_t> lsn;
    std::optional<timestamp_ms> time;
};
using read_progress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

// From the newest snapshot that is not later, else from the log's beginning. Throws refused: what a start of the server
// would, and usage where that time is no longer kept.
past_state build_state(directory_view& view, const state_limit& limit = {}, const read_progress& progress = {});
// What one snapshot holds. A snapshot is taken while serving: it holds all below its lsn and may hold some of what
// happened while it was written.
past_state read_snapshot_state(directory_view& view, std::uint64_t lsn);

} // namespace pawl::storage
