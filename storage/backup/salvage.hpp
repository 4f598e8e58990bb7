// What can still be proven of a damaged data directory, read without changing it: the newest good snapshot, and every
// frame whose checksums are right and whose chain does not say otherwise. What is lost is listed, never guessed at.
#pragma once

#include "core/family/served_time.hpp"
#include "core/random_source.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/history/state_image.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::storage {

// A piece of the log, or a file, that could not be used.
struct salvage_loss {
    std::string file;
    std::uint64_t offset = 0;
    std::string what;
    // Frames and records that are missing there; 0: not known.
    std::uint64_t batch_from = 0, batch_to = 0, lsn_from = 0, lsn_to = 0;
    std::optional<timestamp_ms> from{}, to{}; // of the good frames around it
    bool costs_state = true;                  // false: all of it is in the snapshot that was used
    bool maybe_acknowledged = true;
};

struct salvage_report {
    bool healthy = false; // a start of the server accepts the directory as it is: nothing is to be salvaged
    std::string why;      // else what it refuses with
    std::string uuid;     // of the damaged store, hex
    std::string snapshot; // name of the one used; empty: none was good
    std::uint64_t snapshot_lsn = 0;
    std::uint64_t frames = 0, records = 0; // read from the log
    std::uint64_t unproven_frames = 0;     // right by their checksums, but the chain to them is broken
    std::uint64_t malformed_records = 0;
    timestamp_ms last_time{}; // since then it was not served
    outage_list outages;      // before that
    std::vector<salvage_loss> losses;
    std::vector<std::string> notes; // users left out, words without a family ...
    state_image image;
};

// Throws refused: usage where there are no data, wrong_key and newer_format as a start would.
salvage_report read_salvage(const std::string& directory, const secret_bytes& log_key);

struct salvage_write {
    std::string target; // must be empty or absent
    const secret_bytes* log_key = nullptr;
    secret_bytes key_file; // its text, to be written as keys.json of the target; empty: it lies elsewhere
    bool keep_sessions = false;
    const clock* time = nullptr;     // service time, not before the report's last_time; outlives the call
    random_source* random = nullptr; // for the mark; outlives the call
};
struct salvage_result {
    std::uint64_t restore_mark = 0;
    std::uint64_t next_user_id = 0; // above all that may have been given and is lost
};
// A fresh store (another uuid) of what the report has, with a first snapshot. Throws refused; nothing is at the target
// then. What could not be added is appended to the report's notes.
salvage_result write_salvaged(const salvage_write& request, salvage_report& report);

} // namespace pawl::storage
