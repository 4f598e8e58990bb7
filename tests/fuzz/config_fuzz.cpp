// Options from any source: a refusal is one line of printable text; what is taken prints as a file that means the same.
// A file is named by the environment: CLI11's parser is made only for what has arguments.
#include "app/config/config.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace pawl::app;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// One text as each source in turn: by its first byte.
config_inputs inputs_of(std::uint8_t kind, const std::string& text) {
    config_inputs inputs;
    std::string toml;
    std::string dotenv;
    switch (kind % 4) {
    case 0:
        dotenv = text;
        break;
    case 1:
        inputs.environment = {{"PAWL_CONFIG", "f"}};
        toml = text;
        break;
    default:
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            const std::string line = text.substr(begin, end - begin);
            const auto equals = line.find('=');
            if (kind % 4 == 2) {
                inputs.arguments.push_back(line);
            } else if (equals != std::string::npos) {
                inputs.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
            }
            begin = end + 1;
        }
    }
    inputs.read_file = [toml, dotenv](const std::string& path, std::string&) -> std::optional<std::string> {
        if (path == "f") {
            return toml;
        }
        return path == ".env" ? std::optional(dotenv) : std::nullopt;
    };
    return inputs;
}

bool is_one_line(std::string_view line) {
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return !line.empty() && line.size() < 2048;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto loaded = load_config(inputs_of(data[0], text));
    if (const std::string* line = std::get_if<std::string>(&loaded)) {
        require(is_one_line(*line));
        return 0;
    }
    const auto& [action, value] = std::get<loaded_config>(loaded);
    if (action == config_action::help || action == config_action::version) {
        return 0;
    }
    config_inputs again;
    again.environment = {{"PAWL_CONFIG", "f"}};
    if (value.secret_key) {
        again.environment.emplace_back("SECRET_KEY", std::string(value.secret_key->reveal()));
    }
    again.read_file = [&](const std::string& path, std::string&) -> std::optional<std::string> {
        return path == "f" ? std::optional(print_config(value)) : std::nullopt;
    };
    const auto second = load_config(again);
    require(std::holds_alternative<loaded_config>(second));
    for (const option_id id : changed_options(value, std::get<loaded_config>(second).value)) {
        require(id == option_id::config || id == option_id::reset_clock);
    }
    return 0;
}
