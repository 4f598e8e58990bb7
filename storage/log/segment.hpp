// Segments: files of one size, made of zeros, with an immutable header and then frames. One with a header and otherwise
// zeros is a spare.
#pragma once

#include "storage/log/file.hpp"
#include "storage/log/keys.hpp"
#include "storage/record/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::storage {

inline constexpr std::uint16_t format_major = 1, format_minor = 0; // of segments, manifests and snapshots
inline constexpr std::size_t segment_header_size = 4096;
inline constexpr std::uint64_t segment_size_max = 1ULL << 30U; // a segment is read into memory whole
inline constexpr std::uint32_t wal_pad_min = 64, wal_pad_max = 65536, wal_pad_default = 4096;

struct segment_header {
    std::uint16_t major = format_major, minor = format_minor;
    store_uuid uuid{};
    std::uint64_t segno = 0;
    std::uint64_t file_size = 0;
    std::array<std::uint8_t, 8> key_check{};
    std::uint32_t wal_pad = wal_pad_default; // frames of this segment start at its multiples

    std::uint64_t first_frame() const noexcept { return round_up(segment_header_size, wal_pad); }
};

using segment_header_bytes = std::array<std::uint8_t, segment_header_size>;
segment_header_bytes encode_segment_header(const segment_header& header) noexcept;

enum class header_fault : std::uint8_t { none, bad, newer_format, foreign, wrong_key };
// What is wrong with a header, in this order: magic, length or CRC (bad), major, uuid, key_check. `out` is filled where
// its CRC is right.
header_fault decode_segment_header(bytes_view bytes, const store_uuid& uuid,
                                   const std::array<std::uint8_t, 8>& key_check, segment_header& out) noexcept;

std::string segment_name(std::uint64_t segno);
std::string snapshot_name(std::uint64_t lsn);
// `wal-<016x>.cut`: what recovery cut off that segment; the next time `wal-<016x>.2.cut`, up to cuts_kept_max.
inline constexpr unsigned cuts_kept_max = 99;
std::string cut_name(std::uint64_t segno, unsigned number = 1);
// The number in `wal-<016x>.log` or `snap-<016x>.dat`; nothing for any other name.
std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept;
std::optional<std::uint64_t> parse_snapshot_name(std::string_view name) noexcept;
std::optional<std::uint64_t> parse_cut_name(std::string_view name) noexcept;

enum class segment_blocks : std::uint8_t {
    fresh,  // a new temporary file
    reused, // the temporary file is there, a spare renamed, and is written over: needs no room
};
// Writes a segment as a temporary file: `content` (from offset 0; where shorter than the header, the header alone),
// then zeros to its size, fsync. Then renames it to its name, fsyncs the directory. Removes what it made where it
// fails.
std::error_code make_segment(file_system& fs, const segment_header& header, bytes_view content = {},
                             segment_blocks blocks = segment_blocks::fresh);

} // namespace pawl::storage
