// pawlctl import: users and sessions of an export, or users of another system's table, into a server or a directory.
#include "tools/import/import_rows.hpp"
#include "tools/import/import_sink.hpp"

#include "tools/command/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <optional>

namespace pawl::tools {

namespace {

struct import_choice {
    std::string file, from = "pawl", on_conflict = "fail", preset, map;
};

class import_run {
public:
    import_run(program& p, bool skips, const std::optional<import_rows::head_line>& head)
        : p_(p), skips_(skips), to_(open_import_sink(p.global)) {
        if (head) {
            to_->begin(*head);
        }
    }

    void take(import_row row) {
        ++lines_;
        if (!row.why.empty()) {
            return complain(row.number, "refused", {}, row.why, refused_);
        }
        const import_answer answer = to_->put(row);
        if (answer.outcome == "added") {
            ++added_;
        } else if (answer.outcome == "same") {
            ++same_;
        } else if (answer.outcome == "refused") {
            complain(row.number, answer.outcome, answer.subject, answer.why, refused_);
        } else {
            complain(row.number, answer.outcome, answer.subject, answer.why, conflicts_);
        }
        p_.out.progress("importing", lines_, 0);
    }

    int finish(const std::map<std::string, std::uint64_t>& unknown_hashes) {
        to_->finish();
        boost::json::object kinds;
        for (const auto& [kind, count] : unknown_hashes) {
            kinds[kind] = count;
            if (!p_.out.json()) {
                p_.out.line("hashes of a kind that is not known: " + kind + ", " + std::to_string(count));
            }
        }
        if (p_.out.json()) {
            p_.out.line(boost::json::serialize(boost::json::object{{"imported", to_->place()},
                                                                   {"added", added_},
                                                                   {"same", same_},
                                                                   {"conflicts", conflicts_},
                                                                   {"refused", refused_},
                                                                   {"unknown_hashes", std::move(kinds)}}));
        } else {
            p_.out.line(to_->place() + ": " + std::to_string(added_) + " added, " + std::to_string(same_) +
                        " were there already, " + std::to_string(conflicts_) + " conflicts, " +
                        std::to_string(refused_) + " refused");
        }
        return refused_ > 0 || (conflicts_ > 0 && !skips_) ? exit_refused : 0;
    }

private:
    // `why` may quote the file.
    void complain(std::uint64_t line, const std::string& outcome, const std::string& subject, const std::string& said,
                  std::uint64_t& count) {
        ++count;
        const std::string why = clean(said);
        const std::string place = "line " + std::to_string(line) + ": " + (subject.empty() ? "" : subject + ": ");
        if (!skips_) {
            to_->finish(); // what was added stays
            throw tool_error(exit_refused, place + why + "; " + std::to_string(added_) +
                                               " were added before it; the same file may be imported again");
        }
        if (p_.out.json()) {
            p_.out.line(boost::json::serialize(
                boost::json::object{{"line", line}, {"outcome", outcome}, {"subject", subject}, {"why", why}}));
        } else {
            p_.out.line(place + why);
        }
    }

    program& p_;
    bool skips_;
    std::unique_ptr<import_sink> to_;
    std::uint64_t lines_ = 0, added_ = 0, same_ = 0, conflicts_ = 0, refused_ = 0;
};

int import_all(program& p, const import_choice& choice) {
    const auto rows =
        open_import_rows({choice.file, choice.from, choice.preset, choice.map}); // refuses before a change
    import_row row;
    if (!rows->next(row)) {
        throw tool_error(exit_refused, "there is nothing to import");
    }
    import_run run(p, choice.on_conflict == "skip", rows->head());
    do {
        run.take(std::move(row));
    } while (rows->next(row));
    return run.finish(rows->unknown_hashes());
}

} // namespace

void add_import_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand(
        "import",
        "add users, sessions, clients of an export, or users of another system; changes nothing that is there");
    const auto choice = std::make_shared<import_choice>();
    command->add_option("file", choice->file, "where from; \"-\", as nothing, is stdin")->type_name("FILE");
    command->add_option("--from", choice->from, "what it is: pawl (pawlctl export), csv, json")
        ->check(CLI::IsMember({"pawl", "csv", "json"}))
        ->type_name("FORMAT");
    command->add_option("--preset", choice->preset, "the columns of csv and json: passlib, django, fastapi")
        ->check(CLI::IsMember({"passlib", "django", "fastapi"}))
        ->type_name("NAME");
    command
        ->add_option("--map", choice->map,
                     "columns of csv and json by member, as email=mail,hash=pw; over those of --preset")
        ->type_name("MEMBER=COLUMN,...");
    command
        ->add_option("--on-conflict", choice->on_conflict,
                     "fail: end at the first line that can't be added; skip: list it and go on")
        ->check(CLI::IsMember({"fail", "skip"}))
        ->type_name("HOW");
    command->callback([&p, choice] { p.action = [&p, choice] { return import_all(p, *choice); }; });
}

} // namespace pawl::tools
