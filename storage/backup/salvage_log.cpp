// The log of a damaged directory: every frame that is whole, proven or not, and what is missing between them.
#include "storage/backup/salvage_run.hpp"
#include "storage/exit_code.hpp"

#include <algorithm>

namespace pawl::storage {

// All that can be read of a segment; what can't reads as zeros, and is listed.
std::vector<std::uint8_t> salvage_run::read_segment(std::uint64_t segno) {
    constexpr std::size_t piece = 4096;
    const std::string name = segment_name(segno);
    std::error_code ec;
    const std::unique_ptr<file> f = files_.open(name, open_mode::read, ec);
    const std::uint64_t size = f ? std::min(f->size(ec), segment_size_max) : 0;
    std::vector<std::uint8_t> bytes(size);
    if (!f || ec) {
        out_.losses.push_back({.file = name, .what = "cannot be read: " + ec.message()});
        return bytes;
    }
    if (read_fully(*f, 0, bytes, ec) == size) {
        return bytes;
    }
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    for (std::uint64_t at = 0; at < size; at += piece) {
        const std::size_t n = std::min<std::uint64_t>(piece, size - at);
        if (read_fully(*f, at, std::span(bytes).subspan(at, n), ec) != n) {
            out_.notes.push_back(path(name) + ": offset " + std::to_string(at) + ": cannot be read: " + ec.message());
        }
    }
    return bytes;
}

std::optional<found_frame> salvage_run::frame_at(bytes_view segment, std::uint64_t offset,
                                                 std::uint32_t wal_pad) const {
    const bytes_view rest = segment.subspan(offset);
    const std::optional<decoded_header> header = decode_frame_header(rest, uuid_);
    if (!header || !header->type_known || header->version != frame_header_version ||
        header->payload_size > frame_payload_max || frame_extent(header->payload_size) > rest.size()) {
        return std::nullopt;
    }
    const std::uint64_t extent = frame_extent(header->payload_size);
    if (!frame_content_ok(rest.first(extent), *header)) {
        return std::nullopt;
    }
    found_frame frame;
    frame.header = *header;
    frame.offset = offset;
    frame.padded = std::min<std::uint64_t>(round_up(offset + extent, wal_pad), segment.size()) - offset;
    frame.extent = rest.first(extent);
    frame.payload = rest.subspan(frame_header_size, header->payload_size);
    return frame;
}

void salvage_run::note_serving(const record_view& record, bool of_snapshot) {
    if (record.type != static_cast<std::uint16_t>(record_type::serving)) {
        return;
    }
    if (!(of_snapshot ? served_.note_snapshot_record(record) : served_.note_record(record))) {
        ++out_.malformed_records;
    }
}

void salvage_run::apply(const found_frame& frame) {
    record_cursor cursor{frame.payload};
    record_view record;
    record.time = frame.header.fields.time;
    record.lsn = frame.header.fields.first_lsn;
    for (; cursor.next(record); ++record.lsn) {
        if (record.lsn < out_.snapshot_lsn) {
            continue; // the snapshot says what came of it; by itself it might bring back what was deleted since
        }
        ++out_.records;
        if (!is_known_record(record.type)) {
            if ((record.type & critical_record_bit) != 0) {
                throw refused(exit_code::newer_format,
                              "record " + std::to_string(record.lsn) + " is of a newer format");
            }
            continue;
        }
        note_serving(record, false);
        try {
            out_.image.apply(record);
        } catch (const refused& why) {
            if (why.kind() != exit_code::corrupt) {
                throw;
            }
            ++out_.malformed_records;
        }
    }
}

// Between what was expected and the frame `next` something is missing.
void salvage_run::lose_until(const std::string& file, std::uint64_t offset, const decoded_header& next,
                             const std::string& what) {
    salvage_loss loss;
    loss.file = damage_file_.empty() ? file : damage_file_;
    loss.offset = damage_file_.empty() ? offset : damage_offset_;
    loss.what = damage_what_.empty() ? what : damage_what_;
    if (expected_) {
        loss.batch_from = expected_->batch_seq;
        loss.lsn_from = expected_->lsn;
    } else {
        loss.batch_from = 1;
        loss.lsn_from = 1;
    }
    loss.batch_to = next.fields.batch_seq - 1;
    loss.lsn_to = next.fields.first_lsn - 1;
    loss.from = last_time_;
    loss.to = next.fields.time;
    loss.costs_state = loss.lsn_to >= loss.lsn_from && next.fields.first_lsn > out_.snapshot_lsn;
    out_.losses.push_back(std::move(loss));
}

void salvage_run::take(const std::string& file, const found_frame& frame) {
    const frame_fields& fields = frame.header.fields;
    if (expected_ && fields.batch_seq < expected_->batch_seq) {
        damage_file_ = file; // an old frame where a newer one should stand
        damage_offset_ = frame.offset;
        damage_what_ = "a frame of an earlier batch stands in the place of another";
        return;
    }
    const bool follows = expected_ && fields.batch_seq == expected_->batch_seq && fields.first_lsn == expected_->lsn;
    // The first frame of all: its chain is known where the whole log, or where the manifest says how it begins.
    const frame_context context{uuid_, &mac_};
    bool proven = false, forged = false;
    const auto start = starts_.find(fields.batch_seq);
    const tag16* before = start == starts_.end() ? nullptr : &start->second;
    if (follows && chain_known_) {
        before = &expected_->chain;
    }
    if (before != nullptr) {
        proven = expected_chain(frame.extent, frame.header, context, *before) == frame.header.chain;
        forged = !proven;
    }
    if (!follows && (expected_ || fields.batch_seq > 1)) {
        const bool is_retained = !expected_ && has_head_ && fields.batch_seq <= head_.oldest.batch_seq;
        if (!is_retained) { // what retention deleted before the first segment is no loss
            lose_until(file, frame.offset, frame.header, "frames are missing before this one");
        }
    }
    if (forged) {
        salvage_loss loss;
        loss.file = file;
        loss.offset = frame.offset;
        loss.what = "checksums right, chain wrong: changed by another hand; not used";
        loss.batch_from = loss.batch_to = fields.batch_seq;
        loss.lsn_from = fields.first_lsn;
        loss.lsn_to = fields.first_lsn + fields.n_records - 1;
        loss.from = last_time_;
        loss.to = fields.time;
        loss.costs_state = loss.lsn_to >= out_.snapshot_lsn && fields.n_records > 0;
        out_.losses.push_back(std::move(loss));
    } else {
        ++out_.frames;
        const bool counts = fields.n_records > 0 && fields.first_lsn + fields.n_records > out_.snapshot_lsn;
        out_.unproven_frames += counts && !proven ? 1 : 0;
        apply(frame);
    }
    damage_file_.clear();
    damage_what_.clear();
    expected_ = log_start{0, fields.batch_seq + 1, fields.first_lsn + fields.n_records, frame.header.chain};
    chain_known_ = true;
    last_time_ = fields.time;
    if (fields.first_lsn >= out_.snapshot_lsn) { // what came before the snapshot may be of a clock that was set since
        served_.note_time(fields.time);
    }
}

// How far to go on from what is no whole frame: over its extent where its header says that soundly, so that nothing
// within its payload is taken for a frame; else to the next place where one may begin.
std::uint64_t salvage_run::extent_at(bytes_view segment, std::uint64_t offset) const {
    const std::optional<decoded_header> header = decode_frame_header(segment.subspan(offset), uuid_);
    const bool sound = header && header->payload_size <= frame_payload_max &&
                       frame_extent(header->payload_size) <= segment.size() - offset;
    return sound ? frame_padded_size(header->payload_size, wal_pad_) : wal_pad_;
}

void salvage_run::scan(std::uint64_t segno) {
    const std::string name = segment_name(segno);
    const std::vector<std::uint8_t> content = read_segment(segno);
    const bytes_view segment{content};
    const auto damaged = [&](std::uint64_t offset, std::string_view what) {
        if (damage_file_.empty()) {
            damage_file_ = name;
            damage_offset_ = offset;
        }
        if (damage_what_.empty() || (damage_what_ == zeros && what != zeros)) {
            damage_what_ = what; // from zeros on there may be nothing; of anything else not
        }
    };
    segment_header header;
    const header_fault fault = decode_segment_header(segment, uuid_, keys_.key_check(uuid_), header);
    if (fault == header_fault::newer_format) {
        throw refused(exit_code::newer_format, path(name) + ": written by a newer version of pawl");
    }
    if (fault == header_fault::foreign) {
        out_.losses.push_back({.file = name, .what = "belongs to another store; not used"});
        return;
    }
    std::uint64_t offset = round_up(segment_header_size, wal_pad_);
    if (fault == header_fault::none) {
        wal_pad_ = header.wal_pad;
        offset = header.first_frame();
        if (header.segno != segno) {
            out_.notes.push_back(path(name) + " is segment " + std::to_string(header.segno) + " by its header");
        }
        if (header.file_size != segment.size()) {
            damaged(std::min<std::uint64_t>(header.file_size, segment.size()),
                    "the file has not the size its header says");
        }
    } else {
        out_.losses.push_back({.file = name,
                               .what = "the segment header is damaged; its frames are used all the same",
                               .costs_state = false,
                               .maybe_acknowledged = false});
    }
    bool sealed = false;
    while (offset + frame_header_size <= segment.size()) {
        const std::optional<found_frame> frame = frame_at(segment, offset, wal_pad_);
        if (frame) {
            sealed = frame->header.fields.type == frame_type::seal;
            take(name, *frame);
            offset += frame->padded;
            continue;
        }
        const std::uint64_t size = std::min<std::uint64_t>(wal_pad_, segment.size() - offset);
        if (!sealed) {
            damaged(offset, all_zero(segment.subspan(offset, size)) ? zeros : std::string_view("a frame is damaged"));
        }
        offset += extent_at(segment, offset);
    }
}

void salvage_run::read_log() {
    std::error_code ec;
    std::vector<std::uint64_t> segnos;
    for (const std::string& name : files_.list(ec)) {
        if (const auto segno = parse_segment_name(name)) {
            segnos.push_back(*segno);
        }
    }
    std::sort(segnos.begin(), segnos.end());
    if (has_head_ && head_.oldest.batch_seq == 1) {
        expected_ = head_.oldest;
        chain_known_ = true;
    }
    std::uint64_t next = has_head_ ? head_.oldest.segno : 0;
    for (const std::uint64_t segno : segnos) {
        if (next != 0 && next < segno && damage_file_.empty()) {
            damage_file_ = segment_name(next); // the first of those that are missing, however many they are
            damage_offset_ = 0;
            damage_what_ = "the segment is missing";
        }
        scan(segno);
        next = segno == UINT64_MAX ? segno : std::max(next, segno + 1);
    }
}

} // namespace pawl::storage
