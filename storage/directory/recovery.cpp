// log_directory::recover: snapshot, then log, then the repair of what an interruption left. docs/on-disk.md has the
// rules. Nothing in the directory is changed before all of it has been read and accepted.
#include "storage/directory/directory_state.hpp"
#include "storage/log/scanner.hpp"
#include "storage/log/segment_loader.hpp"
#include "storage/record/serving.hpp"
#include "storage/snapshot/snapshot_reader.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace pawl::storage {
namespace {

using record_function = recovery_target::record_function;

constexpr char senseless_serving[] = "a record of when it was served is authentic but makes no sense";

std::uint64_t ms_since(std::chrono::steady_clock::time_point start) {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
}

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

class recovery_run {
public:
    recovery_run(log_directory::state& state, recovery_report& report)
        : state_(state), report_(report), served_(state.options.window) {
        served_.note_time(state_.current.time);
    }

    void load_snapshot(const recovery_target& target, unsigned threads_max);
    void find_segments();
    void scan(const record_function& apply);
    // What the log ended with, and where it goes on.
    void settle();

private:
    static bool is_serving(const record_view& record) {
        return record.type == static_cast<std::uint16_t>(record_type::serving);
    }
    record_function snapshot_reader(const recovery_target& target);
    std::string path(const std::string& name) const { return state_.files->path() + "/" + name; }
    std::string path(std::uint64_t segno) const { return path(segment_name(segno)); }
    void load(std::uint64_t segno, std::uint64_t size_max = segment_size_max);
    void check_spares();
    void scan_segment(const record_function& apply);
    void apply_frame(const frame_view& frame, std::uint64_t lsn, const record_function& apply);
    void note(std::string line) { report_.notes.push_back(std::move(line)); }
    void keep_cut_bytes(std::uint64_t end);

