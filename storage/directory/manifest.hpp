// MANIFEST.a and MANIFEST.b: two equal copies of where recovery begins. One line of JSON for people and tools, one line
// with a keyed tag and a CRC.
#pragma once

#include "core/clock.hpp"
#include "storage/log/file.hpp"
#include "storage/log/keys.hpp"
#include "storage/log/log_start.hpp"
#include "storage/log/segment.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

inline constexpr char manifest_name_a[] = "MANIFEST.a";
inline constexpr char manifest_name_b[] = "MANIFEST.b";
inline constexpr std::size_t manifest_size_max = 64 * 1024;
inline constexpr std::size_t manifest_snapshots_max = 16; // two are written; a reader takes no more than this

// A restore draws a mark at random, and ids of events name it. The member that holds it counted restores in 0.1: what
// is lower than this is such a count, and marks nothing.
inline constexpr std::uint64_t restore_mark_min = std::uint64_t{1} << 32U;

struct manifest_snapshot {
    std::uint64_t lsn = 0; // its name is snapshot_name(lsn): it holds every record below
    tag16 tag{};           // of its footer
    std::uint64_t size = 0;
    log_start start; // start.lsn == lsn: where the log goes on from it

    friend bool operator==(const manifest_snapshot&, const manifest_snapshot&) = default;
};

struct manifest {
    std::uint64_t seq = 0; // of manifests: the higher of two good copies is the newer
    std::uint16_t major = format_major, minor = format_minor;
    store_uuid uuid{};
    std::array<std::uint8_t, 8> key_check{};
    std::vector<manifest_snapshot> snapshots; // newest first
    log_start oldest;                         // the oldest segment recovery may need
    std::uint64_t floor_batch_seq = 0;        // frames up to this one were durable when this was written
    std::uint64_t restore_epoch = 0;          // as it is written; restore_mark() is what it means
    std::uint64_t next_user_id = 1;
    timestamp_ms time{};

    // Of the restore or salvage that began this history of the store; 0: there was none.
    std::uint64_t restore_mark() const noexcept { return restore_epoch < restore_mark_min ? 0 : restore_epoch; }

    friend bool operator==(const manifest&, const manifest&) = default;
};

// A mark as people and ids have it: 16 hex digits.
std::string mark_text(std::uint64_t mark);

std::string encode_manifest(const manifest& m, const log_keys& keys);

enum class manifest_fault : std::uint8_t {
    none,
    missing,
    unreadable,   // the system could not read it
    bad,          // CRC, JSON or a member is wrong
    tampered,     // CRC right, tag wrong
    newer_format, // of a newer major version
    wrong_key,    // made with another key
};
struct decoded_manifest {
    manifest_fault fault = manifest_fault::missing;
    manifest value; // where fault is none
    // Where fault is bad since a member is absent or of another kind: the first such.
    std::string member{};
};
// Without keys (null) its CRC, form and members are checked, and not whose hand it is of.
decoded_manifest decode_manifest(std::string_view text, const log_keys* keys);
inline decoded_manifest decode_manifest(std::string_view text, const log_keys& keys) {
    return decode_manifest(text, &keys);
}

decoded_manifest read_manifest(file_system& fs, const std::string& name, const log_keys* keys);
inline decoded_manifest read_manifest(file_system& fs, const std::string& name, const log_keys& keys) {
    return read_manifest(fs, name, &keys);
}
const char* describe(manifest_fault fault) noexcept;

// Both copies, and which of them counts.
struct manifest_pair {
    manifest_fault a = manifest_fault::missing, b = manifest_fault::missing;
    manifest value;      // the higher of two good ones, or the only good one; where exists()
    bool differ = false; // a copy is bad or behind
    std::vector<std::string> notes;

    bool exists() const noexcept { return a != manifest_fault::missing || b != manifest_fault::missing; }
};
// Throws refused where there are manifests and none that may be used.
manifest_pair read_manifests(file_system& fs, const log_keys* keys);
// A, then B; both whole and durable when it returns no error.
std::error_code write_manifests(file_system& fs, const manifest& m, const log_keys& keys);

} // namespace pawl::storage
