#include "storage/log/appender.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <chrono>

namespace pawl::storage {
namespace {

// The reserved tail: at most 256 KiB, an eighth of a small segment.
constexpr std::uint64_t reserved_tail_max = 256U << 10U;
constexpr std::uint64_t reserved_tail_share = 8;
constexpr std::uint64_t closing_frames = 2; // CLEAN and SEAL

} // namespace

std::uint64_t zone_end(const segment_header& segment, segment_zone zone) noexcept {
    const std::uint64_t closing = closing_frames * frame_padded_size(0, segment.wal_pad);
    const std::uint64_t tail =
        round_down(std::min(reserved_tail_max, segment.file_size / reserved_tail_share), segment.wal_pad);
    const std::uint64_t kept = closing + (zone == segment_zone::ordinary ? tail : 0);
    return std::max(segment.first_frame(), segment.file_size - std::min(segment.file_size, kept));
}

log_appender::log_appender(file_system& fs, const log_keys& keys, const store_uuid& uuid, const append_point& at)
    : fs_(fs), mac_(keys.chain()), context_{uuid, &mac_}, at_(at) {
    buffer_.resize(frame_padded_size(frame_payload_max, wal_pad_max));
}

std::error_code log_appender::open() {
    // Frames of whole pages go past the page cache: no copies, nothing that the sync must find and write out first.
    const bool whole_pages = at_.segment.wal_pad % aligned_buffer::alignment == 0;
    std::error_code ec;
    file_ = fs_.open(segment_name(at_.segment.segno), whole_pages ? open_mode::write_direct : open_mode::write, ec);
    failed_ = static_cast<bool>(ec);
    return ec;
}

std::optional<std::uint32_t> log_appender::capacity(segment_zone zone) const noexcept {
    const std::uint64_t end = zone_end(at_.segment, zone);
    if (at_.offset + frame_padded_size(0, at_.segment.wal_pad) > end) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(frame_payload_max, end - at_.offset - frame_extent(0)));
}

std::error_code log_appender::append(frame_type type, std::uint32_t payload_size, std::uint32_t n_records,
                                     timestamp_ms time) {
    const std::uint64_t padded = frame_padded_size(payload_size, at_.segment.wal_pad);
    // Wrong here would mean writing over the next file's worth of promises, so it is checked in every build.
    if (failed_ || !file_ || at_.offset + padded > at_.segment.file_size || payload_size > frame_payload_max) {
        return std::make_error_code(std::errc::operation_not_permitted);
    }
    frame_fields fields;
    fields.type = type;
    fields.batch_seq = at_.next.batch_seq;
    fields.first_lsn = at_.next.lsn;
    fields.n_records = n_records;
    fields.time = time;
    const std::span<std::uint8_t> frame{buffer_.data(), padded};
    tag16 chain = at_.next.chain;
    finish_frame(frame, fields, payload_size, context_, chain);
    failed_ = true; // until both calls have said otherwise
    // Both: past the page cache it is the write that waits for the disk first.
    const auto before = std::chrono::steady_clock::now();
    if (const std::error_code ec = write_fully(*file_, at_.offset, frame)) {
        return ec;
    }
    if (const std::error_code ec = file_->sync_data()) {
        return ec;
    }
    const auto took = std::chrono::steady_clock::now() - before;
    last_sync_ns_ = static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
    failed_ = false;
    at_.offset += padded;
    at_.next.chain = chain;
    ++at_.next.batch_seq;
    at_.next.lsn += n_records;
    at_.last_type = type;
    bytes_written_ += padded;
    return {};
}

std::error_code log_appender::roll(const segment_header& next, timestamp_ms time) {
    BOOST_ASSERT(next.segno == at_.segment.segno + 1);
    if (const std::error_code ec = append(frame_type::seal, 0, 0, time)) {
        return ec;
    }
    at_.segment = next;
    at_.next.segno = next.segno;
    at_.offset = next.first_frame();
    return open();
}

} // namespace pawl::storage
