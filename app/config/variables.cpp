#include "app/config/sources.hpp"
#include "app/config/values.hpp"
#include "core/text/printable_text.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t shown_value_max = 120;
constexpr std::string_view prefix = "PAWL_";

bool name_char(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const option_row* row_of_variable(std::string_view name) {
    const auto rows = option_table();
    const auto found = std::ranges::find_if(rows, [&](const option_row& row) {
        return row.place != option_place::command_line_only && environment_name(row) == name;
    });
    return found == rows.end() ? nullptr : &*found;
}

const option_alias* find_alias(std::string_view name) {
    const auto found = std::ranges::find(option_aliases(), name, &option_alias::name);
    return found == option_aliases().end() ? nullptr : &*found;
}

// "a, b" is two; an empty text is none.
std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> out;
    if (text.empty()) {
        return out;
    }
    for (;;) {
        const auto comma = text.find(',');
        std::string_view one = text.substr(0, comma);
        while (one.starts_with(' ')) {
            one.remove_prefix(1);
        }
        while (one.ends_with(' ')) {
            one.remove_suffix(1);
        }
        out.emplace_back(one);
        if (comma == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(comma + 1);
    }
}

bool is_upper_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool is_kubernetes_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c == '_' || is_upper_or_digit(c); });
}

// "8080_TCP", "8080_TCP_PROTO", "8080_UDP_ADDR".
bool is_numbered_port(std::string_view text) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) {
        return false;
    }
    text.remove_prefix(digits);
    for (const std::string_view protocol : {"_TCP", "_UDP", "_SCTP"}) {
        if (text.starts_with(protocol)) {
            const std::string_view rest = text.substr(protocol.size());
            return rest.empty() || rest == "_PROTO" || rest == "_PORT" || rest == "_ADDR";
        }
    }
    return false;
}

// What stands behind "PAWL_" or "PAWL_X_" in a variable of Kubernetes.
bool is_service_part(std::string_view text) {
    constexpr std::string_view named_port = "SERVICE_PORT_", numbered_port = "PORT_";
    return text == "SERVICE_HOST" || text == "SERVICE_PORT" || text == "PORT" ||
           (text.starts_with(named_port) && is_kubernetes_word(text.substr(named_port.size()))) ||
           (text.starts_with(numbered_port) && is_numbered_port(text.substr(numbered_port.size())));
}

// What an alias says, in the words of its option.
option_error read_alias(const option_alias& alias, const std::string& value, const std::string& source,
                        raw_value& out) {
    out = raw_value{{value + std::string(alias.unit)}, source};
    if (!alias.unit.empty() && !parse_count(value)) {
        const std::string_view unit = alias.unit == "m" ? "minutes" : "days";
        return option_error_line(alias.name, value, source, "must be an integer number of " + std::string(unit));
    }
    return std::nullopt;
}

bool same_value(const raw_value& a, const raw_value& b) {
    const auto x = parse_duration(a.texts.front());
    const auto y = parse_duration(b.texts.front());
    return x && y ? *x == *y : a.texts == b.texts;
}

// A cursor over the text of a .env file.
class dotenv_reader {
public:
    explicit dotenv_reader(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    void skip(std::size_t n) { rest_.remove_prefix(n); }
    void skip_blanks() {
        while (peek() == ' ' || peek() == '\t') {
            skip(1);
        }
    }
    std::string_view take_line() {
        const auto end = rest_.find('\n');
        std::string_view line = rest_.substr(0, end);
        skip(end == std::string_view::npos ? rest_.size() : end + 1);
        return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    }
    std::string_view take_name() {
        const auto end = std::ranges::find_if_not(rest_, name_char);
        const auto name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        skip(name.size());
        return name;
    }

    // Behind the opening quote; std::nullopt if it never closes.
    std::optional<std::string> take_quoted(char quote) {
        std::string out;
        while (!done()) {
            const char c = peek();
            skip(1);
            if (c == quote) {
                return out;
            }
            if (c == '\\' && !done()) {
                const char escaped = peek();
                skip(1);
                out += unescape(escaped, quote);
                continue;
            }
            out += c;
        }
        return std::nullopt;
    }

private:
    static std::string unescape(char c, char quote) {
        if (c == '\\' || c == '\'') {
            return {c};
        }
        if (quote == '"') {
            switch (c) {
            case 'n':
                return "\n";
            case 'r':
                return "\r";
            case 't':
                return "\t";
            case '"':
                return "\"";
            default:
                break;
            }
        }
        return {'\\', c};
    }

    std::string_view rest_;
};

// An unquoted value: up to a comment, which starts at a '#' behind white space, and trimmed.
std::string_view unquoted(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
            line = line.substr(0, i);
            break;
        }
    }
    while (line.ends_with(' ') || line.ends_with('\t')) {
        line.remove_suffix(1);
    }
    return line;
}

