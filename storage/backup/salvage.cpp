#include "storage/backup/salvage.hpp"

#include "storage/backup/frozen_store.hpp"
#include "storage/backup/new_directory.hpp"
#include "storage/directory/directory_state.hpp"
#include "storage/log/frame.hpp"
#include "storage/record/serving.hpp"
#include "storage/snapshot/snapshot_reader.hpp"

#include <algorithm>
#include <map>

namespace pawl::storage {
namespace {

constexpr std::string_view zeros = "zeros stand where frames should be";

// What stands at one place of a segment and is a whole frame by its checksums.
struct found_frame {
    decoded_header header;
    std::uint64_t offset = 0, padded = 0;
    bytes_view payload, extent;
};

class salvage_run {
public:
    salvage_run(frozen_directory& files, const secret_bytes& log_key, salvage_report& report)
        : files_(files), keys_(log_key), mac_(keys_.chain()), out_(report) {
        out_.image.tolerant = true;
    }

    void identify();
    void use_snapshot();
    void read_log();
    void finish();

private:
    std::string path(const std::string& name) const { return files_.path() + "/" + name; }
    void learn(const std::string& name, const store_uuid& uuid, const std::array<std::uint8_t, 8>& key_check);
    std::optional<segment_header> header_of(std::uint64_t segno, std::string& fault);
    std::vector<std::uint8_t> read_segment(std::uint64_t segno);
    std::optional<found_frame> frame_at(bytes_view segment, std::uint64_t offset, std::uint32_t wal_pad) const;
    std::uint64_t extent_at(bytes_view segment, std::uint64_t offset) const;
    void scan(std::uint64_t segno);
    void take(const std::string& file, const found_frame& frame);
    void lose_until(const std::string& file, std::uint64_t offset, const decoded_header& next, const std::string& what);
    void apply(const found_frame& frame);
    void note_serving(const record_view& record, bool of_snapshot);

    frozen_directory& files_;
    log_keys keys_;
    hmac_sha256 mac_;
    salvage_report& out_;
    served_time_reader served_;
    store_uuid uuid_{};
    bool known_ = false;
    manifest head_; // where one is good
    bool has_head_ = false;
    std::map<std::uint64_t, tag16> starts_; // chains that the manifest knows, by the batch that comes after
    std::uint64_t floor_ = 0, highest_listed_lsn_ = 0;
    std::uint32_t wal_pad_ = wal_pad_default;

