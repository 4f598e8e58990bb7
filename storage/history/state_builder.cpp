#include "storage/history/state_builder.hpp"

#include "storage/entity/all.hpp"
#include "storage/exit_code.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/record/refused_record.hpp"

#include <algorithm>
#include <utility>

namespace pawl::storage {
namespace {

void apply_snapshot(directory_view& view, const manifest_snapshot& s, const snapshot_footer& footer, past_state& out) {
    out.families.reserve(footer.counts.families);
    read_snapshot(view.files(), {view.current().uuid, s.lsn}, footer, footer.time, [&](const record_view& r) {
        if (is_known_record(r.type)) {
            out.apply(r);
        }
    });
    out.snapshot_lsn = s.lsn;
    out.snapshot_time = footer.time;
    out.last_lsn = s.lsn - 1;
    out.time = footer.time;
    out.next = s.start;
}

bool within(const state_limit& limit, const manifest_snapshot& s, const snapshot_footer& footer) {
    return (!limit.lsn || s.lsn <= *limit.lsn + 1) && (!limit.time || footer.time <= *limit.time);
}

// std::nullopt if the directory moved on meanwhile.
std::optional<reading_start> begin_state(directory_view& view, const state_limit& limit, past_state& out) {
    std::string faults;
    exit_code kind = exit_code::corrupt;
    const std::vector<manifest_snapshot> listed = view.current().snapshots;
    for (const manifest_snapshot& s : listed) {
        const snapshot_check check = view.verify(s);
        if (check.fault != snapshot_fault::none && view.has_moved_on()) {
            return std::nullopt;
        }
        if (check.fault != snapshot_fault::none) {
            kind = check.fault == snapshot_fault::tampered ? exit_code::tampered : kind;
            faults += (faults.empty() ? "" : "; ") + view.path_of(snapshot_name(s.lsn)) + ": offset " +
                      std::to_string(check.offset) + ": " + describe(check.fault);
            continue;
        }
        if (within(limit, s, check.footer)) {
            apply_snapshot(view, s, check.footer, out);
            return reading_start{s.start, true};
        }
    }
    const reading_start first = view.first_kept();
    if (first.at.segno != 1) {
        if (!faults.empty()) {
            throw refused(kind, faults);
        }
        throw refused(exit_code::usage, "the state of then is not kept: the oldest snapshot is of record " +
                                            std::to_string(listed.back().lsn) + ", and the log before it is gone");
    }
    out.next = first.at;
    return first;
}

// False where files went meanwhile.
bool read_to(directory_view& view, const state_limit& limit, const read_progress& progress, past_state& out) {
    const std::optional<reading_start> from = begin_state(view, limit, out);
    if (!from) {
        return false;
    }
    log_reader log(view, *from);
    const std::vector<std::uint64_t> segments = view.segments();
    const auto ahead =
        static_cast<std::uint64_t>(segments.end() - std::lower_bound(segments.begin(), segments.end(), from->at.segno));
    while (const std::optional<frame_view> frame = log.next()) {
        if ((limit.time && frame->fields.time > *limit.time) || (limit.lsn && log.first_lsn() > *limit.lsn)) {
            return true;
        }
        record_cursor cursor{frame->payload};
        record_view record;
        record.lsn = log.first_lsn();
        record.time = frame->fields.time;
        for (; cursor.next(record); ++record.lsn) {
            if (limit.lsn && record.lsn > *limit.lsn) {
                return true;
            }
            if (is_known_record(record.type)) {
                out.apply(record);
            } else if ((record.type & critical_record_bit) != 0) {
                refuse_unknown(record);
            }
            out.last_lsn = record.lsn;
            ++out.records;
        }
        ++out.frames;
        out.log_bytes += frame->padded;
        out.time = std::max(out.time, frame->fields.time);
        out.next = log.expected();
        if (progress) {
            progress(log.bytes_read(), std::max(ahead * log.segment().file_size, log.bytes_read()));
        }
    }
    if (!log.end().superseded && log.end().kind != exit_code::none) {
        throw refused(log.end().kind, log.end().line());
    }
    return !log.end().superseded;
}

} // namespace

void past_state::apply(const record_view& record) {
    state_image::apply(record);
    serving_note note;
    if (record.type == type_of<serving_note> && decode(record, note) == decoding::ok &&
        note.what == serving_kind::clock_set) {
        time = note.first; // what was later before it is in the future no more
    }
}

past_state build_state(directory_view& view, const state_limit& limit, const read_progress& progress) {
    std::optional<past_state> out; // past_state counts on what it points to staying: each reading has its own
    read_settled(view, [&] {
        out.emplace();
        return read_to(view, limit, progress, *out);
    });
    return std::move(*out);
}

past_state read_snapshot_state(directory_view& view, std::uint64_t lsn) {
    const auto& listed = view.current().snapshots;
    const auto s =
        std::find_if(listed.begin(), listed.end(), [lsn](const manifest_snapshot& m) { return m.lsn == lsn; });
    if (s == listed.end()) {
        throw refused(exit_code::usage, view.path_of(snapshot_name(lsn)) + ": is no snapshot that the manifest lists");
    }
    const snapshot_check check = view.verify(*s);
    if (check.fault != snapshot_fault::none) {
        throw refused(check.fault == snapshot_fault::tampered ? exit_code::tampered : exit_code::corrupt,
                      view.path_of(snapshot_name(lsn)) + ": offset " + std::to_string(check.offset) + ": " +
                          describe(check.fault));
    }
    past_state out;
    apply_snapshot(view, *s, check.footer, out);
    return out;
}

} // namespace pawl::storage
