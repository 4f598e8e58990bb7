#include "storage/history/verify.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/entity/all.hpp"
#include "storage/exit_code.hpp"

#include <algorithm>
#include <utility>

namespace pawl::storage {
namespace {

constexpr char start_server[] = "a start of the server writes it anew";
constexpr std::uint8_t row_order = 7, row_tampered = 8, row_format = 10;

exit_code class_of(snapshot_fault fault) {
    switch (fault) {
    case snapshot_fault::tampered:
        return exit_code::tampered;
    case snapshot_fault::newer_format:
        return exit_code::newer_format;
    case snapshot_fault::wrong_key:
        return exit_code::wrong_key;
    case snapshot_fault::unreadable:
        return exit_code::storage_failed;
    default:
        return exit_code::corrupt;
    }
}

exit_code class_of(manifest_fault fault) {
    switch (fault) {
    case manifest_fault::tampered:
        return exit_code::tampered;
    case manifest_fault::newer_format:
        return exit_code::newer_format;
    case manifest_fault::wrong_key:
        return exit_code::wrong_key;
    case manifest_fault::unreadable:
        return exit_code::storage_failed;
    default:
        return exit_code::corrupt;
    }
}

class verifier {
public:
    verifier(directory_view& view, const verify_progress& progress, record_checks records)
        : view_(view), progress_(progress), records_(records) {
        out_.with_keys = view.has_keys();
        out_.live = view.is_in_use();
    }

    // False where the directory moved on meanwhile, so that what was found may be of no state that ever was.
    bool run() {
        check_manifests();
        return check_snapshots() && check_log() && (out_.findings.empty() || !view_.has_moved_on());
    }
    verified_directory take() { return std::move(out_); }

private:
    finding& add(exit_code kind, std::uint8_t row, std::string file, std::uint64_t offset, std::string what,
                 std::string next) {
        finding f;
        f.kind = kind;
        f.row = row;
        f.file = std::move(file);
        f.offset = offset;
        f.what = std::move(what);
        f.next = std::move(next);
        return out_.findings.emplace_back(std::move(f));
    }

    // Neither can be used: the view was refused. So here one of them at most is bad.
    void check_manifests() {
        const manifest_pair& pair = view_.manifests();
        for (const auto& [fault, name] : {std::pair{pair.a, manifest_name_a}, std::pair{pair.b, manifest_name_b}}) {
            if (fault != manifest_fault::none) {
                add(class_of(fault), 0, view_.path_of(name), 0,
                    std::string("this copy of the manifest is ") + describe(fault) + "; the other one is good",
                    start_server)
                    .server_starts = true;
            }
        }
        if (pair.differ && out_.findings.empty() && !out_.live) {
            out_.notes.push_back(view_.files().path() +
                                 ": one copy of the manifest is older than the other: a start of the server evens it");
        }
    }

    bool check_snapshots() {
        const std::vector<manifest_snapshot>& listed = view_.current().snapshots;
        std::vector<std::size_t> bad;
        for (const manifest_snapshot& s : listed) {
            const snapshot_check check = view_.verify(s, open_mode::read_direct);
            if (check.fault != snapshot_fault::none && view_.has_moved_on()) {
                return false;
            }
            ++out_.snapshots;
            if (check.fault == snapshot_fault::none) {
                out_.bytes += check.footer.file_size();
                continue;
            }
            bad.push_back(out_.findings.size());
            const exit_code kind = class_of(check.fault);
            add(kind, kind == exit_code::newer_format ? row_format : std::uint8_t{0},
                view_.path_of(snapshot_name(s.lsn)), check.offset,
                std::string("the snapshot is ") + describe(check.fault), mend_damage);
        }
        // One good snapshot, or the whole log, is enough.
        const bool enough = bad.size() < listed.size() || view_.current().oldest.lsn == 1;
        for (const std::size_t i : bad) {
            finding& f = out_.findings[i];
            f.server_starts = enough && f.kind != exit_code::newer_format && f.kind != exit_code::wrong_key;
            if (f.server_starts) {
                f.next = "a server starts from what is good; take a new snapshot then: pawlctl snapshot now";
            }
        }
        return true;
    }

