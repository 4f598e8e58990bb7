// Where option values come from, each source read into the same raw form. Pure: texts in, raw values or one error line
// out.
#pragma once

#include "app/config/options.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

// Files of options are small; a larger one is a mistake.
inline constexpr std::size_t option_file_size_max = 64 * 1024;

inline constexpr std::string_view environment_place = "environment"; // of read_variables

struct raw_value {
    std::vector<std::string> texts; // one; of a repeatable option any number
    std::string source;             // "command line", "environment SECRET_KEY", "pawl.toml:3", "default"
};

struct raw_options {
    std::array<std::optional<raw_value>, option_count> values;
    std::optional<raw_value>& operator[](option_id id) { return values.at(static_cast<std::size_t>(id)); }
    const std::optional<raw_value>& operator[](option_id id) const { return values.at(static_cast<std::size_t>(id)); }
};

// Null, or why not, as one line for a person. A line never shows a secret.
using option_error = std::optional<std::string>;
using variable_list = std::vector<std::pair<std::string, std::string>>;

// "--name = value (source): rule". Control bytes in `value` are escaped, a long one is cut.
std::string option_error_line(std::string_view name, std::string_view value, std::string_view source,
                              std::string_view rule);

// `arguments` without the program's name.
option_error read_command_line(std::span<const std::string> arguments, raw_options& out);

// PAWL_* and the aliases out of `variables`; an unknown PAWL_* is an error, anything else is not ours. `place` is
// "environment" or ".env"; in the environment what Kubernetes puts there is not ours either. Where a variable comes
// twice the last counts. Two aliases of one option must not disagree; a PAWL_ name goes before an alias.
option_error read_variables(const variable_list& variables, std::string_view place, raw_options& out);

// Whether Kubernetes gives this name to every container beside a Service called "pawl" or "pawl-x": PAWL_SERVICE_HOST,
// PAWL_X_SERVICE_PORT_HTTP, PAWL_PORT, PAWL_PORT_8080_TCP_ADDR and their like.
bool is_of_kubernetes(std::string_view name);

// The common subset of python-dotenv: blank lines, comments, `export`, KEY=VALUE, 'single' (\\ and \' only) and
// "double" quotes (\n, \r, \t, \\, \", \'), which may span lines; CRLF; a byte order mark. No expansion of ${...}. A
// line that is none of these is skipped, unless it starts with a name of ours: then it is an error.
option_error parse_dotenv(std::string_view text, variable_list& out);

// A TOML document of options; `file` is its name for messages. An unknown key is an error.
option_error read_toml(std::string_view text, std::string_view file, raw_options& out);

} // namespace pawl::app
