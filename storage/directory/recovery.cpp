// log_directory::recover: snapshot, then log, then the repair of what an interruption left. docs/on-disk.md has the
// rules. Nothing in the directory is changed before all of it has been read and accepted.
#include "storage/directory/recovery_run.hpp"

#include "storage/exit_code.hpp"
#include "storage/snapshot/snapshot_reader.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl::storage {

// What is said of served time is the log's own matter. From any thread.
recovery_run::record_function recovery_run::snapshot_reader(const recovery_target& target) {
    return [this, apply = target.snapshot_reader()](const record_view& record) {
        if (!is_serving(record)) {
            state_.note_record(record.type, record.version);
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

// What was cut stays for people to look at. Best effort: it was promised to no one.
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
             " bytes that were acknowledged to no one");
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