    bool check_log() {
        const reading_start first = view_.first_kept();
        const std::uint64_t total = total_size(view_.segments(), first.at.segno);
        if (!first.proven && out_.with_keys) {
            out_.notes.push_back(view_.path_of(segment_name(first.at.segno)) +
                                 ": the log before it is gone, so what its first frame follows can't be proven");
        }
        return read_log(first, total);
    }

    // Segments that are kept for audit alone are not read by a start: after damage in one it goes on with what is.
    std::optional<reading_start> needed_after(const log_reader& log) const {
        const std::vector<manifest_snapshot>& listed = view_.current().snapshots;
        const log_start& needed = listed.empty() ? view_.current().oldest : listed.front().start;
        if (log.end().kind == exit_code::none || log.expected().segno >= needed.segno || out_.findings.size() != 1) {
            return std::nullopt;
        }
        return reading_start{needed, true};
    }

    bool read_log(const reading_start& from, std::uint64_t total) {
        log_reader log(view_, from);
        std::uint64_t segno = 0;
        while (const std::optional<frame_view> frame = log.next()) {
            if (log.segment().segno != segno) {
                segno = log.segment().segno;
                ++out_.segments;
            }
            frame_read(*frame, log);
            if (progress_) {
                progress_(log.bytes_read(), std::max(total, log.bytes_read()));
            }
            check_joint(log);
        }
        out_.bytes += log.bytes_read();
        out_.last_lsn = log.expected().lsn - 1;
        out_.last_batch = log.expected().batch_seq - 1;
        if (log.end().superseded) {
            return false;
        }
        settle(log);
        const std::optional<reading_start> rest = needed_after(log);
        if (rest) {
            out_.findings.back().server_starts = true;
            return read_log(*rest, total);
        }
        return true;
    }

    std::uint64_t total_size(const std::vector<std::uint64_t>& there, std::uint64_t from) const {
        std::uint64_t total = 0;
        for (const std::uint64_t segno : there) {
            std::error_code ec;
            const std::unique_ptr<file> f =
                segno < from ? nullptr : view_.files().open(segment_name(segno), open_mode::read, ec);
            total += f ? f->size(ec) : 0;
        }
        return total;
    }

    void frame_read(const frame_view& frame, const log_reader& log) {
        if (out_.frames++ == 0) {
            out_.first_lsn = log.first_lsn();
            out_.first_time = frame.fields.time;
        }
        out_.records += frame.fields.n_records;
        out_.last_time = frame.fields.time; // no earlier than the one before, unless the clock was set
        if (records_ == record_checks::counted) {
            return;
        }
        record_cursor cursor{frame.payload};
        record_view record;
        record.lsn = log.first_lsn();
        record.time = frame.fields.time;
        for (; cursor.next(record); ++record.lsn) {
            check_record(record, frame, log);
        }
    }

    // A record that is authentic and makes no sense keeps a server from starting as rot does.
    void check_record(const record_view& record, const frame_view& frame, const log_reader& log) {
        const bool critical = (record.type & critical_record_bit) != 0;
        decoding d = decoding::ok;
        const bool known = visit_record(record.type, [&]<class Record>(as<Record>) {
            if constexpr (declaration<Record>::kind != record_kind::evidence) { // which a start does not read
                d = decode(record, std::get<Record>(read_));
            }
        });
        if (!known) {
            d = critical ? decoding::newer : decoding::ok;
            out_skipped_ += critical ? 0 : 1;
        }
        if (d == decoding::ok || (d == decoding::newer && !critical)) {
            return;
        }
        const bool newer = d == decoding::newer;
        const std::string what = "record " + std::to_string(record.lsn) +
                                 (newer ? " is of a newer format" : " is authentic but makes no sense");
        if (out_.findings.empty() || out_.findings.back().offset != frame.offset) {
            add(newer ? exit_code::newer_format : exit_code::corrupt, newer ? row_format : row_order,
                view_.path_of(segment_name(log.segment().segno)), frame.offset, what,
                newer ? "run the version that wrote it" : mend_damage)
                .batch_seq = frame.fields.batch_seq;
        }
    }