    log_directory::state& state_;
    recovery_report& report_;
    served_time_reader served_;
    log_start expected_;
    std::uint64_t last_used_ = 0, highest_ = 0;
    std::deque<segment_header> spares_; // after last_used_
    loaded_segment segment_;            // the one being scanned; after scan() the last one
    scan_verdict end_;
    std::uint64_t end_offset_ = 0;
    bool sealed_ = false;
    frame_type last_type_ = frame_type::seal;
    std::uint64_t last_seq_ = 0, skipped_ = 0, used_bytes_ = 0;
};

// What is said of served time is the log's own matter. From any thread.
record_function recovery_run::snapshot_reader(const recovery_target& target) {
    return [this, apply = target.snapshot_reader()](const record_view& record) {
        if (!is_serving(record)) {
            apply(record);
        } else if (!served_.note_snapshot_record(record)) {
            throw refused(exit_code::corrupt,
                          path(snapshot_name(record.lsn)) + ": " + std::string(senseless_serving) + "; " + run_verify);
        }
    };
}

void recovery_run::load_snapshot(const recovery_target& target, unsigned threads_max) {
    const auto start = std::chrono::steady_clock::now();
    const manifest& m = state_.current;
    bool tampered = false;
    std::string faults;
    for (const manifest_snapshot& s : m.snapshots) {
        const snapshot_identity id{state_.uuid, s.lsn};
        const snapshot_check check = verify_snapshot(*state_.files, id, state_.keys, &s.tag);
        if (check.fault == snapshot_fault::none) {
            target.expect(check.footer.counts);
            read_snapshot(
                *state_.files, id, check.footer, check.footer.time, [&] { return snapshot_reader(target); },
                threads_for_snapshot(check.footer, threads_max));
            target.snapshot_read();
            served_.snapshot_read();
            expected_ = s.start;
            report_.snapshot_lsn = s.lsn;
            report_.snapshot_fell_back = !state_.bad_snapshots.empty();
            report_.next_user_id = std::max(report_.next_user_id, check.footer.counts.next_user_id);
            served_.note_time(check.footer.time);
            report_.ms_snapshot = ms_since(start);
            return;
        }
        const std::string line =
            path(snapshot_name(s.lsn)) + ": offset " + std::to_string(check.offset) + ": " + describe(check.fault);
        if (check.fault == snapshot_fault::newer_format || check.fault == snapshot_fault::wrong_key) {
            const exit_code kind =
                check.fault == snapshot_fault::newer_format ? exit_code::newer_format : exit_code::wrong_key;
            throw refused(kind, line + "; nothing was touched; " + next_step(kind));
        }
        tampered = tampered || check.fault == snapshot_fault::tampered;
        faults += (faults.empty() ? "" : "; ") + line;
        state_.bad_snapshots.push_back(s.lsn);
        note(line + "; the snapshot before it and its log are used instead");
    }
    // The first snapshots stand beside the whole log.
    if (m.oldest.lsn != 1) {
        throw refused(tampered ? exit_code::tampered : exit_code::corrupt, faults + "; " + run_verify);
    }
    target.expect(snapshot_counts{0, 0, m.next_user_id});
    expected_ = m.oldest;
    report_.snapshot_fell_back = !state_.bad_snapshots.empty();
    report_.ms_snapshot = ms_since(start);
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

// What was cut stays for people to look at. Best effort: it was promised to nobody.
void recovery_run::keep_cut_bytes(std::uint64_t end) {
    const bytes_view cut = segment_.bytes.view().subspan(end_offset_, end - end_offset_);
    std::error_code ec;
    const std::vector<std::string> names = state_.files->list(ec);
    unsigned number = 1; // never over what an earlier start cut off the same segment
    const auto is_there = [&] {
        return std::find(names.begin(), names.end(), cut_name(segment_.header.segno, number)) != names.end();
    };
    while (number <= cuts_kept_max && is_there()) {
        ++number;
    }
    const std::string name = cut_name(segment_.header.segno, number);
    if (ec || number > cuts_kept_max) {
        note(path(name) +
             ": the bytes that were cut are not kept: " + (ec ? ec.message() : "there are too many such files"));
        return;
    }
    ec = replace_file(*state_.files, name, cut);
    if (ec) {
        note(path(name) + ": the bytes that were cut could not be kept: " + ec.message());
    }
}

void recovery_run::settle() {
    append_point at;
    at.segment = segment_.header;
    at.offset = end_offset_;
    at.last_type = last_type_;
    std::uint64_t prefix_end = end_offset_;
    if (end_.kind == scan_verdict_kind::torn) {
        const bytes_view bytes = segment_.bytes.view();
        std::uint64_t end = bytes.size();
        while (end > end_offset_ && bytes[end - 1] == 0) {
            --end;
        }
        report_.bytes_cut = end - end_offset_;
        note(path(segment_.header.segno) + ": offset " + std::to_string(end_offset_) + ", batch " +
             std::to_string(expected_.batch_seq) + ": " + end_.what + ": cut " + std::to_string(report_.bytes_cut) +
             " bytes that were acknowledged to nobody");
        keep_cut_bytes(end);
    }
    if (!report_.clean) {
        if (!segment_.direct) {
            note(path(segment_.header.segno) + ": this file system has no direct I/O: the page cache was dropped and "
                                               "the segment read through it");
        }
        const bytes_view prefix = segment_.bytes.view().first(prefix_end);
        state_.repair = pending_repair{segment_.header, {prefix.begin(), prefix.end()}};
    }
    std::uint64_t next_segno = highest_ + 1;
    if (sealed_) {
        at.segment = spares_.front();
        at.offset = at.segment.first_frame();
        spares_.pop_front();
        expected_.segno = at.segment.segno;
    }
    at.next = expected_;
    state_.at = at;
    state_.shelf.emplace(*state_.files, state_.new_segment_header(0, state_.options.segment_size));
    state_.shelf->restock(std::move(spares_), next_segno);
    state_.count_log_bytes(used_bytes_);
}

} // namespace

std::error_code log_directory::state::try_repair() {
    if (!repair) {
        return {};
    }
    std::error_code ec = make_segment(*files, repair->segment, repair->prefix);
    if (ec && is_no_space(ec) && shelf) {
        // This is what the last spare is for: its blocks are ours already.
        if (const std::optional<segment_header> spare = shelf->take_for_repair()) {
            ec = files->rename(segment_name(spare->segno), segment_name(repair->segment.segno) + temporary_suffix);
            if (!ec) {
                ec = make_segment(*files, repair->segment, repair->prefix, segment_blocks::reused);
            }
        }
    }
    if (!ec) {
        repair.reset();
    }
    return ec;
}

recovery_report log_directory::recover(const recovery_target& target, unsigned threads_max) {
    BOOST_ASSERT(!state_->recovered);
    recovery_report report;
    report.fresh = state_->fresh;
    report.notes = state_->notes;
    if (state_->options.wal_pad < disk_sector_size) {
        report.notes.push_back(
            "wal_pad " + std::to_string(state_->options.wal_pad) +
            ": several batches share a sector, so one that goes bad may take acknowledged ones along");
    }
    report.next_user_id = state_->current.next_user_id;
    report.restore_mark = state_->current.restore_mark();
    recovery_run run{*state_, report};
    run.load_snapshot(target, threads_max);
    run.find_segments();
    run.scan(target.apply);
    // From here on the directory is changed.
    run.settle();
    std::error_code list_ec;
    for (const std::string& name : state_->files->list(list_ec)) {
        if (name.ends_with(temporary_suffix)) {
            state_->files->remove(name);
        }
    }
    if (const std::error_code ec = state_->try_repair()) {
        if (!is_no_space(ec)) {
            throw refused(exit_code::storage_failed, state_->files->path() + "/" +
                                                         segment_name(state_->repair->segment.segno) +
                                                         ": cannot be written anew: " + ec.message());
        }
        report.notes.push_back("the disk is full: the last segment cannot be written anew, so nothing is taken until "
                               "there is room");
    }
    if (state_->manifest_needs_rewrite) {
        const std::lock_guard lock(state_->manifest_mutex);
        if (const std::error_code ec = state_->publish(state_->current)) {
            report.notes.push_back("the manifest copies are not equal and could not be written anew: " + ec.message());
        }
    }
    state_->remove_unneeded();
    if (report.last_time != timestamp_ms{}) {
        state_->time_found = report.last_time;
    }
    state_->recovered = true;
    report.next_lsn = state_->at->next.lsn;
    return report;
}

} // namespace pawl::storage
