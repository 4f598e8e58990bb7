// The only file that knows toml++.
#include "app/config/sources.hpp"

#include <toml++/toml.h>

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

} // namespace

option_error read_toml(std::string_view text, std::string_view file, raw_options& out) {
    if (text.size() > option_file_size_max) {
        return option_error_line("--config", file, {}, "must be at most 64 KiB");
    }
    toml::table document;
    try {
        document = toml::parse(text, std::string(file));
    } catch (const toml::parse_error& e) {
        const std::string where = std::string(file) + ":" + std::to_string(e.source().begin.line);
        return option_error_line("--config", where, {}, std::string("is not TOML: ") + std::string(e.description()));
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