bool is_ours(std::string_view name) {
    return name.starts_with(prefix) || find_alias(name) != nullptr;
}

// One KEY=VALUE, the reader standing at its first character; false where the line is none.
bool read_assignment(dotenv_reader& reader, std::string_view& name, std::string& value) {
    name = reader.take_name();
    if (name == "export" && (reader.peek() == ' ' || reader.peek() == '\t')) {
        reader.skip_blanks();
        name = reader.take_name();
    }
    reader.skip_blanks();
    if (name.empty() || reader.peek() != '=') {
        reader.take_line();
        return false;
    }
    reader.skip(1);
    reader.skip_blanks();
    const char quote = reader.peek();
    if (quote != '\'' && quote != '"') {
        value = unquoted(reader.take_line());
        return true;
    }
    dotenv_reader ahead = reader;
    ahead.skip(1);
    auto text = ahead.take_quoted(quote);
    if (!text) {
        reader.take_line();
        return false;
    }
    reader = ahead;
    value = std::move(*text);
    return unquoted(reader.take_line()).empty(); // only a comment may follow
}

} // namespace

std::string option_error_line(std::string_view name, std::string_view value, std::string_view source,
                              std::string_view rule) {
    const auto clean = [](std::string_view text) {
        const std::string out = printable(text.substr(0, shown_value_max));
        return text.size() > shown_value_max ? out + "..." : out;
    };
    std::string line = clean(name);
    if (!value.empty()) {
        line += " = " + clean(value);
    }
    if (!source.empty()) {
        line += " (" + clean(source) + ")";
    }
    return line + ": " + clean(rule);
}

bool is_of_kubernetes(std::string_view name) {
    if (!name.starts_with(prefix) || !is_kubernetes_word(name)) {
        return false;
    }
    // The Service's name may have any number of words: each place behind a '_' may be where the part begins.
    for (std::size_t at = prefix.size(); at < name.size(); ++at) {
        const bool begins = name[at - 1] == '_' && (at == prefix.size() || at > prefix.size() + 1);
        if (begins && is_service_part(name.substr(at))) {
            return true;
        }
    }
    return false;
}

option_error read_variables(const variable_list& variables, std::string_view place, raw_options& out) {
    raw_options by_alias;
    for (const auto& [name, value] : variables) {
        const std::string source = std::string(place) + " " + name;
        if (const option_alias* alias = find_alias(name)) {
            raw_value one;
            if (auto error = read_alias(*alias, value, source, one)) {
                return error;
            }
            auto& slot = by_alias[alias->id];
            if (slot && slot->source != source && !same_value(*slot, one)) {
                return option_error_line(name, value, place, "contradicts " + slot->source);
            }
            slot = std::move(one);
            continue;
        }
        if (!name.starts_with(prefix)) {
            continue;
        }
        const option_row* row = row_of_variable(name);
        if (row == nullptr && place == environment_place && is_of_kubernetes(name)) {
            continue;
        }
        if (row == nullptr) {
            return option_error_line(name, {}, place, "no such option; see pawld --help");
        }
        out[row->id] = raw_value{row->repeatable ? split_list(value) : std::vector{value}, source};
    }
    for (const option_row& row : option_table()) {
        if (!out[row.id]) {
            out[row.id] = std::move(by_alias[row.id]);
        }
    }
    return std::nullopt;
}

option_error parse_dotenv(std::string_view text, variable_list& out) {
    if (text.size() > option_file_size_max) {
        return option_error_line(".env", {}, {}, "must be at most 64 KiB");
    }
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    dotenv_reader reader(text);
    while (!reader.done()) {
        reader.skip_blanks();
        if (reader.peek() == '#' || reader.peek() == '\n' || reader.peek() == '\r') {
            reader.take_line();
            continue;
        }
        const auto line =
            1 + std::count(text.begin(), text.end() - static_cast<std::ptrdiff_t>(reader.rest().size()), '\n');
        std::string_view name;
        std::string value;
        if (read_assignment(reader, name, value)) {
            out.emplace_back(name, std::move(value));
        } else if (is_ours(name)) {
            return option_error_line(name, {}, ".env:" + std::to_string(line), "must be NAME=VALUE, quotes closed");
        }
    }
    return std::nullopt;
}

} // namespace pawl::app