    // Where a segment begins that the manifest speaks of, the log must have come to what it says.
    void check_joint(const log_reader& log) {
        if (!log.ended_in_seal()) {
            return;
        }
        const reading_start said = view_.start_of(log.segment().segno + 1);
        const log_start& found = log.expected();
        if (!said.proven) {
            return;
        }
        const bool numbers = said.at.batch_seq == found.batch_seq && said.at.lsn == found.lsn;
        if (numbers && said.at.chain == found.chain) {
            return;
        }
        add(numbers ? exit_code::tampered : exit_code::corrupt, numbers ? row_tampered : row_order,
            view_.path_of(segment_name(said.at.segno)), 0,
            numbers ? "the log before it is not the one the manifest was written after"
                    : "the log does not come to the numbers that the manifest says",
            mend_damage)
            .batch_seq = found.batch_seq;
    }

    void settle(log_reader& log) {
        const log_end& end = log.end();
        if (!log.stray().empty()) {
            out_.notes.push_back(
                log.stray() + ": bytes between frames have changed; nothing is lost, but this disk should be checked");
        }
        if (out_skipped_ > 0) {
            out_.notes.push_back(std::to_string(out_skipped_) + " records of types of a newer format");
        }
        if (end.kind != exit_code::none) {
            finding& f = add(end.kind, end.what.row, end.file, end.offset,
                             end.what.what + (end.system.empty() ? "" : " (" + end.system + ")"), next_of(end.kind));
            f.batch_seq = end.batch_seq;
            return;
        }
        out_.torn = end.what.kind == scan_verdict_kind::torn;
        if (out_.torn) {
            out_.torn_at = end.file + ": offset " + std::to_string(end.offset);
        }
        out_.clean = end.what.kind == scan_verdict_kind::clean_end && log.last_type() == frame_type::clean &&
                     view_.current().floor_batch_seq + 1 >= end.batch_seq;
        out_.live = out_.live || end.in_flight;
        for (const std::uint64_t segno : view_.segments()) {
            if (segno > log.expected().segno) {
                check_spare(segno, end);
            }
        }
    }

    static std::string next_of(exit_code kind) {
        switch (kind) {
        case exit_code::storage_failed:
            return "check the disk, then try again";
        case exit_code::newer_format:
            return "run the version that wrote it";
        case exit_code::wrong_key:
            return "use the right --key-file";
        default:
            return mend_damage;
        }
    }

    void check_spare(std::uint64_t segno, const log_end& end) {
        loaded_segment spare;
        if (out_.live) { // it may be in use by now
            return;
        }
        ++out_.spares;
        const bool good = view_.load(segno, spare);
        if (good && !spare.is_used()) {
            return;
        }
        const bool used = good;
        const std::size_t at =
            used ? segment_header_size + find_nonzero(spare.bytes.view().subspan(segment_header_size)) : spare.offset;
        finding& f = add(spare.fault == segment_fault::unreadable ? exit_code::storage_failed : exit_code::corrupt,
                         used ? std::uint8_t{4} : row_order, view_.path_of(segment_name(segno)), at,
                         used ? "the segment is not empty, but its first frame is not there" : describe(spare.fault),
                         mend_damage);
        f.batch_seq = end.batch_seq;
        f.server_starts = used && out_.clean;
    }

    directory_view& view_;
    const verify_progress& progress_;
    record_checks records_;
    verified_directory out_;
    tuple_of<all_records> read_; // one of each, so that texts keep their memory
    std::uint64_t out_skipped_ = 0;
};

} // namespace

std::string finding::line() const {
    return file + ": offset " + std::to_string(offset) +
           (batch_seq != 0 ? ", batch " + std::to_string(batch_seq) : "") + ": " + what + "; " + next;
}

exit_code verified_directory::kind() const noexcept {
    const auto fatal =
        std::find_if(findings.begin(), findings.end(), [](const finding& f) { return !f.server_starts; });
    if (fatal != findings.end()) {
        return fatal->kind;
    }
    return findings.empty() ? exit_code::none : findings.front().kind;
}

verified_directory verify_directory(directory_view& view, const verify_progress& progress, record_checks records) {
    verified_directory out;
    read_settled(view, [&] {
        verifier v(view, progress, records);
        const bool whole = v.run();
        out = v.take();
        return whole;
    });
    return out;
}

} // namespace pawl::storage
