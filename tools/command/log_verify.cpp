// pawlctl log verify: all of the recovery table, without changing anything.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/history/verify.hpp"
#include "tools/command/commands.hpp"
#include "tools/history_source.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>

namespace pawl::tools {

namespace {

std::string finding_json(const storage::finding& f) {
    std::string out;
    json_object_writer(out)
        .member("class", storage::name_of(f.kind))
        .member("exit_code", std::int64_t{static_cast<int>(f.kind)})
        .member("row", std::uint64_t{f.row})
        .member("file", f.file)
        .member("offset", f.offset)
        .member("batch", f.batch_seq)
        .member("what", f.what)
        .member("next", f.next)
        .member("server_starts", f.server_starts)
        .end();
    return out;
}

std::string summary_json(const storage::verified_directory& v, std::int64_t ms) {
    std::string findings = "[", notes = "[";
    for (const storage::finding& f : v.findings) {
        findings += (findings.size() > 1 ? "," : "") + finding_json(f);
    }
    for (const std::string& n : v.notes) {
        notes += notes.size() > 1 ? "," : "";
        append_json_string(notes, n);
    }
    std::string out;
    json_object_writer(out)
        .member("good", v.findings.empty())
        .member("with_keys", v.with_keys)
        .member("live", v.live)
        .member("clean", v.clean)
        .member("torn", v.torn)
        .member("segments", v.segments)
        .member("spares", v.spares)
        .member("snapshots", v.snapshots)
        .member("frames", v.frames)
        .member("records", v.records)
        .member("first_lsn", v.first_lsn)
        .member("last_lsn", v.last_lsn)
        .member("last_batch", v.last_batch)
        .member("first_time", to_rfc3339_ms(v.first_time))
        .member("last_time", to_rfc3339_ms(v.last_time))
        .member("bytes", v.bytes)
        .member("ms", ms)
        .raw("findings", findings + "]")
        .raw("notes", notes + "]")
        .end();
    return out;
}

void print_for_people(program& p, const storage::verified_directory& v, std::int64_t ms) {
    for (const storage::finding& f : v.findings) {
        p.out.line(p.out.shaded(storage::name_of(f.kind), colour::red) +
                   (f.row != 0 ? " (row " + std::to_string(f.row) + " of docs/on-disk.md)" : "") + ": " + f.line() +
                   (f.server_starts ? " (a server starts all the same)" : ""));
    }
    for (const std::string& n : v.notes) {
        p.out.line(p.out.shaded("note", colour::yellow) + ": " + n);
    }
    if (v.torn) {
        p.out.line(p.out.shaded("note", colour::yellow) + ": " + v.torn_at +
                   (v.live ? ": a batch is being written" : ": a batch that was never acknowledged; a start cuts it"));
    }
    const std::string read = std::to_string(v.segments) + " segments, " + std::to_string(v.frames) + " frames, " +
                             std::to_string(v.records) + " records (" + std::to_string(v.first_lsn) + ".." +
                             std::to_string(v.last_lsn) + "), " + std::to_string(v.snapshots) + " snapshots, " +
                             size_text(v.bytes) + " in " + std::to_string(ms) + " ms";
    if (v.findings.empty()) {
        const std::string end = v.live ? "a server is at work" : v.clean ? "stopped cleanly" : "not stopped cleanly";
        p.out.line(p.out.shaded("good", colour::green) + ": " + read + "; " +
                   (v.with_keys ? "sizes, CRCs, sequence, chain, tags"
                                : "sizes, CRCs, sequence (without keys: no "
                                  "chain, no tags)") +
                   "; " + end);
    } else {
        p.out.line("read: " + read);
    }
}

int verify(program& p, bool without_keys) {
    using clock = std::chrono::steady_clock;
    const clock::time_point began = clock::now();
    const history_source source =
        open_history(p.global, without_keys ? need_keys::no : need_keys::yes, storage::direct_reads::where_possible);
    const storage::verified_directory v = storage::verify_directory(*source.view, bar_of(p.out, "verifying"));
    const std::int64_t ms = std::chrono::duration_cast<milliseconds>(clock::now() - began).count();
    if (p.out.json()) {
        p.out.line(summary_json(v, ms));
    } else {
        print_for_people(p, v, ms);
    }
    return static_cast<int>(v.kind());
}

} // namespace

void add_log_verify(CLI::App& group, program& p) {
    CLI::App* const command =
        group.add_subcommand("verify", "read everything as a start would, and say what is wrong: file, offset, class; "
                                       "exit codes are the server's");
    const auto without_keys = std::make_shared<bool>(false);
    command->add_flag("--without-keys", *without_keys, "check what needs no key: sizes, CRCs, numbers");
    command->callback([&p, without_keys] { p.action = [&p, without_keys] { return verify(p, *without_keys); }; });
}

} // namespace pawl::tools
