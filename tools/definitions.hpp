// What the parser defines, as plain data: manual pages, completion and the table of docs/pawlctl.md are made from it,
// so that none of them can differ from what is parsed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::tools {

struct option_definition {
    std::vector<std::string> names{};   // "-q", "--quiet"; empty for an argument
    std::string value{};                // "PATH"; empty for a flag; an argument's name in capitals
    std::vector<std::string> choices{}; // the values it takes, where it takes but some
    std::string text{};                 // what it means
    std::string default_text{};         // empty: none
    bool required = false;
    bool repeatable = false;

    bool is_argument() const { return names.empty(); }
    bool is_flag() const { return !is_argument() && value.empty(); }
    // Whether values are names of files.
    bool takes_path() const { return value == "PATH" || value == "FILE" || value == "DIR"; }
};

struct command_definition {
    std::string name{}; // "ls"
    std::string path{}; // "user ls"; empty for the program itself
    std::string text{};
    std::string more{};                       // what --help says at its end
    std::vector<option_definition> options{}; // its own, arguments first
    std::vector<command_definition> commands{};
};

// The program with all that is not hidden.
command_definition definitions();

// Every command that does something, in order: those without commands of their own, and those that run without one.
std::vector<const command_definition*> leaves_of(const command_definition& program);

// "pawlctl user add EMAIL [--username NAME] ...".
std::string synopsis_of(const command_definition& command);

// The table of commands of docs/pawlctl.md, in Markdown, between two markers that a test looks for.
std::string markdown_of_commands();
inline constexpr std::string_view commands_begin = "<!-- commands: begin (pawlctl man --table prints the same) -->";
inline constexpr std::string_view commands_end = "<!-- commands: end -->";

} // namespace pawl::tools
