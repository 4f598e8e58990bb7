// Reads the frames of one segment in memory, and says what stands where they end. No files: recovery, pawlctl and the
// fuzzer hand it bytes.
#pragma once

#include "storage/log/frame.hpp"
#include "storage/log/log_start.hpp"
#include "storage/log/scan_verdict.hpp"
#include "storage/log/segment.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pawl::storage {

struct frame_view {
    frame_fields fields;
    bytes_view payload;       // points into the scanned bytes
    std::uint64_t offset = 0; // in the segment
    std::uint64_t padded = 0; // bytes up to the next frame
    tag16 chain{};
};

class segment_scanner {
public:
    struct options {
        std::uint32_t wal_pad = wal_pad_default;
        std::uint64_t first_frame = segment_header_size;
        std::uint64_t floor_batch_seq = 0;
        bool later_segment_used = false;
        // What came before the first frame is not at hand: its number, its first record's and its chain are taken as
        // they stand, and all that follows is proven from there. For readers of old segments, never for recovery.
        bool trust_first = false;
    };
    // Without context.mac chains are not checked. `bytes`: the whole segment. `expected`: what the next frame must
    // carry; next() moves it on. All three must outlive the scanner.
    segment_scanner(bytes_view bytes, const options& o, const frame_context& context, log_start& expected) noexcept
        : bytes_(bytes), options_(o), context_(context), expected_(expected), offset_(o.first_frame) {}

    // The next good frame, or nothing: then end() says why.
    std::optional<frame_view> next();
    const scan_verdict& end() const noexcept { return end_; }
    // Where the next frame would begin.
    std::uint64_t offset() const noexcept { return offset_; }
    // Bytes that are not zero in the padding of good frames, or after a SEAL: rot that cost nothing.
    std::uint64_t stray_bytes_at() const noexcept { return stray_at_; }
    bool sealed() const noexcept { return sealed_; }

private:
    observation observe(std::optional<decoded_header>& header);

    bytes_view bytes_;
    options options_;
    const frame_context& context_;
    log_start& expected_;
    std::uint64_t offset_;
    std::uint64_t stray_at_ = 0;
    bool sealed_ = false;
    scan_verdict end_;
};

// True where a valid header of this store begins at a multiple of `wal_pad` from `from` on.
bool has_frame_header(bytes_view segment, std::uint64_t from, std::uint32_t wal_pad, const store_uuid& uuid) noexcept;

} // namespace pawl::storage
