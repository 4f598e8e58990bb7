#include "tools/settings.hpp"

#include "app/startup.hpp"
#include "storage/key_file.hpp"

#include <exception>
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

std::string admin_socket_of(const app::config& settings) {
    return settings.admin_socket;
}

key_ring_ptr read_keys(const app::config& settings) {
    storage::key_file_options options = app::key_file_options_of(settings);
    if (!settings.is_default(app::option_id::algorithm)) {
        return storage::read_key_file(options);
    }
    // The server may have been told its algorithm where we are not: then the key file has a key that signs with it.
    std::exception_ptr first;
    for (const jws_algorithm algorithm : {jws_algorithm::es256, jws_algorithm::eddsa, jws_algorithm::rs256}) {
        options.ring.algorithm = algorithm;
        try {
            return storage::read_key_file(options);
        } catch (const storage::refused&) {
            first = first ? first : std::current_exception();
        }
    }
    std::rethrow_exception(first);
}

} // namespace pawl::tools
