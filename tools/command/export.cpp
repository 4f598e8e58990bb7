// pawlctl export: users, sessions, clients as JSON Lines (docs/export-format.md), of a running server's directory or a
// stopped one's, at one moment.
#include "app/transfer/export_lines.hpp"
#include "storage/backup/frozen_store.hpp"
#include "storage/backup/new_directory.hpp"
#include "storage/entity/plain.hpp"
#include "tools/backup_files.hpp"
#include "tools/command/commands.hpp"
#include "tools/lines.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>

namespace pawl::tools {

namespace {

struct export_choice {
    std::string file;
    bool users_only = false;
};

// --- One for each record that is the state of an entity: all of them, in the order of docs/export-format.md.
template <class Add>
void each_exported(const storage::state_image& image, storage::as<user> /*one*/, const Add& add) {
    for (const auto& [id, u] : image.users) {
        add(u);
    }
}
template <class Add>
void each_exported(const storage::state_image& image, storage::as<storage::family_created_record> /*one*/,
                   const Add& add) {
    for (const storage::past_family* const family : image.sorted_families()) {
        add(image_of(*family));
    }
}

template <storage::plain_entity Record, class Add>
void each_exported(const storage::state_image& image, storage::as<Record> /*one*/, const Add& add) {
    storage::for_each_plain(image.plain->of<Record>(), add);
}

int write_all(program& p, const export_choice& choice) {
    backup_source from;
    find_store(p.global, {}, from);
    line_target to(choice.file);
    const storage::frozen_store store = storage::read_store(from.settings.data_dir, from.keys->log_key);
    for (const std::string& note : store.report.notes) {
        p.out.note(note);
    }
    app::export_head head;
    head.uuid = storage::to_hex(store.head.uuid);
    head.lsn = store.last_lsn;
    head.time = store.report.last_time;
    head.next_user_id = store.image.next_user_id;
    head.users = store.image.users.size();
    head.families = choice.users_only ? 0 : store.image.families.size();
    head.users_only = choice.users_only;
    head.has_attributes =
        std::ranges::any_of(store.image.users, [](const auto& one) { return storage::version_of(one.second) > 1; });
    std::uint64_t total = head.users + head.families;
    storage::for_each_record_back([&]<class Record>(storage::as<Record>) {
        if constexpr (storage::plain_entity<Record>) {
            const std::uint64_t count = choice.users_only ? 0 : store.image.plain->of<Record>().size();
            if (count > 0) {
                head.others[app::counted_name<Record>()] = count;
            }
            total += count;
        }
    });
    std::uint64_t done = 0;
    to.add(app::export_line(head));
    const auto add = [&](const auto& one) {
        to.add(app::export_line(one));
        p.out.progress("exporting", ++done, total);
    };
    // What others name comes before them.
    storage::for_each_record_back([&]<class Record>(storage::as<Record> one) {
        if constexpr (storage::declaration<Record>::kind == storage::record_kind::state) {
            if (!choice.users_only || std::same_as<Record, user>) {
                each_exported(store.image, one, add);
            }
        }
    });
    to.add(app::export_end_line(head.users, head.families, head.others));
    to.finish();
    if (to.is_stdout()) {
        return 0;
    }
    if (p.out.json()) {
        boost::json::object told{
            {"exported", choice.file}, {"lsn", head.lsn}, {"users", head.users}, {"families", head.families}};
        for (const auto& [name, count] : head.others) {
            told[name] = count;
        }
        p.out.line(boost::json::serialize(told));
        return 0;
    }
    std::string counts = std::to_string(head.users) + " users, " + std::to_string(head.families) + " sessions";
    for (const auto& [name, count] : head.others) {
        counts += ", " + std::to_string(count) + " " + name;
    }
    p.out.line(choice.file + ": " + counts + ", as of record " + std::to_string(head.lsn));
    return 0;
}

} // namespace

void add_export_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "export", "write users with their hashes, sessions, clients, APIs and scopes, as JSON Lines");
    const auto choice = std::make_shared<export_choice>();
    command->add_option("file", choice->file, "where to; \"-\", as nothing, is stdout")->type_name("FILE");
    command->add_flag("--users-only", choice->users_only, "users alone");
    command->callback([&p, choice] { p.action = [&p, choice] { return write_all(p, *choice); }; });
}

} // namespace pawl::tools