    // The last frame that was seen, used or not; nothing before the first.
    std::optional<log_start> expected_; // what comes after it
    bool chain_known_ = false;          // expected_.chain is what that frame carried
    std::optional<timestamp_ms> last_time_;
    std::string damage_file_, damage_what_; // the first place that was passed over since then
    std::uint64_t damage_offset_ = 0;
};

void salvage_run::learn(const std::string& name, const store_uuid& uuid, const std::array<std::uint8_t, 8>& key_check) {
    if (known_) {
        return;
    }
    if (keys_.key_check(uuid) != key_check) {
        throw refused(exit_code::wrong_key, path(name) + ": this key file is not the one these data were written with");
    }
    uuid_ = uuid;
    known_ = true;
}

// The store's identity: of a manifest, else of the first header that is whole. It is proven by its key_check.
void salvage_run::identify() {
    std::error_code ec;
    const std::vector<std::string> names = files_.list(ec);
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        const decoded_manifest m = read_manifest(files_, name, keys_);
        if (m.fault == manifest_fault::none) {
            learn(name, m.value.uuid, m.value.key_check);
            if (!has_head_ || head_.seq < m.value.seq) {
                head_ = m.value;
                has_head_ = true;
            }
        } else if (m.fault == manifest_fault::wrong_key) {
            throw refused(exit_code::wrong_key,
                          path(name) + ": this key file is not the one these data were written with");
        } else if (m.fault == manifest_fault::newer_format) {
            throw refused(exit_code::newer_format, path(name) + ": written by a newer version of pawl");
        } else {
            out_.losses.push_back({.file = name,
                                   .what = "the manifest copy is missing or damaged",
                                   .costs_state = false,
                                   .maybe_acknowledged = false});
        }
    }
    for (const std::string& name : names) {
        const bool is_snapshot = parse_snapshot_name(name).has_value();
        if (known_ || !(is_snapshot || parse_segment_name(name))) {
            continue;
        }
        std::array<std::uint8_t, segment_header_size> head{};
        const std::unique_ptr<file> f = files_.open(name, open_mode::read, ec);
        if (!f || read_fully(*f, 0, head, ec) != head.size()) {
            continue;
        }
        // Both headers have the uuid at 16 and key_check at 48; a wrong CRC shows as a fault other than foreign.
        store_uuid uuid{};
        std::array<std::uint8_t, 8> check{};
        std::copy_n(head.begin() + 16, uuid.size(), uuid.begin());
        std::copy_n(head.begin() + 48, check.size(), check.begin());
        segment_header header;
        const header_fault fault = is_snapshot ? decode_snapshot_header(head, {uuid, *parse_snapshot_name(name)}, check)
                                               : decode_segment_header(head, uuid, check, header);
        if (fault == header_fault::newer_format) {
            throw refused(exit_code::newer_format, path(name) + ": written by a newer version of pawl");
        }
        if (fault == header_fault::none) {
            learn(name, uuid, check);
        }
    }
    if (!known_) {
        throw refused(exit_code::corrupt, files_.path() +
                                              ": nothing in it says which store it is of: neither a manifest "
                                              "nor the header of any file is whole");
    }
    out_.uuid = to_hex(uuid_);
    floor_ = head_.floor_batch_seq;
    for (const manifest_snapshot& s : head_.snapshots) {
        highest_listed_lsn_ = std::max(highest_listed_lsn_, s.lsn);
        starts_[s.start.batch_seq] = s.start.chain;
    }
    if (has_head_) {
        starts_[head_.oldest.batch_seq] = head_.oldest.chain;
    }
    starts_[1] = keys_.chain_origin(uuid_);
    out_.image.next_user_id = head_.next_user_id;
    served_.note_time(head_.time);
}

void salvage_run::use_snapshot() {
    std::error_code ec;
    std::vector<std::uint64_t> lsns;
    for (const std::string& name : files_.list(ec)) {
        if (const auto lsn = parse_snapshot_name(name)) {
            lsns.push_back(*lsn);
        }
    }
    for (const manifest_snapshot& s : head_.snapshots) {
        if (std::find(lsns.begin(), lsns.end(), s.lsn) == lsns.end()) {
            lsns.push_back(s.lsn);
        }
    }
    std::sort(lsns.rbegin(), lsns.rend());
    for (const std::uint64_t lsn : lsns) {
        const snapshot_identity id{uuid_, lsn};
        const auto listed = std::find_if(head_.snapshots.begin(), head_.snapshots.end(),
                                         [lsn](const manifest_snapshot& s) { return s.lsn == lsn; });
        const tag16* const tag = listed == head_.snapshots.end() ? nullptr : &listed->tag;
        const snapshot_check check = verify_snapshot(files_, id, keys_, tag);
        if (check.fault != snapshot_fault::none) {
            salvage_loss loss;
            loss.file = snapshot_name(lsn);
            loss.offset = check.offset;
            loss.what = std::string("the snapshot is ") + describe(check.fault);
            loss.lsn_to = lsn - 1;
            loss.maybe_acknowledged = true;
            out_.losses.push_back(loss);
            continue;
        }
        read_snapshot(files_, id, check.footer, check.footer.time, [this](const record_view& record) {
            out_.image.apply(record);
            note_serving(record, true);
        });
        served_.snapshot_read();
        out_.snapshot = snapshot_name(lsn);
        out_.snapshot_lsn = lsn;
        served_.note_time(check.footer.time);
        out_.image.next_user_id = std::max(out_.image.next_user_id, check.footer.counts.next_user_id);
        break;
    }
}

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

void salvage_run::finish() {
    // What is known to have been there beyond the last frame.
    const std::uint64_t next_batch = expected_ ? expected_->batch_seq : 1;
    const std::uint64_t next_lsn = expected_ ? expected_->lsn : 1;
    const bool below_floor = next_batch <= floor_;
    const bool below_snapshot = next_lsn < std::max(highest_listed_lsn_, std::uint64_t{1});
    const bool damaged = !damage_file_.empty() && damage_what_ != zeros;
    if (below_floor || below_snapshot || damaged) {
        salvage_loss loss;
        loss.file = damage_file_.empty() ? "the end of the log" : damage_file_;
        loss.offset = damage_offset_;
        loss.what = damaged ? damage_what_ : "frames that the manifest says were durable are missing";
        loss.batch_from = next_batch;
        loss.batch_to = below_floor ? floor_ : 0;
        loss.lsn_from = next_lsn;
        loss.lsn_to = below_snapshot ? highest_listed_lsn_ - 1 : 0;
        loss.from = last_time_;
        // Everything up to the floor is in the snapshot where that was taken at the floor.
        loss.costs_state = !(below_snapshot && out_.snapshot_lsn >= highest_listed_lsn_ && !damaged);
        out_.losses.push_back(std::move(loss));
    }
    for (salvage_loss& loss : out_.losses) {
        const bool in_snapshot = loss.lsn_to != 0 && loss.lsn_to < out_.snapshot_lsn;
        loss.costs_state = loss.costs_state && !in_snapshot;
        // A snapshot is a copy: what it held is lost only where the log has it no more.
        if (parse_snapshot_name(loss.file)) {
            loss.costs_state = false;
            loss.maybe_acknowledged = false;
        }
        loss.maybe_acknowledged = loss.maybe_acknowledged && loss.costs_state;
    }
    out_.last_time = served_.last_time();
    out_.outages = served_.outages();
    const std::uint64_t without_user = out_.image.settle();
    out_.notes.insert(out_.notes.end(), out_.image.notes.begin(), out_.image.notes.end());
    const auto count = [&](std::uint64_t n, const char* what) {
        if (n > 0) {
            out_.notes.push_back(std::to_string(n) + " " + what);
        }
    };
    count(out_.image.words_without_family, "changes of sessions whose beginning is lost");
    count(without_user, "sessions whose user is lost");
    count(out_.malformed_records, "records are malformed and were left out");
    count(out_.unproven_frames, "frames follow a damaged place: right by their checksums, but the chain to them is "
                                "broken, so nothing proves that they were not changed");
}

} // namespace

salvage_report read_salvage(const std::string& directory, const secret_bytes& log_key) {
    salvage_report out;
    try {
        const frozen_store store = read_store(directory, log_key);
        out.healthy = true;
        out.uuid = to_hex(store.head.uuid);
        out.notes = store.report.notes;
        return out;
    } catch (const refused& why) {
        if (why.kind() == exit_code::usage || why.kind() == exit_code::wrong_key ||
            why.kind() == exit_code::newer_format) {
            throw;
        }
        out.why = why.what();
    }
    frozen_directory files(directory, frozen_directory::kind::still);
    salvage_run run(files, log_key, out);
    run.identify();
    run.use_snapshot();
    run.read_log();
    run.finish();
    return out;
}

} // namespace pawl::storage
