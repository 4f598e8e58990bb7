// An opened data directory: its lock, manifests, segments and snapshots; and what recovery found there.
// docs/on-disk.md is the specification of the bytes and of the verdicts.
#pragma once

#include "storage/directory/directory_options.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/log_start.hpp"
#include "storage/record/log_types.hpp"
#include "storage/record/recovery.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace pawl::storage {

class segment_supply; // log/segment_supply.hpp

class log_directory {
public:
    // Locks (exit_code::locked names the pid), checks modes, reads manifests; creates everything in an empty directory.
    explicit log_directory(const directory_options& options);
    ~log_directory();
    log_directory(const log_directory&) = delete;
    log_directory& operator=(const log_directory&) = delete;

    // Whether a manifest exists already, or a swap of contents that may hold one (so a missing key file is
    // exit_code::wrong_key, not a first start).
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
    // bytes, or std::nullopt if it failed (the old one stays; `why` says).
    std::optional<std::uint64_t> write_snapshot(const log_start& at, timestamp_ms now,
                                                const std::function<snapshot_counts(const record_sink&)>& produce,
                                                std::string& why);

    // Such a record is being written: the next manifest says the minor version of the format that it needs.
    void note_record(std::uint16_t type, std::uint16_t version) noexcept;

    // No error: once this is back, every recovery gives ids from `next` on. Blocks for the disk; any thread.
    std::error_code keep_next_user_id(std::uint64_t next);

    struct state;
    state& internals() noexcept { return *state_; }
    // What the writer of the log goes on in; after recover().
    segment_supply& supply() noexcept;

private:
    std::unique_ptr<state> state_;
};

} // namespace pawl::storage
