// pawlctl log: the group, and what is listed of segments.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/log_reader.hpp"
#include "tools/command/commands.hpp"
#include "tools/history_source.hpp"

#include <CLI/CLI.hpp>

#include <map>

namespace pawl::tools {

namespace {

struct segment_row {
    std::uint64_t size = 0, used = 0, frames = 0, records = 0, first_lsn = 0, last_lsn = 0;
    timestamp_ms first_time{}, last_time{};
    std::string state = "spare";
};

const char* why_kept(const storage::directory_view& view, std::uint64_t segno, const segment_row& row) {
    if (row.state == "spare") {
        return "made ahead";
    }
    const storage::manifest& m = view.current();
    if (segno < m.oldest.segno) {
        return "audit (--log-retention)";
    }
    return m.snapshots.empty() || segno >= m.snapshots.front().start.segno ? "recovery" : "older snapshot";
}

void print_row(output& out, std::uint64_t segno, const segment_row& row, const char* kept) {
    std::string text;
    json_object_writer w(text);
    w.member("segment", storage::segment_name(segno))
        .member("number", segno)
        .member("state", row.state)
        .member("size", row.size)
        .member("used", row.used)
        .member("frames", row.frames)
        .member("records", row.records);
    if (row.records > 0) {
        w.member("first_lsn", row.first_lsn).member("last_lsn", row.last_lsn);
    }
    if (row.frames > 0) {
        w.member("first_time", to_rfc3339_ms(row.first_time)).member("last_time", to_rfc3339_ms(row.last_time));
    }
    w.member("kept_for", kept).end();
    out.line(text);
}

using segment_rows = std::map<std::uint64_t, segment_row>;

// Frames as far as they are good; what damage there is, log verify says.
segment_rows read_segments_once(const storage::directory_view& view, storage::log_end& end) {
    segment_rows rows;
    for (const std::uint64_t segno : view.segments()) {
        std::error_code ec;
        const auto f = view.files().open(storage::segment_name(segno), storage::open_mode::read, ec);
        rows[segno].size = f ? f->size(ec) : 0;
    }
    storage::log_reader log(view, view.first_kept());
    while (const auto frame = log.next()) {
        segment_row& row = rows[log.segment().segno];
        if (row.frames++ == 0) {
            row.first_time = frame->fields.time;
        }
        row.last_time = frame->fields.time;
        row.used = frame->offset + frame->padded;
        row.state = frame->fields.type == storage::frame_type::seal ? "sealed" : "current";
        if (frame->fields.n_records > 0) {
            row.first_lsn = row.records == 0 ? log.first_lsn() : row.first_lsn;
            row.last_lsn = log.first_lsn() + frame->fields.n_records - 1;
            row.records += frame->fields.n_records;
        }
    }
    end = log.end();
    if (end.kind != storage::exit_code::none) {
        for (auto it = rows.lower_bound(log.expected().segno); it != rows.end(); ++it) {
            it->second.state = it->first == log.expected().segno ? "damaged" : "not read";
        }
    }
    return rows;
}

segment_rows read_segments(storage::directory_view& view, storage::log_end& end) {
    segment_rows rows;
    storage::read_settled(view, [&] {
        rows = read_segments_once(view, end);
        return !end.superseded;
    });
    return rows;
}

int list_segments(program& p) {
    const history_source source = open_history(p.global, need_keys::no);
    storage::log_end end;
    const auto rows = read_segments(*source.view, end);
    table t{{"SEGMENT", "STATE", "SIZE", "USED", "FRAMES", "RECORDS", "FROM", "UNTIL", "KEPT FOR"}, {}};
    for (const auto& [segno, row] : rows) {
        const char* const kept = why_kept(*source.view, segno, row);
        if (p.out.json()) {
            print_row(p.out, segno, row, kept);
            continue;
        }
        std::string records = std::to_string(row.records); // as log verify says it: 6 (1..6)
        if (row.records > 0) {
            records += " (" + std::to_string(row.first_lsn) + ".." + std::to_string(row.last_lsn) + ")";
        }
        t.rows.push_back({segno, cell(row.state, row.state == "damaged" ? colour::red : colour::none),
                          size_text(row.size), size_text(row.used), row.frames, records,
                          row.frames == 0 ? "" : time_text(row.first_time),
                          row.frames == 0 ? "" : time_text(row.last_time), kept});
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    if (end.kind == storage::exit_code::none) {
        return 0;
    }
    throw storage::refused(end.kind, end.line());
}

} // namespace

void add_log_command(CLI::App& parser, program& p) {
    CLI::App* const group =
        parser.add_subcommand("log", "the log: list segments, show records, prove it, follow it; changes nothing");
    group->require_subcommand(1);
    CLI::App* const list = group->add_subcommand("ls", "every segment: what it holds and why it is kept");
    list->callback([&p] { p.action = [&p] { return list_segments(p); }; });
    add_log_dump(*group, p);
    add_log_tail(*group, p);
    add_log_verify(*group, p);
}

} // namespace pawl::tools
