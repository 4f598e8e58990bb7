// The only file that knows CLI11.
#include "app/config/sources.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace pawl::app {

namespace {

constexpr std::string_view here = "command line";

// "--name=value" shows its name alone: the value of an option that does not exist may be a secret.
std::string name_part(const std::string& argument) {
    return argument.substr(0, argument.find('='));
}

// Named alone it is on; a value is written with "=".
bool is_flag_like(const option_row& row) {
    return row.kind == value_kind::flag || row.kind == value_kind::parent;
}

std::string missing_value_line(const option_row& row) {
    return option_error_line("--" + std::string(row.name), {}, here, "needs a value; it " + rule_of(row));
}

// CLI11 says what is missing in sentences of its own; ours name the option first.
std::string missing_value_line(std::span<const std::string> arguments) {
    for (std::size_t i = arguments.size(); i-- > 0;) {
        const std::string name = name_part(arguments[i]);
        const option_row* row = name.starts_with("--") ? find_option(name.substr(2)) : nullptr;
        if (row != nullptr && !is_flag_like(*row) &&
            (arguments[i] == name + "=" || (arguments[i] == name && i + 1 == arguments.size()))) {
            return missing_value_line(*row);
        }
    }
    return option_error_line("an option", {}, here, "lacks its value; see pawld --help");
}

} // namespace

option_error read_command_line(std::span<const std::string> arguments, raw_options& out) {
    if (arguments.empty()) {
        return std::nullopt; // nothing to build a parser for, which takes longer than all the rest
    }
    CLI::App parser;
    parser.set_help_flag();
    parser.allow_extras();
    parser.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    std::array<std::vector<std::string>, option_count> texts;
    std::array<CLI::Option*, option_count> handles{};
    for (const option_row& row : option_table()) {
        const auto i = static_cast<std::size_t>(row.id);
        if (row.place == option_place::outside_only) {
            continue;
        }
        const std::string name = row.id == option_id::help ? "-h,--help" : "--" + std::string(row.name);
        if (is_flag_like(row)) {
            handles[i] = parser.add_flag(name, texts[i]);
        } else {
            handles[i] = parser.add_option(name, texts[i])->type_size(1)->allow_extra_args(false);
        }
    }
    try {
        // CLI11 takes them last first.
        parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ArgumentMismatch&) {
        return missing_value_line(arguments);
    } catch (const CLI::ParseError& e) {
        return option_error_line("arguments", {}, here, e.what());
    }
    const std::vector<std::string> extras = parser.remaining();
    if (!extras.empty()) {
        return option_error_line(name_part(extras.front()), {}, here, "no such option; see pawld --help");
    }
    for (const option_row& row : option_table()) {
        const auto i = static_cast<std::size_t>(row.id);
        if (handles[i] == nullptr || handles[i]->count() == 0) {
            continue;
        }
        if (!row.repeatable && std::ranges::any_of(texts[i], [&](const auto& text) { return text != texts[i][0]; })) {
            return option_error_line("--" + std::string(row.name), texts[i].back(), here,
                                     "contradicts the " + texts[i].front() + " given before");
        }
        if (!row.repeatable) {
            texts[i].resize(1);
        }
        // CLI11 takes the next argument whatever it is; `--data-dir --dev` is a value forgotten.
        if (std::ranges::any_of(texts[i], [](const std::string& text) { return text.starts_with("--"); })) {
            return missing_value_line(row);
        }
        out[row.id] = raw_value{texts[i], std::string(here)};
    }
    return std::nullopt;
}

} // namespace pawl::app
