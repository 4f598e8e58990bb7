#include "tools/definitions.hpp"

#include "tools/program.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace pawl::tools {

namespace {

// CLI11 appends what validators say to the type: "KIND:{signing,refresh}".
void read_type(const std::string& type, option_definition& out) {
    const std::size_t colon = type.find(':');
    out.value = type.substr(0, colon);
    const std::size_t open = type.find('{', colon == std::string::npos ? type.size() : colon);
    const std::size_t close = type.find('}', open == std::string::npos ? type.size() : open);
    if (open == std::string::npos || close == std::string::npos) {
        return;
    }
    for (std::size_t at = open + 1; at < close;) {
        const std::size_t comma = std::min(type.find(',', at), close);
        out.choices.push_back(type.substr(at, comma - at));
        at = comma + 1;
    }
}

option_definition read_option(const CLI::Option& from) {
    option_definition out;
    for (const std::string& name : from.get_snames()) {
        out.names.push_back("-" + name);
    }
    for (const std::string& name : from.get_lnames()) {
        out.names.push_back("--" + name);
    }
    const bool flag = from.get_expected_max() == 0 && !from.get_positional();
    if (!flag) {
        read_type(from.get_type_name(), out);
    }
    out.text = from.get_description();
    out.default_text = from.get_default_str();
    out.required = from.get_required();
    out.repeatable = !flag && from.get_expected_max() > 1;
    return out;
}

// Every command has these.
bool is_help(const CLI::Option& option) {
    const auto& names = option.get_lnames();
    return std::any_of(names.begin(), names.end(),
                       [](const std::string& name) { return name == "help" || name == "help-all"; });
}

command_definition read_command(const CLI::App& from, const std::string& path) {
    command_definition out;
    out.name = from.get_name();
    out.path = path;
    out.text = from.get_description();
    out.more = from.get_footer();
    for (const bool arguments : {true, false}) { // arguments first
        for (const CLI::Option* const option : from.get_options()) {
            const bool shown = !option->get_group().empty() && (path.empty() || !is_help(*option));
            if (shown && option->get_positional() == arguments) {
                out.options.push_back(read_option(*option));
            }
        }
    }
    const auto visible = [](const CLI::App* command) { return !command->get_group().empty(); };
    for (const CLI::App* const command : from.get_subcommands(visible)) {
        out.commands.push_back(read_command(*command, (path.empty() ? "" : path + " ") + command->get_name()));
    }
    return out;
}

bool runs_alone(const command_definition& command) {
    return command.commands.empty() || !command.options.empty();
}

// "--yes" of "-y, --yes"; of several the first.
std::string long_name_of(const option_definition& option) {
    const auto found = std::find_if(option.names.begin(), option.names.end(),
                                    [](const std::string& name) { return name.starts_with("--"); });
    return found == option.names.end() ? option.names.front() : *found;
}

void add_leaves(const command_definition& command, std::vector<const command_definition*>& out) {
    if (!command.path.empty() && runs_alone(command)) {
        out.push_back(&command);
    }
    for (const command_definition& inner : command.commands) {
        add_leaves(inner, out);
    }
}

} // namespace

command_definition definitions() {
    CLI::App parser("pawlctl");
    program unused;
    define(parser, unused);
    parser.set_version_flag("--version", std::string(), "print the version, then exit");
    return read_command(parser, "");
}

std::vector<const command_definition*> leaves_of(const command_definition& program) {
    std::vector<const command_definition*> out;
    add_leaves(program, out);
    return out;
}

std::string synopsis_of(const command_definition& command) {
    std::string out = "pawlctl" + (command.path.empty() ? "" : " " + command.path);
    for (const option_definition& option : command.options) {
        std::string text = option.is_argument() ? option.value : long_name_of(option);
        if (!option.is_argument() && !option.is_flag()) {
            text += " " + option.value;
        }
        text += option.repeatable ? " ..." : "";
        out += " " + (option.required ? text : "[" + text + "]");
    }
    if (!command.commands.empty()) {
        out += runs_alone(command) ? " [COMMAND ...]" : " COMMAND ...";
    }
    return out;
}

std::string markdown_of_commands() {
    const command_definition program = definitions();
    std::string out(commands_begin);
    out += "\n| command | what it does |\n|---|---|\n";
    for (const command_definition* const command : leaves_of(program)) {
        std::string use = command->path;
        for (const option_definition& option : command->options) {
            if (option.is_argument()) {
                use += " " + (option.required ? option.value : "[" + option.value + "]");
            }
        }
        std::string text = command->text;
        for (std::size_t bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2)) {
            text.replace(bar, 1, "\\|");
        }
        out.append("| `").append(use).append("` | ").append(text).append(" |\n");
    }
    return out + std::string(commands_end) + "\n";
}

} // namespace pawl::tools
