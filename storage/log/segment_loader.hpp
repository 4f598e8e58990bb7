// One segment of a data directory, read whole and checked as far as its header and size. Recovery and pawlctl use it.
#pragma once

#include "storage/log/file.hpp"
#include "storage/log/segment.hpp"

#include <string>

namespace pawl::storage {

enum class segment_fault : std::uint8_t {
    none,
    missing,
    unreadable, // a read error: never taken for an end (row 9)
    bad_header,
    newer_format,
    foreign,
    wrong_key,
    wrong_number, // its header says another segment number than its name
    wrong_size,   // row 7
};

struct loaded_segment {
    segment_fault fault = segment_fault::missing;
    std::uint64_t offset = 0; // of a read error
    std::error_code error;
    bool direct = false; // read past the page cache
    segment_header header;
    aligned_buffer bytes; // the file, or its beginning; reused from one load to the next

    // Anything but zeros after the header.
    bool is_used() const noexcept { return !all_zero(bytes.view().subspan(segment_header_size)); }
};

// Enough to see whether a segment was ever written to: its first frame would begin here.
inline constexpr std::uint64_t segment_head_size = segment_header_size + wal_pad_max;

// Reads `segment_name(segno)`, at most `size_max` bytes of it, past the page cache where the file system can. False
// where `out.fault` is not none.
bool load_segment(file_system& fs, std::uint64_t segno, const store_uuid& uuid, const log_keys& keys,
                  loaded_segment& out, std::uint64_t size_max = segment_size_max);
// The same where the keys are not at hand: `key_check` is the manifest's.
bool load_segment(file_system& fs, std::uint64_t segno, const store_uuid& uuid,
                  const std::array<std::uint8_t, 8>& key_check, loaded_segment& out,
                  std::uint64_t size_max = segment_size_max);

const char* describe(segment_fault fault) noexcept;

} // namespace pawl::storage
