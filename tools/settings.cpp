#include "tools/settings.hpp"

#include "app/startup.hpp"
#include "storage/key_file.hpp"

#include <variant>

namespace pawl::tools {

app::config load_settings(const global_options& global) {
    app::config_inputs inputs = app::process_inputs(0, nullptr);
    const auto hand_on = [&inputs](const char* name, const std::string& value) {
        if (!value.empty()) {
            inputs.arguments.emplace_back(name);
            inputs.arguments.push_back(value);
        }
    };
    hand_on("--data-dir", global.data_dir);
    hand_on("--key-file", global.key_file);
    hand_on("--config", global.config_file);
    auto loaded = app::load_config(inputs);
    if (const std::string* line = std::get_if<std::string>(&loaded)) {
        throw tool_error(static_cast<int>(storage::refusal::usage), *line);
    }
    return std::move(std::get<app::loaded_config>(loaded).value);
}

key_ring_ptr read_keys(const app::config& settings) {
    return storage::read_key_file(app::key_file_options_of(settings));
}

} // namespace pawl::tools
