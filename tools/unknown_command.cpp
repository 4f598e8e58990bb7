#include "tools/unknown_command.hpp"

#include "tools/output.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace pawl::tools {

namespace {

constexpr std::size_t word_size_max = 64; // longer than any command: nothing is near to it

const option_definition* find_option(const command_definition& command, std::string_view name) {
    const auto found = std::ranges::find_if(command.options, [name](const option_definition& option) {
        return std::ranges::find(option.names, name) != option.names.end();
    });
    return found == command.options.end() ? nullptr : &*found;
}

// Whether the word after this one is its value.
bool takes_next_word(const command_definition& program, const command_definition& command, std::string_view word) {
    const option_definition* option = find_option(command, word);
    option = option == nullptr ? find_option(program, word) : option;
    return option != nullptr && !option->is_flag();
}

bool takes_arguments(const command_definition& command) {
    return std::ranges::any_of(command.options, &option_definition::is_argument);
}

void add_named(const command_definition& command, std::string_view name, std::vector<std::string>& paths) {
    for (const command_definition& inner : command.commands) {
        if (inner.name == name) {
            paths.push_back(inner.path);
        }
        add_named(inner, name, paths);
    }
}

// The commands of that very name elsewhere; else the one beside it that is near enough to be meant.
std::vector<std::string> nearest(const command_definition& program, const command_definition& group,
                                 std::string_view word) {
    std::vector<std::string> paths;
    if (word.size() > word_size_max) {
        return paths;
    }
    add_named(program, word, paths);
    if (!paths.empty()) {
        return paths;
    }
    std::size_t least = std::max<std::size_t>(1, word.size() / 2); // further away nothing of it is left
    for (const command_definition& command : group.commands) {
        const std::size_t distance = edit_distance(word, command.name);
        if (distance < least || (distance == least && paths.empty())) {
            least = distance;
            paths = {command.path};
        }
    }
    return paths;
}

std::string sentence(const command_definition& program, const command_definition& group, const std::string& word) {
    std::string text = "there is no command \"" + (group.path.empty() ? "" : group.path + " ") + clean(word) + "\"";
    const std::vector<std::string> paths = nearest(program, group, word);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        text += (i > 0 ? ", \"" : paths.size() > 1 ? "; there are \"" : "; the nearest is \"") + paths[i] + "\"";
    }
    return text;
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // rows[2] is of a's first i characters, the others of one and two less.
    std::vector<std::size_t> rows[3]; // NOLINT(modernize-avoid-c-arrays)
    for (std::vector<std::size_t>& row : rows) {
        row.resize(b.size() + 1);
    }
    for (std::size_t k = 0; k <= b.size(); ++k) {
        rows[2][k] = k;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::rotate(std::begin(rows), std::begin(rows) + 1, std::end(rows));
        rows[2][0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t changed = rows[1][k - 1] + (a[i - 1] == b[k - 1] ? 0U : 1U);
            rows[2][k] = std::min({changed, rows[1][k] + 1, rows[2][k - 1] + 1});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                rows[2][k] = std::min(rows[2][k], rows[0][k - 2] + 1);
            }
        }
    }
    return rows[2][b.size()];
}

std::optional<std::string> unknown_command(const command_definition& program, std::span<const std::string> words) {
    const command_definition* at = &program;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--" || at->commands.empty()) {
            return std::nullopt;
        }
        if (word.starts_with('-')) {
            i += takes_next_word(program, *at, word) ? 1U : 0U;
            continue;
        }
        const auto found = std::ranges::find(at->commands, word, &command_definition::name);
        if (found != at->commands.end()) {
            at = &*found;
        } else if (takes_arguments(*at)) {
            return std::nullopt;
        } else {
            return sentence(program, *at, word);
        }
    }
    return std::nullopt;
}

} // namespace pawl::tools
