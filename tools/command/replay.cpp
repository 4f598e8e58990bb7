// pawlctl replay: rebuilds the state from the log and says what came of it; or does what the log says clients did
// again, against a server.
#include "core/text/encoding.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/system_random.hpp"
#include "tools/command/commands.hpp"
#include "tools/point_in_time.hpp"
#include "tools/replay/driver.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

namespace pawl::tools {

namespace {

using steady = std::chrono::steady_clock;

struct replay_options {
    std::string until = "now";
    bool print = false;
    drive_options drive;
};

std::string decimal(double value, const char* unit) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), value < 100 ? "%.2f%s" : "%.0f%s", value, unit);
    return text.data();
}

// --- Without --to.

int rebuild(program& p, const replay_options& o) {
    const history_source source = open_history(p.global, need_keys::yes);
    const steady::time_point began = steady::now();
    const point_in_time past = read_point_in_time(p, *source.view, "--until", o.until);
    const double s = std::max(1e-6, std::chrono::duration<double>(steady::now() - began).count());
    const storage::past_state& state = past.state;
    const double mib = static_cast<double>(state.log_bytes) / (1024.0 * 1024.0);
    if (p.out.json()) {
        std::string summary = summary_text(past);
        summary.pop_back();
        p.out.line(summary + ",\"frames\":" + std::to_string(state.frames) +
                   ",\"log_bytes\":" + std::to_string(state.log_bytes) +
                   ",\"words_without_family\":" + std::to_string(state.words_without_family) +
                   ",\"families_without_user\":" + std::to_string(past.orphans) +
                   ",\"ms\":" + std::to_string(static_cast<std::uint64_t>(s * 1000)) + "}");
    } else {
        const auto alive = std::count_if(state.families.begin(), state.families.end(),
                                         [&](const auto& f) { return state.alive(f.second, past.at); });
        p.out.line(
            "replayed " + std::to_string(state.records) + " records in " + std::to_string(state.frames) + " frames (" +
            size_text(state.log_bytes) + ") after " +
            (state.snapshot_lsn == 0 ? "nothing" : "the snapshot at record " + std::to_string(state.snapshot_lsn)) +
            ": " + decimal(s, " s, ") + decimal(static_cast<double>(state.records) / s, " records/s, ") +
            decimal(mib / s, " MiB/s"));
        p.out.line("at record " + std::to_string(state.last_lsn) + ", " + time_text(state.time) + ": " +
                   std::to_string(state.users.size()) + " users, " + std::to_string(state.families.size()) +
                   " sessions, " + std::to_string(alive) + " alive");
    }
    if (o.print) {
        for (const auto& [id, u] : state.users) {
            p.out.line("{\"user\":" + user_json(u) + "}");
        }
        for (const auto& [id, f] : state.families) {
            p.out.line("{\"family\":" + family_json(state, f, past.at) + "}");
        }
    }
    return 0;
}

// --- With --to.

[[noreturn]] void refuse_moved_on(const storage::directory_view& view) {
    throw storage::refused(storage::exit_code::locked,
                           view.files().path() + ": a server replaced files while they were replayed, so what was done "
                                                 "is not all; replay a backup of it instead (pawlctl backup)");
}

void refuse_if_moved_on(const storage::directory_view& view) {
    if (view.has_moved_on()) {
        refuse_moved_on(view);
    }
}

// From the oldest point from which all is kept: the log's beginning, or the oldest snapshot. What a server's retention
// takes meanwhile ends it: steps that were done can't be done anew.
void feed(program& p, storage::directory_view& view, const storage::state_limit& limit, driver& to) {
    replay_plan plan([&to](const step& s) { to.add(s); });
    storage::reading_start from = view.first_kept();
    if (from.at.segno != 1) {
        const storage::manifest_snapshot s = view.current().snapshots.back();
        const storage::snapshot_check check = view.verify(s);
        if (check.fault != storage::snapshot_fault::none) {
            refuse_if_moved_on(view);
            throw storage::refused(storage::exit_code::corrupt,
                                   view.path_of(storage::snapshot_name(s.lsn)) + ": " + describe(check.fault));
        }
        storage::read_snapshot(view.files(), {view.current().uuid, s.lsn}, check.footer, check.footer.time,
                               [&plan](const storage::record_view& r) { plan.see(r); });
        from = {s.start, true};
    }
    storage::log_reader log(view, from);
    while (const auto frame = log.next()) {
        storage::record_cursor cursor{frame->payload};
        storage::record_view record;
        record.lsn = log.first_lsn();
        record.time = frame->fields.time;
        for (; cursor.next(record); ++record.lsn) {
            if ((limit.lsn && record.lsn > *limit.lsn) || (limit.time && record.time > *limit.time)) {
                return;
            }
            plan.see(record);
        }
        p.out.progress("replaying", log.frames(), 0);
    }
    if (log.end().superseded) {
        refuse_moved_on(view);
    }
    if (log.end().kind != storage::exit_code::none) {
        throw storage::refused(log.end().kind, log.end().line());
    }
}

