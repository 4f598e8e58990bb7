#include "app/config/config.hpp"

#include "app/config/resolve.hpp"
#include "app/config/settings_file.hpp"
#include "app/config/validate.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

extern char** environ; // NOLINT: POSIX

namespace pawl::app {

namespace {

constexpr std::string_view dotenv_name = ".env";

std::string variable(const variable_list& list, std::string_view name) {
    for (const auto& [key, value] : list) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

option_error read_dotenv(const config_inputs& inputs, raw_options& out) {
    std::string error;
    const auto text = inputs.read_file(std::string(dotenv_name), error);
    if (!error.empty()) {
        return option_error_line(dotenv_name, {}, {}, "can't be read: " + error);
    }
    variable_list variables;
    if (text) {
        if (auto problem = parse_dotenv(*text, variables)) {
            return problem;
        }
    }
    return read_variables(variables, dotenv_name, out);
}

// The file that --config names, by command line, environment or .env.
option_error read_config_file(const config_inputs& inputs, std::span<const raw_options* const> above,
                              raw_options& out) {
    for (const raw_options* source : above) {
        const auto& named = (*source)[option_id::config];
        if (!named) {
            continue;
        }
        const std::string& path = named->texts.front();
        std::string error;
        const auto text = inputs.read_file(path, error);
        if (!text) {
            return option_error_line("--config", path, named->source,
                                     "can't be read: " + (error.empty() ? "no such file" : error));
        }
        return read_toml(*text, path, out);
    }
    return std::nullopt;
}

bool is_shown(option_id id) {
    return id != option_id::print_config && id != option_id::version && id != option_id::help;
}

std::vector<effective_value> effective_values(const option_values& values) {
    std::vector<effective_value> out;
    for (const option_row& row : option_table()) {
        if (!is_shown(row.id)) {
            continue;
        }
        if (!values.has(row.id)) {
            out.push_back({row.id, {}, "default"});
        } else if (row.kind == value_kind::secret) {
            const auto size = std::to_string(values.text(row.id).size());
            out.push_back({row.id, {"redacted, " + size + " bytes"}, values.source(row.id)});
        } else {
            out.push_back({row.id, values.texts(row.id), values.source(row.id)});
        }
    }
    return out;
}

// One text for all that mean the same: "600", "600s" and "10m"; "on" and "true".
std::string canonical(const option_row& row, const std::string& text) {
    switch (row.kind) {
    case value_kind::duration:
        return format_duration(parse_duration(text).value_or(seconds(0)));
    case value_kind::size:
        return format_size(parse_size(text).value_or(0));
    case value_kind::flag:
        return parse_flag(text).value_or(false) ? "true" : "false";
    case value_kind::parent:
        return parse_flag(text) ? (*parse_flag(text) ? "true" : "false") : text;
    default:
        return text;
    }
}

bool same_texts(const effective_value& a, const effective_value& b) {
    const option_row& row = row_of(a.id);
    return std::ranges::equal(a.texts, b.texts, [&](const std::string& x, const std::string& y) {
        return canonical(row, x) == canonical(row, y);
    });
}

std::optional<std::string> read_small_file(const std::string& path, std::string& error) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // not to hang on a FIFO
    if (fd < 0) {
        if (errno != ENOENT) {
            error = std::strerror(errno);
        }
        return std::nullopt;
    }
    struct stat status{};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        error = "is no regular file";
        ::close(fd);
        return std::nullopt;
    }
    // One byte more than is allowed, so that the parsers see that it is too much.
    std::string text(option_file_size_max + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t n = ::read(fd, text.data() + size, text.size() - size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            error = std::strerror(errno);
        }
        if (n <= 0) {
            break;
        }
        size += static_cast<std::size_t>(n);
    }
    ::close(fd);
    if (!error.empty()) {
        return std::nullopt;
    }
    text.resize(size);
    return text;
}

validation_facts facts_of(const config_inputs& inputs) {
    validation_facts facts;
    facts.state_directory = variable(inputs.environment, "STATE_DIRECTORY");
    facts.state_directory.resize(std::min(facts.state_directory.find(':'), facts.state_directory.size()));
    facts.credentials_directory = variable(inputs.environment, "CREDENTIALS_DIRECTORY");
    if (!facts.credentials_directory.empty()) {
        std::string error;
        facts.credential_exists =
            inputs.read_file(facts.credentials_directory + "/" + std::string(key_file_name), error).has_value() ||
            !error.empty();
    }
    facts.cores = inputs.cores;
    facts.container = inputs.container;
    facts.stderr_is_terminal = inputs.stderr_is_terminal;
    return facts;
}

} // namespace

std::variant<loaded_config, std::string> load_config(const config_inputs& inputs) {
    loaded_config loaded;
    raw_options command_line;
    raw_options environment;
    raw_options dotenv;
    raw_options file;
    if (auto error = read_command_line(inputs.arguments, command_line)) {
        return *error;
    }
    // Help is for those whose configuration is broken.
    if (command_line[option_id::help]) {
        loaded.action = config_action::help;
        return loaded;
    }
    if (command_line[option_id::version]) {
        loaded.action = config_action::version;
        return loaded;
    }
    if (auto error = read_variables(inputs.environment, environment_place, environment)) {
        return *error;
    }
    if (auto error = read_dotenv(inputs, dotenv)) {
        return *error;
    }
    const std::array<const raw_options*, 3> naming_a_file{&command_line, &environment, &dotenv};
    if (auto error = read_config_file(inputs, naming_a_file, file)) {
        return *error;
    }
    const std::array<const raw_options*, 4> by_rank{&command_line, &environment, &file, &dotenv};
    option_values values;
    if (auto error = values.take(by_rank)) {
        return *error;
    }
    if (auto error = validate(values, facts_of(inputs), loaded.value)) {
        return *error;
    }
    loaded.value.values = effective_values(values);
    if (values.flag(option_id::print_config)) {
        loaded.action = config_action::print_config;
    }
    return loaded;
}

config_inputs process_inputs(int argument_count, char** arguments) {
    config_inputs inputs;
    for (int i = 1; i < argument_count; ++i) {
        inputs.arguments.emplace_back(arguments[i]);
    }
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) {
            inputs.environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    inputs.read_file = read_small_file;
    inputs.cores = std::max(1U, std::thread::hardware_concurrency());
    inputs.container = read_container_limits([](const std::string& path) {
        std::string why;
        return read_small_file(path, why);
    });
    inputs.stderr_is_terminal = ::isatty(STDERR_FILENO) == 1;
    return inputs;
}

std::string print_config(const config& c) {
    std::string out;
    for (const effective_value& value : c.values) {
        const option_row& row = row_of(value.id);
        const std::string name(row.name);
        if (value.texts.empty() && value.source == "default") {
            out += "# " + name + ": " + std::string(row.default_text) + "  # default\n";
        } else if (row.place == option_place::everywhere) {
            out += name + " = " + toml_value(row, value.texts) + "  # " + value.source + "\n";
        } else {
            out += "# " + name + ": " + value.texts.front() + "  # " + value.source + "\n"; // not a file's to say
        }
    }
    return out;
}

bool config::is_default(option_id id) const {
    const auto found = std::ranges::find(values, id, &effective_value::id);
    return found != values.end() && found->source.starts_with("default");
}

std::vector<option_id> changed_options(const config& before, const config& after) {
    std::vector<option_id> out;
    for (std::size_t i = 0; i < std::min(before.values.size(), after.values.size()); ++i) {
        if (!same_texts(before.values[i], after.values[i])) {
            out.push_back(before.values[i].id);
        }
    }
    return out;
}

} // namespace pawl::app
