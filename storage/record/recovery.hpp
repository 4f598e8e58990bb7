// What a log says of itself when it is opened again, and who is told the records it has kept.
#pragma once

#include "core/clock.hpp"
#include "core/family/served_time.hpp"
#include "storage/record/record.hpp"
#include "storage/record/snapshot_counts.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pawl::storage {

struct recovery_report {
    bool fresh = false;                                   // there was nothing: a new store was made
    bool clean = false;                                   // the last stop was clean
    std::uint64_t snapshot_lsn = 0;                       // 0: none
    bool snapshot_fell_back = false;                      // the newest was bad and the one before was used
    std::uint64_t records = 0, frames = 0, bytes_cut = 0; // of the log; the snapshot's are not among them
    std::uint64_t next_lsn = 1;                           // of the first record to come
    std::uint64_t next_user_id = 1; // as it was kept; the store takes the higher of it and what it saw
    std::uint64_t restore_mark = 0; // 0: no restore or salvage made this store
    // Of the last frame, snapshot, manifest or `serving` record; since the clock was set, where it was. The floor of
    // service time, and when serving stopped.
    timestamp_ms last_time{};
    outage_list outages; // before that
    std::uint64_t ms_snapshot = 0, ms_log = 0;
    std::vector<std::string> notes; // loud things: a cut tail, a bad manifest copy, a fallback
};

// Who is told what recovery reads. What can't be accepted is refused by throwing.
struct recovery_target {
    using record_function = std::function<void(const record_view&)>;
    // Once, before the first record, with the snapshot's counts (to size tables).
    std::function<void(const snapshot_counts&)> expect;
    // A snapshot's records come in any order. Each thread that reads some of it asks for a function of its own, on any
    // thread, and gives that one what it reads.
    std::function<record_function()> snapshot_reader;
    // After the last record of the snapshot, if there was one; on the caller's thread.
    std::function<void()> snapshot_read;
    // The log's records: in order, on the caller's thread.
    record_function apply;
};

} // namespace pawl::storage
