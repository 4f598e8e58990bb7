// Puts a backup in the place of a data directory. The users and passwords of its time come back; its sessions do not,
// unless asked for: what was revoked after the backup was made could not be told from what was not.
#pragma once

#include "core/clock.hpp"
#include "core/port/store.hpp"
#include "core/random_source.hpp"
#include "storage/backup/backup.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace pawl::storage {

struct restore_request {
    std::string backup, target;
    const secret_bytes* log_key = nullptr;
    secret_bytes key_file; // its text, to be written as keys.json of the target; empty: it lies elsewhere
    bool keep_sessions = false;
    bool replace = false;                    // keep what is there under another name; else it must be empty or absent
    const clock* time = nullptr;             // service time, outlives the call
    random_source* random = nullptr;         // for the mark; outlives the call
    std::function<void(timestamp_ms)> raise; // before anything is written: service time is this at least
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};
struct restore_result {
    backup_facts facts;
    std::uint64_t restore_mark = 0;  // a new one
    std::uint64_t next_user_id = 0;  // above all that may have been given since the backup was made
    std::uint64_t users_closed = 0;  // whose sessions were ended
    std::uint64_t mails_dropped = 0; // that waited
    std::string aside;               // where what was replaced is now; empty: nothing was
};
// Throws refused: as verify_backup; locked where a process uses what is to be replaced; usage where the target is not
// empty; storage_failed. Nothing is at the target then that was not there before.
restore_result restore_backup(const restore_request& request);

// Closes the gate on every family of every user that is in `image` and not deleted, durably; no one else uses the store
// meanwhile. How many.
std::uint64_t end_all_sessions(store& data, const state_image& image, timestamp now);

} // namespace pawl::storage
