// pawlctl salvage: what can still be proven of a damaged data directory, as a fresh store; and what is lost, exactly.
#include "storage/backup/salvage.hpp"

#include "storage/backup/frozen_directory.hpp"
#include "storage/backup/new_directory.hpp"
#include "tools/backup_files.hpp"
#include "tools/command/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>

namespace pawl::tools {

namespace {

struct salvage_choice {
    std::string source, target;
    bool accept_loss = false, keep_sessions = false;
};

// "3 to 7", "3 and on", "".
std::string range(std::uint64_t from, std::uint64_t to) {
    if (from == 0 && to == 0) {
        return {};
    }
    if (to == 0) {
        return std::to_string(from) + " and on";
    }
    return from == to ? std::to_string(from) : std::to_string(from) + " to " + std::to_string(to);
}

boost::json::value json_of(const storage::salvage_loss& loss) {
    boost::json::object o{{"file", loss.file}, {"offset", loss.offset}, {"what", loss.what}};
    const auto number = [&o](const char* name, std::uint64_t n) {
        if (n != 0) {
            o[name] = n;
        }
    };
    number("batch_from", loss.batch_from);
    number("batch_to", loss.batch_to);
    number("lsn_from", loss.lsn_from);
    number("lsn_to", loss.lsn_to);
    if (loss.from) {
        o["from"] = time_text(*loss.from);
    }
    if (loss.to) {
        o["to"] = time_text(*loss.to);
    }
    o["costs_state"] = loss.costs_state;
    o["maybe_acknowledged"] = loss.maybe_acknowledged;
    return o;
}

void print_loss(output& out, const storage::salvage_loss& loss) {
    std::string line = loss.file + ": offset " + std::to_string(loss.offset) + ": " + loss.what;
    const std::string records =
        loss.lsn_from > loss.lsn_to && loss.lsn_to != 0 ? "" : range(loss.lsn_from, loss.lsn_to);
    if (!records.empty()) {
        line += "; records " + records;
    }
    if (const std::string batches = range(loss.batch_from, loss.batch_to); !batches.empty()) {
        line += "; batches " + batches;
    }
    if (loss.from || loss.to) {
        line += "; " + (loss.from ? "after " + time_text(*loss.from) : std::string()) +
                (loss.from && loss.to ? ", " : "") + (loss.to ? "before " + time_text(*loss.to) : std::string());
    }
    line += loss.maybe_acknowledged ? "; may hold acknowledged changes"
            : loss.costs_state      ? "; holds nothing that was acknowledged"
                                    : "; costs nothing of the state";
    out.line("lost: " + line);
}

void print_report(program& p, const salvage_choice& choice, const storage::salvage_report& report,
                  const storage::salvage_result& ids) {
    const bool acknowledged = std::any_of(report.losses.begin(), report.losses.end(),
                                          [](const storage::salvage_loss& l) { return l.maybe_acknowledged; });
    if (p.out.json()) {
        boost::json::array losses, notes;
        for (const storage::salvage_loss& loss : report.losses) {
            losses.push_back(json_of(loss));
        }
        for (const std::string& note : report.notes) {
            notes.emplace_back(note);
        }
        boost::json::object o;
        o["salvaged"] = choice.target;
        o["refused_with"] = report.why;
        o["snapshot"] = report.snapshot;
        o["frames"] = report.frames;
        o["records"] = report.records;
        o["unproven_frames"] = report.unproven_frames;
        o["users"] = report.image.users.size();
        o["families"] = report.image.families.size();
        o["sessions_ended"] = !choice.keep_sessions;
        o["restore_mark"] = storage::mark_text(ids.restore_mark);
        o["next_user_id"] = ids.next_user_id;
        o["maybe_acknowledged"] = acknowledged;
        o["lost"] = std::move(losses);
        o["notes"] = std::move(notes);
        p.out.line(boost::json::serialize(o));
        return;
    }
    for (const storage::salvage_loss& loss : report.losses) {
        print_loss(p.out, loss);
    }
    for (const std::string& note : report.notes) {
        p.out.line("note: " + note);
    }
    p.out.line(choice.target + ": a new store of " +
               (report.snapshot.empty() ? std::string("no snapshot") : report.snapshot) + " and " +
               std::to_string(report.records) + " records of the log: " + std::to_string(report.image.users.size()) +
               " users, " + std::to_string(report.image.families.size()) + " sessions" +
               (choice.keep_sessions ? "" : ", all ended"));
    p.out.line(new_ids_text(ids.restore_mark, ids.next_user_id));
    p.out.line(acknowledged ? "what is lost may hold changes that were acknowledged"
                            : "nothing of what is lost was acknowledged, or it is in what was read");
}

int salvage(program& p, const salvage_choice& choice) {
    if (!choice.accept_loss) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         "salvage gives up what can't be proven; restore a backup if there is one, else say "
                         "--accept-loss");
    }
    backup_source from;
    find_store(p.global, choice.source + "/" + "keys.json", from);
    storage::refuse_within(choice.target, choice.source, "a salvaged store");
    const storage::directory_guard guard(choice.source);
    storage::salvage_report report = storage::read_salvage(choice.source, from.keys->log_key);
    if (report.healthy) {
        p.out.line(p.out.json() ? "{\"salvaged\":null,\"healthy\":true}"
                                : choice.source + ": nothing is wrong with it; nothing was written");
        return 0;
    }
    from.time.raise(report.last_time);
    storage::salvage_write request;
    request.target = choice.target;
    request.log_key = &from.keys->log_key;
    const bool beside = plain_path(from.key_file) == plain_path(choice.source + "/keys.json");
    from.key_file_in_data = from.key_file_in_data || beside;
    request.key_file = from.key_text();
    request.keep_sessions = choice.keep_sessions;
    request.time = &from.time;
    request.random = &from.random;
    const storage::salvage_result ids = storage::write_salvaged(request, report);
    print_report(p, choice, report, ids);
    return 0;
}

} // namespace

void add_salvage_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "salvage", "make a fresh store of what can be proven of a damaged one, and list what is lost");
    const auto choice = std::make_shared<salvage_choice>();
    command->add_option("src", choice->source, "the damaged data directory; it is only read")
        ->required()
        ->type_name("SRC");
    command->add_option("dest", choice->target, "where to; must be new or empty")->required()->type_name("DEST");
    command->add_flag("--accept-loss", choice->accept_loss, "needed: something is given up");
    command->add_flag("--keep-sessions", choice->keep_sessions, "although a logout that is lost may come undone");
    command->callback([&p, choice] { p.action = [&p, choice] { return salvage(p, *choice); }; });
}

} // namespace pawl::tools
