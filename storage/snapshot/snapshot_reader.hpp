// Reads a snapshot: first all of it to check every block, the footer and the tag over all tags; only then again to hand
// out its records. So a bad snapshot has changed nothing when recovery turns to the one before.
#pragma once

#include "storage/log/file.hpp"
#include "storage/record/record.hpp"
#include "storage/snapshot/snapshot_format.hpp"

#include <functional>
#include <string>

namespace pawl::storage {

enum class snapshot_fault : std::uint8_t {
    none,
    missing,
    unreadable, // the system could not read it
    bad,        // a CRC, a count or a size is wrong
    tampered,   // CRCs right, a tag wrong
    newer_format,
    wrong_key,
};
const char* describe(snapshot_fault fault) noexcept;

struct snapshot_check {
    snapshot_fault fault = snapshot_fault::missing;
    std::uint64_t offset = 0; // where it was found
    snapshot_footer footer;   // where fault is none
};

// `tag`: what the manifest says the footer's is; null takes any (tools).
snapshot_check verify_snapshot(file_system& fs, const snapshot_identity& id, const log_keys& keys, const tag16* tag,
                               open_mode mode = open_mode::read);

// The same where the keys are not at hand: CRCs, counts and sizes only, and `tag` as it is written in the footer.
// `key_check` is the manifest's.
snapshot_check verify_snapshot_crcs(file_system& fs, const snapshot_identity& id,
                                    const std::array<std::uint8_t, 8>& key_check, const tag16* tag,
                                    open_mode mode = open_mode::read);

// Hands out the records of a verified snapshot in order, on the caller's thread. Throws refused where the file is no
// longer what was verified.
void read_snapshot(file_system& fs, const snapshot_identity& id, const snapshot_footer& footer, timestamp_ms time,
                   const std::function<void(const record_view&)>& apply);
// The same with `threads` threads: each asks `reader` for a function and gives that one what it reads, so the records
// come in any order where they are more than one. What is thrown ends all of them and is thrown on.
void read_snapshot(file_system& fs, const snapshot_identity& id, const snapshot_footer& footer, timestamp_ms time,
                   const std::function<std::function<void(const record_view&)>()>& reader, unsigned threads);

// How many threads are worth having for a snapshot of so many blocks, of at most `threads_max`.
unsigned threads_for_snapshot(const snapshot_footer& footer, unsigned threads_max) noexcept;

} // namespace pawl::storage
