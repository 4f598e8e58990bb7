// An opened data directory: its lock, manifests, segments and snapshots; and what recovery found there.
// docs/on-disk.md is the specification of the bytes and of the verdicts.
#pragma once

#include "core/clock.hpp"
#include "core/family/served_time.hpp"
#include "core/secret.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/log_writer.hpp"
#include "storage/record/record.hpp"
#include "storage/record/snapshot_counts.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace pawl::storage {

// Of log_retention_age: for tools, which leave to the server what is deleted.
inline constexpr seconds retention_forever{100LL * 366 * 86400};

struct directory_options {
    std::string path;
    const secret_bytes* log_key = nullptr; // 32 bytes
    std::uint32_t wal_pad = 4096;          // 64 only by explicit option
    std::uint64_t first_segment_size = 1U << 20U;
    std::uint64_t segment_size = 16U << 20U;
    // Sealed segments kept beyond what recovery needs, for audit: so many bytes, and none whose last frame is older.
    std::uint64_t log_retention_bytes = 256U << 20U;
    seconds log_retention_age{7 * 86400};
    milliseconds window = outage_list::any_window; // no window is longer: of older outages nothing is kept
    std::shared_ptr<class file_system> files;      // null: the directory `path` itself; tests put another one here
};

struct recovery_report {
    bool fresh = false;              // the directory was empty: a new store was made
    bool clean = false;              // the last stop was clean
    std::uint64_t snapshot_lsn = 0;  // 0: none
    bool snapshot_fell_back = false; // the newest was bad and the one before was used
    std::uint64_t records = 0, frames = 0, bytes_cut = 0;
    std::uint64_t next_lsn = 1;     // of the first record to come
    std::uint64_t next_user_id = 1; // of the manifest; the store takes the higher of it and what it saw
    std::uint64_t restore_mark = 0; // of the manifest: 0 where no restore or salvage made this store
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
    // After the last record of the snapshot, where there was one; on the caller's thread.
    std::function<void()> snapshot_read;
    // The log's records: in order, on the caller's thread.
    record_function apply;
};

class log_directory {
public:
    // Locks (exit_code::locked names the pid), checks modes, reads manifests; creates everything in an empty directory.
    explicit log_directory(const directory_options& options);
    ~log_directory();
    log_directory(const log_directory&) = delete;
    log_directory& operator=(const log_directory&) = delete;

    // True where a manifest exists already (so a missing key file is exit_code::wrong_key, not a first start).
    static bool has_manifest(const std::string& path);

    // Snapshot first, then the log; then repairs a torn tail (R3) and leaves the directory ready to write. A large
    // snapshot is read by up to `threads_max` threads.
    recovery_report recover(const recovery_target& target, unsigned threads_max = 1);
    // The same where one function takes every record, all in the order they are stored in.
    recovery_report recover(const std::function<void(const snapshot_counts&)>& expect,
                            const recovery_target::record_function& apply) {
        return recover({expect, [&apply] { return apply; }, [] {}, apply});
    }

    // Writes one snapshot at `at` (from log_writer::seal): `produce` is called with a sink and hands it every record of
    // the state; then fsync, rename, verify, manifests, and files no longer needed are deleted. Returns its size in
    // bytes, or nothing where it failed (the old one stays; `why` says).
    using record_sink =
        std::function<void(std::uint16_t type, std::uint16_t version, std::span<const std::uint8_t> body)>;
    std::optional<std::uint64_t> write_snapshot(const log_position& at, timestamp_ms now,
                                                const std::function<snapshot_counts(const record_sink&)>& produce,
                                                std::string& why);

    // No error: once this is back, every recovery gives ids from `next` on. Blocks for the disk; any thread.
    std::error_code keep_next_user_id(std::uint64_t next);

    struct state;
    state& internals() noexcept { return *state_; } // for log_writer

private:
    std::unique_ptr<state> state_;
};

} // namespace pawl::storage
