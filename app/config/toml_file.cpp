// The only file that knows toml++.
#include "app/config/sources.hpp"

#include <stdexcept>

namespace {

// toml++ 3.3 asserts what some malformed texts don't keep ("[#"), so for us it is one more way of not being TOML.
struct toml_assertion : std::runtime_error {
    using runtime_error::runtime_error;
};

constexpr void require_toml(bool holds) {
    if (!holds) {
        throw toml_assertion("malformed");
    }
}

} // namespace

#undef NDEBUG // else it would assume them to hold
#define TOML_ASSERT(expression) require_toml(static_cast<bool>(expression)) // NOLINT: toml++ asks for a macro
#include <toml++/toml.h>

#include <algorithm>

namespace pawl::app {

namespace {

// The text an option would be written with, or nothing for a type that no option has.
std::optional<std::string> text_of(const toml::node& node, value_kind kind) {
    if (kind == value_kind::flag) {
        const auto flag = node.value_exact<bool>();
        return flag ? std::optional<std::string>(*flag ? "true" : "false") : std::nullopt;
    }
    if (const auto text = node.value_exact<std::string>()) {
        return text;
    }
    if (const auto number = node.value_exact<std::int64_t>()) {
        return std::to_string(*number);
    }
    return std::nullopt;
}

// Skips a string that starts at `i`; `i` is behind it then. One that never closes ends with its line or the text.
void skip_string(std::string_view text, std::size_t& i) {
    const char quote = text[i];
    const bool multi_line = text.substr(i, 3) == std::string(3, quote);
    i += multi_line ? 3 : 1;
    for (; i < text.size(); ++i) {
        if (text[i] == '\\' && quote == '"') {
            ++i;
        } else if (text[i] == quote && !multi_line) {
            ++i;
            return;
        } else if (text[i] == quote && text.substr(i, 3) == std::string(3, quote)) {
            i += 3;
            while (i < text.size() && text[i] == quote) { // quotes may stand before the closing three
                ++i;
            }
            return;
        } else if (text[i] == '\n' && !multi_line) {
            return;
        }
    }
}

// The line of the first byte beyond ASCII that is in no string and no comment, where TOML has none; 0 where all is
// well. toml++ 3.3 would ask whether it is white space and run into its own `unreachable` (for U+031A, say).
std::size_t line_of_stray_character(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"' || c == '\'') {
            skip_string(text, i);
        } else if (c == '#') {
            i = std::min(text.find('\n', i), text.size());
        } else if (static_cast<unsigned char>(c) >= 0x80) {
            return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, i), '\n'));
        } else {
            ++i;
        }
    }
    return 0;
}

} // namespace

option_error read_toml(std::string_view text, std::string_view file, raw_options& out) {
    if (text.size() > option_file_size_max) {
        return option_error_line("--config", file, {}, "must be at most 64 KiB");
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    if (const std::size_t line = line_of_stray_character(text); line != 0) {
        const std::string where = std::string(file) + ":" + std::to_string(line);
        return option_error_line("--config", where, {}, "is not TOML: a character beyond ASCII outside of quotes");
    }
    toml::table document;
    try {
        document = toml::parse(text, std::string(file));
    } catch (const toml::parse_error& e) {
        const std::string where = std::string(file) + ":" + std::to_string(e.source().begin.line);
        return option_error_line("--config", where, {}, std::string("is not TOML: ") + std::string(e.description()));
    } catch (const toml_assertion& e) {
        return option_error_line("--config", file, {}, std::string("is not TOML: ") + e.what());
    }
    for (auto&& [key, node] : document) {
        const std::string source = std::string(file) + ":" + std::to_string(node.source().begin.line);
        const option_row* row = find_option(key.str());
        if (row == nullptr) {
            return option_error_line(key.str(), {}, source, "no such option; see pawld --help");
        }
        const std::string name = "--" + std::string(row->name);
        if (row->place == option_place::outside_only) {
            return option_error_line(environment_name(*row), {}, source, "is taken from the environment or .env only");
        }
        if (row->place != option_place::everywhere) {
            return option_error_line(name, {}, source, "is taken from the command line only");
        }
        raw_value value{{}, source};
        if (const toml::array* list = node.as_array(); list != nullptr && row->repeatable) {
            for (const toml::node& element : *list) {
                value.texts.push_back(element.value_exact<std::string>().value_or(std::string()));
            }
        } else if (auto one = text_of(node, row->kind)) {
            value.texts.push_back(std::move(*one));
        } else {
            return option_error_line(name, {}, source, "has the wrong TOML type; " + rule_of(*row));
        }
        out[row->id] = std::move(value);
    }
    return std::nullopt;
}

} // namespace pawl::app