std::string ms_text(std::chrono::microseconds t) {
    return decimal(static_cast<double>(t.count()) / 1000, "");
}

void print_report(program& p, const drive_report& r, double s) {
    if (p.out.json()) {
        std::string steps;
        json_object_writer w(steps);
        for (std::size_t i = 0; i < step_kinds; ++i) {
            const drive_report::of_kind& k = r.kinds.at(i);
            std::string one;
            json_object_writer(one)
                .member("done", k.done)
                .member("mismatches", k.other)
                .member("skipped", k.skipped)
                .member("p50_us", std::int64_t{k.times.quantile(0.5).count()})
                .member("p99_us", std::int64_t{k.times.quantile(0.99).count()})
                .member("max_us", std::int64_t{k.times.max().count()})
                .end();
            w.raw(name_of(static_cast<step_kind>(i)), one);
        }
        w.end();
        std::string text;
        json_object_writer(text)
            .raw("steps", steps)
            .member("mismatches", r.mismatch_count)
            .member("behind_ms", std::int64_t{r.behind.count()})
            .member("ms", static_cast<std::int64_t>(s * 1000))
            .end();
        p.out.line(text);
        return;
    }
    table t{{"STEP", "DONE", "OTHERWISE", "SKIPPED", "P50 MS", "P99 MS", "MAX MS"}, {}};
    std::uint64_t requests = 0;
    for (std::size_t i = 0; i < step_kinds; ++i) {
        const drive_report::of_kind& k = r.kinds.at(i);
        if (k.done + k.other + k.skipped == 0) {
            continue;
        }
        requests += k.times.count();
        const auto number = [](const std::string& text) {
            cell c(text);
            c.right = true;
            return c;
        };
        t.rows.push_back({name_of(static_cast<step_kind>(i)), k.done, k.other, k.skipped,
                          number(ms_text(k.times.quantile(0.5))), number(ms_text(k.times.quantile(0.99))),
                          number(ms_text(k.times.max()))});
    }
    p.out.print(t);
    p.out.line(std::to_string(requests) + " requests in " + decimal(s, " s: ") +
               decimal(static_cast<double>(requests) / s, " a second; ") + std::to_string(r.mismatch_count) +
               " answered otherwise than the log says" +
               (r.behind.count() > 0 ? "; at most " + std::to_string(r.behind.count()) + " ms behind the pace" : ""));
}

int drive(program& p, const replay_options& o) {
    const history_source source = open_history(p.global, need_keys::yes);
    const storage::state_limit limit =
        o.until == "now" ? storage::state_limit{} : parse_point("--until", o.until, wall_now());
    storage::system_random random;
    std::array<std::uint8_t, 4> bytes{};
    random.fill(bytes);
    drive_options options = o.drive;
    for (const std::uint8_t b : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        options.run += digits[b >> 4U];
        options.run += digits[b & 0xfU];
    }
    const steady::time_point began = steady::now();
    driver to(options);
    feed(p, *source.view, limit, to);
    const drive_report report = to.finish();
    p.out.finish_progress();
    print_report(p, report, std::max(1e-6, std::chrono::duration<double>(steady::now() - began).count()));
    for (const std::string& line : report.mismatches) {
        p.out.note(line);
    }
    return report.mismatch_count == 0 ? 0 : exit_refused;
}

} // namespace

void add_replay_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "replay", "rebuild the state from snapshot and log, and say how fast; with --to do what clients did again, "
                  "against another server, under made names and passwords");
    const auto o = std::make_shared<replay_options>();
    command->add_option("--until", o->until, "up to this time or record")->type_name("POINT")->capture_default_str();
    command->add_flag("--print", o->print, "users and sessions as JSON lines");
    command->add_option("--to", o->drive.url, "send it as requests to this server: http://HOST:PORT")->type_name("URL");
    command->add_option("--speed", o->drive.speed, "with --to: times the recorded pace; 0: as fast as it goes")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--connections", o->drive.connections, "with --to: users served at once")
        ->check(CLI::Range(1U, connections_max))
        ->type_name("N")
        ->capture_default_str();
    command->callback([&p, o] { p.action = [&p, o] { return o->drive.url.empty() ? rebuild(p, *o) : drive(p, *o); }; });
}

} // namespace pawl::tools
