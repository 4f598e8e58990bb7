// Hidden: pawlctl man and pawlctl completion, which the build and people's shells call.
#include "tools/manual.hpp"

#include "tools/command/commands.hpp"
#include "tools/completion.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <memory>

namespace pawl::tools {

namespace {

struct man_options {
    std::string page = "pawlctl";
    std::string directory;
    bool readme = false;
};

void print_text(program& p, std::string_view text) {
    p.out.line(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text);
}

int write_pages(const std::string& directory) {
    std::filesystem::create_directories(directory);
    for (const manual_page& page : manual_pages()) {
        const std::string path = directory + "/" + page.name + ".1";
        std::ofstream file(path, std::ios::binary);
        file << page.troff;
        if (!file.flush()) {
            throw tool_error(static_cast<int>(storage::exit_code::storage_failed), path + ": can't be written");
        }
    }
    return 0;
}

int print_manual(program& p, const man_options& wanted) {
    if (wanted.readme) {
        print_text(p, markdown_of_commands());
        return 0;
    }
    if (!wanted.directory.empty()) {
        return write_pages(wanted.directory);
    }
    for (const manual_page& page : manual_pages()) {
        if (page.name == wanted.page || page.name == "pawlctl-" + wanted.page) {
            print_text(p, page.troff);
            return 0;
        }
    }
    throw tool_error(exit_refused, "there is no page \"" + clean(wanted.page) + "\"");
}

} // namespace

void add_manual_commands(CLI::App& parser, program& p) {
    CLI::App* const man = parser.add_subcommand("man", "print a manual page in troff")->group("");
    const auto wanted = std::make_shared<man_options>();
    man->add_option("page", wanted->page, "pawlctl, pawld, or a command")->type_name("PAGE");
    man->add_option("--to", wanted->directory, "write all pages into this directory")->type_name("DIR");
    man->add_flag("--readme", wanted->readme, "README's table of commands instead");
    man->callback([&p, wanted] { p.action = [&p, wanted] { return print_manual(p, *wanted); }; });

    CLI::App* const completion =
        parser.add_subcommand("completion", "print a script for the shell's completion")->group("");
    const auto shell = std::make_shared<std::string>();
    completion->add_option("shell", *shell, "bash")->required()->check(CLI::IsMember({"bash"}))->type_name("SHELL");
    completion->callback([&p, shell] { // `shell` lives as long as the parser
        p.action = [&p] {
            print_text(p, bash_completion());
            return 0;
        };
    });
}

} // namespace pawl::tools
