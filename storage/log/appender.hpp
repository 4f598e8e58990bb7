// Appends frames to the log, one at a time: each is written and synced before the next is begun (R9). No threads of its
// own; log_writer drives it, and tests do.
#pragma once

#include "storage/log/frame.hpp"
#include "storage/log/log_start.hpp"
#include "storage/log/segment_pool.hpp"

#include <cstdint>
#include <memory>
#include <system_error>

namespace pawl::storage {

// Where recovery left the log.
struct append_point {
    segment_header segment;
    std::uint64_t offset = 0;                // of the next frame in it
    log_start next;                          // what that frame carries; next.segno == segment.segno
    frame_type last_type = frame_type::seal; // of the frame before it (of none: seal, which needs no proof)
};

// Zones of a segment, from its start: ordinary frames, then the reserved tail for what ends something (R6), then room
// for a CLEAN and a SEAL.
enum class segment_zone : std::uint8_t { ordinary, ending };
// Where the zone ends: frames of it end at or before.
std::uint64_t zone_end(const segment_header& segment, segment_zone zone) noexcept;

class log_appender {
public:
    log_appender(file_system& fs, const log_keys& keys, const store_uuid& uuid, const append_point& at);

    // Opens the segment. Before anything else.
    std::error_code open();

    // The largest payload a frame may have now, at most frame_payload_max; std::nullopt if not even an empty one fits.
    std::optional<std::uint32_t> capacity(segment_zone zone) const noexcept;
    // Where to put the payload of the next frame: frame_payload_max bytes.
    std::uint8_t* payload() noexcept { return buffer_.data() + frame_header_size; }

    // Writes and syncs one frame. After an error nothing may be appended any more (R2): the state of the file is not
    // known.
    std::error_code append(frame_type type, std::uint32_t payload_size, std::uint32_t n_records, timestamp_ms time);
    // SEAL, synced, then on in `next`, a spare.
    std::error_code roll(const segment_header& next, timestamp_ms time);

    const append_point& at() const noexcept { return at_; }
    bool segment_is_empty() const noexcept { return at_.offset == at_.segment.first_frame(); }
    std::uint64_t bytes_written() const noexcept { return bytes_written_; }
    // Of the last append: its write and its sync.
    std::uint64_t last_sync_ns() const noexcept { return last_sync_ns_; }

private:
    file_system& fs_;
    hmac_sha256 mac_;
    frame_context context_;
    append_point at_;
    std::unique_ptr<file> file_;
    aligned_buffer buffer_;
    std::uint64_t bytes_written_ = 0, last_sync_ns_ = 0;
    bool failed_ = false;
};

} // namespace pawl::storage
