// pawlctl backup: a copy of the data directory, of a running server or a stopped one, and the check of a copy.
#include "storage/backup/backup.hpp"
#include "core/version.hpp"

#include "tools/backup_files.hpp"
#include "tools/command/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>

namespace pawl::tools {

namespace {

struct backup_choice {
    std::string directory;
    bool with_keys = false;
};

void print_facts(program& p, const std::string& place, const storage::backup_facts& facts, const char* done) {
    if (p.out.json()) {
        boost::json::object o;
        o["backup"] = place;
        o["lsn"] = facts.lsn;
        o["time"] = time_text(facts.time);
        o["store"] = facts.uuid;
        o["users"] = facts.users;
        o["families"] = facts.families;
        o["files"] = facts.files.size();
        o["bytes"] = facts.bytes();
        o["with_keys"] = facts.with_keys;
        p.out.line(boost::json::serialize(o));
        return;
    }
    p.out.line(place + ": " + done + ", record " + std::to_string(facts.lsn) + " of " + time_text(facts.time) + ", " +
               std::to_string(facts.users) + " users, " + std::to_string(facts.families) + " sessions, " +
               std::to_string(facts.files.size()) + " files, " + size_text(facts.bytes()));
}

int make(program& p, const backup_choice& choice) {
    backup_source from;
    find_store(p.global, {}, from);
    storage::backup_request request;
    request.source = from.settings.data_dir;
    request.destination = choice.directory;
    request.log_key = &from.keys->log_key;
    request.key_file = choice.with_keys ? from.key_file : std::string();
    request.program_version = std::string(program_version);
    request.now = from.time.wall_ms();
    request.progress = byte_progress(p.out, "copying");
    const storage::backup_result made = storage::make_backup(request);
    for (const std::string& note : made.notes) {
        p.out.note(note);
    }
    if (choice.with_keys) {
        p.out.note("the key file is in this backup: anyone who can read it can make tokens of every user");
    }
    print_facts(p, choice.directory, made.facts, "written and read back");
    return 0;
}

int verify(program& p, const backup_choice& choice) {
    backup_source from;
    find_store(p.global, choice.directory + "/" + storage::backup_key_name, from);
    const storage::verified_backup good = storage::verify_backup(choice.directory, from.keys->log_key);
    print_facts(p, choice.directory, good.facts, "good");
    return 0;
}

} // namespace

void add_backup_command(CLI::App& parser, program& p) {
    CLI::App* const command =
        parser.add_subcommand("backup", "copy the data, while the server runs or not, and read the copy back");
    const auto choice = std::make_shared<backup_choice>();
    command->add_option("dir", choice->directory, "where to; must be new or empty")->type_name("DIR");
    command->add_flag("--with-keys", choice->with_keys, "the key file too, without which the copy can't be used");
    command->callback([&p, command, choice] {
        if (command->get_subcommands().empty()) {
            if (choice->directory.empty()) {
                throw CLI::RequiredError("DIR");
            }
            p.action = [&p, choice] { return make(p, *choice); };
        }
    });
    CLI::App* const check = command->add_subcommand("verify", "read a backup whole, as a start of the server would");
    check->add_option("dir", choice->directory, "the backup")->required()->type_name("DIR");
    check->callback([&p, choice] { p.action = [&p, choice] { return verify(p, *choice); }; });
}

} // namespace pawl::tools
