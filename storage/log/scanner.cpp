#include "storage/log/scanner.hpp"

#include <algorithm>

namespace pawl::storage {
namespace {

// Whether a write of [from, from + extent) that was interrupted may have left this: a sector that did not reach the
// disk still holds the zeros the segment was made of.
bool torn_shape(bytes_view segment, std::uint64_t from, std::uint64_t extent) noexcept {
    const std::uint64_t to = from + extent;
    if (segment[to - 1] == 0) { // the trailer's last byte is never zero
        return true;
    }
    for (std::uint64_t at = from; at < to;) {
        const std::uint64_t end = std::min(to, round_down(at, disk_sector_size) + disk_sector_size);
        if (all_zero(segment.subspan(at, end - at))) {
            return true;
        }
        at = end;
    }
    return false;
}

bool records_add_up(bytes_view payload, std::uint32_t n_records) noexcept {
    record_cursor cursor{payload};
    record_view record;
    std::uint32_t n = 0;
    while (cursor.next(record)) {
        ++n;
    }
    return cursor.complete() && n == n_records;
}

} // namespace

bool has_frame_header(bytes_view segment, std::uint64_t from, std::uint32_t wal_pad, const store_uuid& uuid) noexcept {
    for (std::uint64_t at = round_up(from, wal_pad); at + frame_header_size <= segment.size(); at += wal_pad) {
        if (decode_frame_header(segment.subspan(at), uuid)) {
            return true;
        }
    }
    return false;
}

observation segment_scanner::observe(std::optional<decoded_header>& header) {
    observation seen;
    seen.sealed = sealed_;
    seen.later_segment_used = options_.later_segment_used;
    const bytes_view rest = bytes_.subspan(std::min<std::size_t>(offset_, bytes_.size()));
    header = decode_frame_header(rest, context_.uuid);
    seen.header_valid = header.has_value();
    const bool trusted = options_.trust_first;
    if (trusted && header) {
        expected_.batch_seq = header->fields.batch_seq;
        expected_.lsn = header->fields.first_lsn;
    }
    seen.below_floor = expected_.batch_seq <= options_.floor_batch_seq;
    const auto fill_surroundings = [&] {
        const std::size_t head = std::min(rest.size(), frame_header_size);
        seen.header_zero = all_zero(rest.first(head));
        seen.zeros_after_header = all_zero(rest.subspan(head));
        seen.zeros_to_end = seen.header_zero && seen.zeros_after_header;
        seen.later_header =
            !seen.zeros_after_header && has_frame_header(bytes_, offset_ + 1, options_.wal_pad, context_.uuid);
    };
    if (!header || sealed_) {
        fill_surroundings();
        return seen;
    }
    const std::uint64_t extent = frame_extent(header->payload_size);
    seen.format_known = header->type_known && header->version == frame_header_version;
    seen.extent_fits = header->payload_size <= frame_payload_max && extent <= rest.size();
    seen.sequence_right = header->fields.batch_seq == expected_.batch_seq;
    seen.lsn_right = header->fields.first_lsn == expected_.lsn;
    if (!seen.extent_fits) {
        return seen;
    }
    const bytes_view frame = rest.first(extent);
    seen.content_ok = frame_content_ok(frame, *header);
    if (!seen.content_ok) {
        seen.torn_shaped = torn_shape(bytes_, offset_, extent);
        fill_surroundings();
        return seen;
    }
    seen.chain_ok = trusted || context_.mac == nullptr ||
                    (seen.sequence_right && expected_chain(frame, *header, context_, expected_.chain) == header->chain);
    seen.records_ok =
        records_add_up(frame.subspan(frame_header_size, header->payload_size), header->fields.n_records) &&
        (header->fields.type == frame_type::data || header->payload_size == 0);
    return seen;
}

std::optional<frame_view> segment_scanner::next() {
    std::optional<decoded_header> header;
    const observation seen = observe(header);
    end_ = judge(seen);
    if (end_.kind == scan_verdict_kind::sealed_end && !(seen.header_zero && seen.zeros_after_header)) {
        stray_at_ = offset_;
    }
    if (end_.kind != scan_verdict_kind::good) {
        return std::nullopt;
    }
    frame_view frame;
    frame.fields = header->fields;
    frame.payload = bytes_.subspan(offset_ + frame_header_size, header->payload_size);
    frame.offset = offset_;
    const std::uint64_t extent = frame_extent(header->payload_size);
    frame.padded = std::min<std::uint64_t>(round_up(offset_ + extent, options_.wal_pad), bytes_.size()) - offset_;
    frame.chain = header->chain;
    if (!all_zero(bytes_.subspan(offset_ + extent, frame.padded - extent))) {
        stray_at_ = offset_ + extent;
    }
    sealed_ = header->fields.type == frame_type::seal;
    options_.trust_first = false;
    ++expected_.batch_seq;
    expected_.lsn += header->fields.n_records;
    expected_.chain = header->chain;
    offset_ += frame.padded;
    return frame;
}

} // namespace pawl::storage
