#include "app/config/settings_file.hpp"

#include "app/config/values.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace pawl::app {

namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

constexpr std::size_t comment_columns = 100;

// `text` as lines of a comment, broken at blanks.
void append_comment(std::string& out, std::string_view text) {
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > comment_columns) {
            end = text.rfind(' ', comment_columns);
            end = end == std::string_view::npos ? text.size() : end;
        }
        out.append("# ").append(text.substr(0, end)).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

} // namespace

std::string toml_value(const option_row& row, const std::vector<std::string>& texts) {
    if (row.repeatable) {
        std::string list;
        for (const std::string& text : texts) {
            list += (list.empty() ? "" : ", ") + quoted(text);
        }
        return "[" + list + "]";
    }
    if (row.kind == value_kind::flag || (row.kind == value_kind::parent && parse_flag(texts.front()))) {
        return parse_flag(texts.front()).value_or(false) ? "true" : "false";
    }
    return row.kind == value_kind::count ? texts.front() : quoted(texts.front());
}

std::string settings_file_text(std::string_view head, std::span<const given_value> given) {
    std::string out;
    append_comment(out, head);
    for (const option_row& row : option_table()) {
        if (row.place != option_place::everywhere || row.kind == value_kind::secret) {
            continue;
        }
        out += "\n";
        append_comment(out, row.meaning);
        const auto found = std::ranges::find(given, row.id, &given_value::first);
        if (found != given.end()) {
            out.append(row.name).append(" = ").append(toml_value(row, found->second)).append("\n");
        } else if (row.derived) {
            append_comment(out, std::string(row.name) + ": default " + std::string(row.default_text));
        } else {
            const std::vector<std::string> usual{std::string(row.default_text)};
            out.append("#").append(row.name).append(" = ").append(toml_value(row, usual)).append("\n");
        }
    }
    return out;
}

} // namespace pawl::app
