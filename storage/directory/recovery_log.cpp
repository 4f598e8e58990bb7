// Recovery's way through the log: which segments there are, every frame from the first needed on, and how it ends.
#include "storage/directory/recovery_run.hpp"
#include "storage/exit_code.hpp"

#include <algorithm>
#include <set>

namespace pawl::storage {
namespace {

exit_code exit_code_of(segment_fault fault) {
    switch (fault) {
    case segment_fault::unreadable:
        return exit_code::storage_failed;
    case segment_fault::newer_format:
        return exit_code::newer_format;
    case segment_fault::wrong_key:
        return exit_code::wrong_key;
    default:
        return exit_code::corrupt;
    }
}

} // namespace

std::string next_step(exit_code kind) {
    switch (kind) {
    case exit_code::storage_failed:
        return "check the disk, then start again";
    case exit_code::newer_format:
        return "run the version that wrote it";
    case exit_code::wrong_key:
        return "start with the right --key-file";
    default:
        return run_verify;
    }
}

void recovery_run::load(std::uint64_t segno, std::uint64_t size_max) {
    if (load_segment(*state_.files, segno, state_.uuid, state_.keys, segment_, size_max)) {
        return;
    }
    const exit_code kind = exit_code_of(segment_.fault);
    std::string what = describe(segment_.fault);
    if (segment_.error) {
        what += " (" + segment_.error.message() + ")";
    }
    refuse_at(kind, path(segno), segment_.offset, expected_.batch_seq, what, next_step(kind));
}

// Which segments there are from the first needed on, without a gap; which is the last that was written to.
void recovery_run::find_segments() {
    std::error_code ec;
    const std::vector<std::string> names = state_.files->list(ec);
    if (ec) {
        throw refused(exit_code::storage_failed, state_.files->path() + ": cannot be listed: " + ec.message());
    }
    std::set<std::uint64_t> segnos;
    for (const std::string& name : names) {
        if (const auto segno = parse_segment_name(name); segno && *segno >= expected_.segno) {
            segnos.insert(*segno);
        }
    }
    highest_ = segnos.empty() ? expected_.segno : *segnos.rbegin();
    for (std::uint64_t segno = expected_.segno; segno <= highest_; ++segno) {
        if (!segnos.contains(segno)) {
            refuse_at(exit_code::corrupt, path(segno), 0, expected_.batch_seq, describe(segment_fault::missing),
                      run_verify);
        }
    }
    last_used_ = highest_;
    for (; last_used_ >= expected_.segno; --last_used_) {
        load(last_used_, segment_head_size);
        if (last_used_ == expected_.segno || segment_.is_used()) {
            return;
        }
        spares_.push_front(segment_.header);
    }
}

void recovery_run::apply_frame(const frame_view& frame, std::uint64_t lsn, const record_function& apply) {
    record_cursor cursor{frame.payload};
    record_view record;
    record.time = frame.fields.time;
    record.lsn = lsn;
    for (; cursor.next(record); ++record.lsn) {
        if (is_serving(record)) {
            if (!served_.note_record(record)) {
                refuse_at(exit_code::corrupt, path(segment_.header.segno), frame.offset, frame.fields.batch_seq,
                          senseless_serving, run_verify);
            }
            continue;
        }
        if (is_known_record(record.type)) {
            state_.note_record(record.type, record.version);
            apply(record);
            continue;
        }
        if ((record.type & critical_record_bit) != 0) {
            refuse_at(exit_code::newer_format, path(segment_.header.segno), frame.offset, frame.fields.batch_seq,
                      "a record of type " + std::to_string(record.type) + " of a newer format; nothing was touched",
                      next_step(exit_code::newer_format));
        }
        ++skipped_;
    }
}

void recovery_run::scan_segment(const record_function& apply) {
    segment_scanner::options o;
    o.wal_pad = segment_.header.wal_pad;
    o.first_frame = segment_.header.first_frame();
    o.floor_batch_seq = state_.current.floor_batch_seq;
    o.later_segment_used = segment_.header.segno < last_used_;
    hmac_sha256 mac{state_.keys.chain()};
    const frame_context context{state_.uuid, &mac};
    segment_scanner scanner{segment_.bytes.view(), o, context, expected_};
    std::uint64_t lsn = expected_.lsn;
    while (const std::optional<frame_view> frame = scanner.next()) {
        apply_frame(*frame, lsn, apply);
        lsn = expected_.lsn;
        ++report_.frames;
        report_.records += frame->fields.n_records;
        served_.note_time(frame->fields.time); // after its records: one of them may set the clock
        last_type_ = frame->fields.type;
        last_seq_ = frame->fields.batch_seq;
        used_bytes_ += frame->padded;
    }
    end_ = scanner.end();
    end_offset_ = scanner.offset();
    sealed_ = scanner.sealed();
    if (scanner.stray_bytes_at() != 0) {
        note(path(segment_.header.segno) + ": offset " + std::to_string(scanner.stray_bytes_at()) +
             ": bytes between frames have changed; nothing was lost, but this disk should be checked");
    }
    exit_code kind = exit_code::none;
    switch (end_.kind) {
    case scan_verdict_kind::good:
    case scan_verdict_kind::clean_end:
    case scan_verdict_kind::sealed_end:
    case scan_verdict_kind::torn:
        return;
    case scan_verdict_kind::corrupt:
        kind = exit_code::corrupt;
        break;
    case scan_verdict_kind::tampered:
        kind = exit_code::tampered;
        break;
    case scan_verdict_kind::newer_format:
        kind = exit_code::newer_format;
        break;
    }
    refuse_at(kind, path(segment_.header.segno), end_offset_, expected_.batch_seq, end_.what, next_step(kind));
}

void recovery_run::scan(const record_function& apply) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t segno = expected_.segno;; ++segno) {
        load(segno);
        expected_.segno = segno;
        scan_segment(apply);
        if (segno == last_used_) {
            break;
        }
    }
    // A SEAL is written only once the next segment is there (row 4).
    if (sealed_ && spares_.empty()) {
        refuse_at(exit_code::corrupt, path(last_used_ + 1), 0, expected_.batch_seq,
                  "the segment before is sealed, and this one is missing", run_verify);
    }
    if (sealed_ && expected_.batch_seq <= state_.current.floor_batch_seq) {
        refuse_at(exit_code::corrupt, path(last_used_ + 1), spares_.front().first_frame(), expected_.batch_seq,
                  "a frame that the manifest says was durable is missing", run_verify);
    }
    // CLEAN alone is not enough: only the manifest says that its sync came back.
    report_.clean = state_.fresh || (end_.kind == scan_verdict_kind::clean_end && last_type_ == frame_type::clean &&
                                     state_.current.floor_batch_seq >= last_seq_);
    if (!report_.clean) {
        check_spares();
    }
    report_.last_time = served_.last_time();
    report_.outages = served_.outages();
    if (skipped_ > 0) {
        note(std::to_string(skipped_) + " records of types of a newer format were skipped");
    }
    report_.ms_log = ms_since(start);
}

// After an unclean end the spares are read whole: what lies in one and is not zero may be all that is left of frames
// whose segment lost its end.
void recovery_run::check_spares() {
    loaded_segment last = std::move(segment_);
    for (const segment_header& spare : spares_) {
        load(spare.segno);
        if (segment_.is_used()) {
            const std::size_t at =
                segment_header_size + find_nonzero(segment_.bytes.view().subspan(segment_header_size));
            refuse_at(exit_code::corrupt, path(spare.segno), at, expected_.batch_seq,
                      "the segment is not empty, but its first frame is not there", run_verify);
        }
    }
    segment_ = std::move(last);
}

} // namespace pawl::storage
