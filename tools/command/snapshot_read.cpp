// pawlctl snapshot ls, inspect, verify: reading snapshots, without the directory's lock.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/log_reader.hpp"
#include "tools/command/commands.hpp"
#include "tools/point_in_time.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace pawl::tools {

namespace {

using storage::manifest_snapshot;
using storage::snapshot_check;
using storage::snapshot_fault;

int exit_of(snapshot_fault fault) {
    switch (fault) {
    case snapshot_fault::none:
        return 0;
    case snapshot_fault::tampered:
        return static_cast<int>(storage::exit_code::tampered);
    case snapshot_fault::newer_format:
        return static_cast<int>(storage::exit_code::newer_format);
    case snapshot_fault::wrong_key:
        return static_cast<int>(storage::exit_code::wrong_key);
    case snapshot_fault::unreadable:
        return static_cast<int>(storage::exit_code::storage_failed);
    default:
        return static_cast<int>(storage::exit_code::corrupt);
    }
}

struct checked_snapshot {
    manifest_snapshot listed;
    snapshot_check check;
};

// Those that `choose` gives of the current manifest, all looked at while it was the current one.
template <class Choose>
std::vector<checked_snapshot> check_snapshots(storage::directory_view& view, storage::open_mode mode,
                                              const Choose& choose) {
    std::vector<checked_snapshot> out;
    storage::read_settled(view, [&] {
        out.clear();
        bool good = true;
        for (const manifest_snapshot& s : choose()) {
            out.push_back({s, view.verify(s, mode)});
            good = good && out.back().check.fault == snapshot_fault::none;
        }
        return good || !view.has_moved_on();
    });
    return out;
}

// All listed, and whether each is good: the exit code is that of the first that is not.
int list_snapshots(program& p, bool without_keys) {
    const history_source source = open_history(p.global, without_keys ? need_keys::no : need_keys::yes);
    table t{{"SNAPSHOT", "RECORD", "SIZE", "TAKEN", "USERS", "SESSIONS", "RECORDS", "STATE"}, {}};
    int code = 0;
    const auto all = [&] { return source.view->current().snapshots; };
    for (const auto& [s, check] : check_snapshots(*source.view, storage::open_mode::read, all)) {
        code = code == 0 ? exit_of(check.fault) : code;
        const storage::snapshot_footer& f = check.footer;
        const std::string name = storage::snapshot_name(s.lsn);
        if (p.out.json()) {
            std::string text;
            json_object_writer w(text);
            w.member("name", name).member("lsn", s.lsn).member("size", s.size).member("state", describe(check.fault));
            if (check.fault == snapshot_fault::none) {
                w.member("time", to_rfc3339_ms(f.time))
                    .member("users", f.counts.users)
                    .member("families", f.counts.families)
                    .member("records", f.records)
                    .member("next_user_id", f.counts.next_user_id);
            } else {
                w.member("offset", check.offset);
            }
            w.end();
            p.out.line(text);
            continue;
        }
        const bool good = check.fault == snapshot_fault::none;
        t.rows.push_back({name, s.lsn, size_text(s.size), good ? time_text(f.time) : "", f.counts.users,
                          f.counts.families, f.records,
                          good ? cell("good", colour::green)
                               : cell(std::string(describe(check.fault)) + " at offset " + std::to_string(check.offset),
                                      colour::red)});
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    return code;
}

const manifest_snapshot& find_snapshot(const storage::directory_view& view, const std::string& name) {
    const auto& listed = view.current().snapshots;
    if (listed.empty()) {
        throw tool_error(exit_refused, "there is no snapshot yet");
    }
    if (name.empty()) {
        return listed.front();
    }
    const auto found = std::find_if(listed.begin(), listed.end(), [&](const manifest_snapshot& s) {
        return storage::snapshot_name(s.lsn) == name.substr(name.rfind('/') + 1) || std::to_string(s.lsn) == name;
    });
    if (found == listed.end()) {
        throw tool_error(exit_refused, "\"" + clean(name) + "\" is no snapshot that the manifest lists");
    }
    return *found;
}

int inspect(program& p, const std::string& name) {
    const history_source source = open_history(p.global, need_keys::yes);
    manifest_snapshot s;
    point_in_time past;
    storage::read_settled(*source.view, [&] {
        s = find_snapshot(*source.view, name);
        past.state = read_snapshot_state(*source.view, s.lsn);
        return true;
    });
    past.orphans = past.state.settle();
    past.at = to_seconds(past.state.time);
    std::map<std::string, std::uint64_t> states;
    for (const auto& [id, f] : past.state.families) {
        ++states["sessions " + family_state_name(past.state, f, past.at)];
    }
    for (const auto& [id, u] : past.state.users) {
        ++states[u.deleted ? "users removed" : u.gate.enabled ? "users enabled" : "users disabled"];
    }
    if (p.out.json()) {
        std::string text;
        json_object_writer w(text);
        for (const auto& [what, n] : states) {
            w.member(what, n);
        }
        w.end();
        std::string summary = summary_text(past);
        summary.pop_back();
        p.out.line(summary + ",\"name\":\"" + storage::snapshot_name(s.lsn) + "\",\"counts\":" + text + "}");
        return 0;
    }
    table t{{storage::snapshot_name(s.lsn), "count"}, {}};
    for (const auto& [what, n] : states) {
        t.rows.push_back({what, n});
    }
    p.out.print(t);
    p.out.line("all below record " + std::to_string(s.lsn) + ", taken " + time_text(past.state.time) + ", " +
               size_text(s.size) + "; the log goes on in " + storage::segment_name(s.start.segno) + ", batch " +
               std::to_string(s.start.batch_seq));
    return 0;
}

int verify(program& p, const std::string& name) {
    const history_source source = open_history(p.global, need_keys::yes, storage::direct_reads::where_possible);
    const auto chosen = [&] {
        return name.empty() ? source.view->current().snapshots
                            : std::vector<manifest_snapshot>{find_snapshot(*source.view, name)};
    };
    for (const auto& [s, check] : check_snapshots(*source.view, storage::open_mode::read_direct, chosen)) {
        const std::string path = source.view->path_of(storage::snapshot_name(s.lsn));
        if (check.fault != snapshot_fault::none) {
            throw storage::refused(static_cast<storage::exit_code>(exit_of(check.fault)),
                                   path + ": offset " + std::to_string(check.offset) + ": " + describe(check.fault));
        }
        if (p.out.json()) {
            std::string text;
            json_object_writer(text)
                .member("file", path)
                .member("good", true)
                .member("blocks", check.footer.blocks)
                .member("records", check.footer.records)
                .end();
            p.out.line(text);
        } else {
            p.out.line(p.out.shaded("good", colour::green) + ": " + path + ": " + std::to_string(check.footer.blocks) +
                       " blocks, " + std::to_string(check.footer.records) + " records, every tag");
        }
    }
    return 0;
}

} // namespace

void add_snapshot_reading(CLI::App& group, program& p) {
    CLI::App* const list = group.add_subcommand("ls", "every snapshot: when, how much, whether it is good");
    const auto without_keys = std::make_shared<bool>(false);
    list->add_flag("--without-keys", *without_keys, "check CRCs and sizes only");
    list->callback([&p, without_keys] { p.action = [&p, without_keys] { return list_snapshots(p, *without_keys); }; });

    const auto name = std::make_shared<std::string>();
    CLI::App* const look = group.add_subcommand("inspect", "what a snapshot holds, counted");
    look->add_option("snapshot", *name, "its name or record; none: the newest")->type_name("SNAPSHOT");
    look->callback([&p, name] { p.action = [&p, name] { return inspect(p, *name); }; });

    CLI::App* const check = group.add_subcommand("verify", "every block and tag, past the page cache where possible");
    check->add_option("snapshot", *name, "its name or record; none: all")->type_name("SNAPSHOT");
    check->callback([&p, name] { p.action = [&p, name] { return verify(p, *name); }; });
}

} // namespace pawl::tools
