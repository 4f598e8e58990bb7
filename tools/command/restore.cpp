// pawlctl restore: a backup in the place of a data directory.
#include "storage/backup/restore.hpp"

#include "storage/backup/swap_run.hpp"
#include "tools/backup_files.hpp"
#include "tools/command/commands.hpp"
#include "tools/owner.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>

namespace pawl::tools {

namespace {

struct restore_choice {
    std::string backup, target;
    bool keep_sessions = false, replace = false;
};

int put_back(program& p, const restore_choice& choice) {
    // First: the keys may be among what an interrupted restore has moved.
    const std::string target = choice.target.empty() ? load_settings(p.global).data_dir : choice.target;
    owner_of(target).keep(); // whose server is to read it
    if (storage::settle_swap(target) == storage::swap_end::finished) {
        p.out.note("a restore that was interrupted in " + target + " was finished first");
    }
    backup_source to;
    find_store(p.global, choice.backup + "/" + storage::backup_key_name, to);
    storage::restore_request request;
    request.backup = choice.backup;
    request.target = target;
    request.log_key = &to.keys->log_key;
    request.key_file = to.key_text();
    request.keep_sessions = choice.keep_sessions;
    request.replace = choice.replace;
    request.time = &to.time;
    request.random = &to.random;
    request.raise = [&to](timestamp_ms floor) { to.time.raise(floor); };
    request.progress = byte_progress(p.out, "restoring");
    const storage::restore_result done = storage::restore_backup(request);
    if (p.out.json()) {
        boost::json::object o;
        o["restored"] = request.target;
        o["from"] = choice.backup;
        o["lsn"] = done.facts.lsn;
        o["time"] = time_text(done.facts.time);
        o["users"] = done.facts.users;
        o["restore_mark"] = storage::mark_text(done.restore_mark);
        o["next_user_id"] = done.next_user_id;
        o["sessions_ended"] = !choice.keep_sessions;
        o["replaced"] = done.aside;
        p.out.line(boost::json::serialize(o));
        return 0;
    }
    p.out.line(request.target + ": as of " + time_text(done.facts.time) + " (record " + std::to_string(done.facts.lsn) +
               "), " + std::to_string(done.facts.users) + " users" +
               (choice.keep_sessions ? ", sessions kept" : "; every session has ended"));
    p.out.line(new_ids_text(done.restore_mark, done.next_user_id));
    if (!done.aside.empty()) {
        p.out.line("what was there before is now " + done.aside);
    }
    if (choice.keep_sessions) {
        p.out.note("sessions that were ended after the backup was made may be alive again");
    }
    return 0;
}

} // namespace

void add_restore_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "restore", "put a backup in the place of the data directory; users and passwords of its time, no sessions");
    const auto choice = std::make_shared<restore_choice>();
    command->add_option("dir", choice->backup, "the backup")->required()->type_name("DIR");
    command->add_option("--to", choice->target, "instead of the configured data directory")->type_name("DATA_DIR");
    command->add_flag("--keep-sessions", choice->keep_sessions,
                      "leave sessions as they were then, although a logout since may come undone");
    command->add_flag("--replace", choice->replace, "move what is there aside; nothing is deleted");
    command->callback([&p, choice] { p.action = [&p, choice] { return put_back(p, *choice); }; });
}

} // namespace pawl::tools
