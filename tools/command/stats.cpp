// pawlctl stats: what is in the directory, counted.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/entity/all.hpp"
#include "storage/history/log_reader.hpp"
#include "tools/command/commands.hpp"
#include "tools/point_in_time.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <map>

namespace pawl::tools {

namespace {

using counts = std::map<std::string, std::uint64_t>;

struct log_figures {
    counts records, bytes;                     // by type
    std::uint64_t frames = 0, frame_bytes = 0; // with headers and padding
    std::uint64_t files = 0;                   // bytes of all segments
};

// False where the directory moved on meanwhile.
bool read_log_once(const storage::directory_view& view, log_figures& out) {
    storage::log_reader log(view, view.first_kept());
    while (const auto frame = log.next()) {
        ++out.frames;
        out.frame_bytes += frame->padded;
        storage::record_cursor cursor{frame->payload};
        storage::record_view record;
        while (cursor.next(record)) {
            const char* const name = storage::name_of_type(record.type, "other");
            ++out.records[name];
            out.bytes[name] += storage::record_header_size + record.body.size();
        }
    }
    if (log.end().superseded) {
        return false;
    }
    if (log.end().kind != storage::exit_code::none) {
        throw storage::refused(log.end().kind, log.end().line());
    }
    for (const std::uint64_t segno : view.segments()) {
        std::error_code ec;
        const auto f = view.files().open(storage::segment_name(segno), storage::open_mode::read, ec);
        out.files += f ? f->size(ec) : 0;
    }
    return true;
}

log_figures read_log(storage::directory_view& view) {
    log_figures out;
    storage::read_settled(view, [&] {
        out = {};
        return read_log_once(view, out);
    });
    return out;
}

const char* age_of(seconds age) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 4> steps{
        {{3600, "under 1 h"}, {86400, "under 1 d"}, {7 * 86400, "under 7 d"}, {30 * 86400, "under 30 d"}}};
    for (const auto& [limit, name] : steps) {
        if (age.count() < limit) {
            return name;
        }
    }
    return "30 d and more";
}

struct state_figures {
    counts users, passwords, families, ages;
};

state_figures count_state(const point_in_time& past) {
    state_figures out;
    for (const auto& [id, u] : past.state.users) {
        ++out.users[u.deleted ? "removed" : u.gate.enabled ? "enabled" : "disabled"];
        if (!u.deleted) {
            ++out.passwords[std::string(hash_kind(u.password_hash))];
        }
    }
    for (const auto& [id, f] : past.state.families) {
        ++out.families[family_state_name(past.state, f, past.at)];
        if (past.state.alive(f, past.at)) {
            ++out.ages[age_of(past.at - f.facts.created_at)];
        }
    }
    return out;
}

std::string json_of(const counts& c) {
    std::string out;
    json_object_writer w(out);
    for (const auto& [name, n] : c) {
        w.member(name, n);
    }
    w.end();
    return out;
}

void add_rows(table& t, const char* title, const counts& c) {
    for (const auto& [name, n] : c) {
        t.rows.push_back({title, name, n});
    }
}

std::string ratio_text(std::uint64_t log, std::uint64_t state) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f",
                  state == 0 ? 0.0 : static_cast<double>(log) / static_cast<double>(state));
    return text.data();
}

struct figures {
    const point_in_time& past;
    const log_figures& log;
    state_figures state;
    std::uint64_t record_bytes = 0;   // of the log, without frames
    std::uint64_t snapshot_bytes = 0; // of the newest
};

void print_json_line(output& out, const figures& f, const storage::directory_view& view) {
    std::string snapshots = "[";
    for (const storage::manifest_snapshot& s : view.current().snapshots) {
        snapshots += snapshots.size() > 1 ? "," : "";
        json_object_writer(snapshots).member("lsn", s.lsn).member("size", s.size).end();
    }
    std::string text;
    json_object_writer(text)
        .member("lsn", f.past.state.last_lsn)
        .member("time", to_rfc3339_ms(f.past.state.time))
        .raw("users", json_of(f.state.users))
        .raw("passwords", json_of(f.state.passwords))
        .raw("families", json_of(f.state.families))
        .raw("alive_by_age", json_of(f.state.ages))
        .raw("log_records", json_of(f.log.records))
        .raw("log_record_bytes", json_of(f.log.bytes))
        .member("frames", f.log.frames)
        .member("frame_bytes", f.log.frame_bytes)
        .member("segment_bytes", f.log.files)
        .member("snapshot_bytes", f.snapshot_bytes)
        .raw("snapshots", snapshots + "]")
        .end();
    out.line(text);
}

int show_stats(program& p) {
    const history_source source = open_history(p.global, need_keys::yes);
    storage::directory_view& view = *source.view;
    const point_in_time past = read_point_in_time(p, *source.view, "stats", "now");
    const log_figures log = read_log(view);
    figures f{past, log, count_state(past)};
    for (const auto& [type, n] : log.bytes) {
        f.record_bytes += n;
    }
    f.snapshot_bytes = view.current().snapshots.empty() ? 0 : view.current().snapshots.front().size;
    if (p.out.json()) {
        print_json_line(p.out, f, view);
        return 0;
    }
    table t{{"", "", "COUNT"}, {}};
    add_rows(t, "users", f.state.users);
    add_rows(t, "passwords", f.state.passwords);
    add_rows(t, "sessions", f.state.families);
    add_rows(t, "alive, by age", f.state.ages);
    add_rows(t, "records in the log", log.records);
    p.out.print(t);
    for (const auto& [type, n] : log.bytes) {
        p.out.line("log bytes of " + type + ": " + size_text(n));
    }
    p.out.line("log: " + std::to_string(log.frames) + " frames, " + size_text(log.frame_bytes) +
               " with headers and "
               "padding, " +
               size_text(log.files) + " of segments");
    for (const storage::manifest_snapshot& s : view.current().snapshots) {
        const storage::snapshot_check check = view.verify(s);
        if (check.fault == storage::snapshot_fault::none) {
            p.out.line("snapshot at record " + std::to_string(s.lsn) + ": " + size_text(s.size) + ", " +
                       span_text(past.at - to_seconds(check.footer.time)) + " old, " +
                       std::to_string(check.footer.counts.users) + " users, " +
                       std::to_string(check.footer.counts.families) + " sessions");
        }
    }
    if (f.snapshot_bytes > 0) {
        p.out.line("compaction: the log that is kept is " + ratio_text(f.record_bytes, f.snapshot_bytes) +
                   " times the newest snapshot");
    }
    return 0;
}

} // namespace

void add_stats_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "stats", "counts: users, sessions by state and age, bytes of the log by type, snapshots and their age");
    command->callback([&p] { p.action = [&p] { return show_stats(p); }; });
}

} // namespace pawl::tools
