#include "tools/settings.hpp"

#include "app/config/validate.hpp"
#include "app/instance/startup.hpp"
#include "storage/directory/key_file.hpp"
#include "tools/owner.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <variant>

namespace pawl::tools {

using app::usual_data_dir;

namespace {

bool is_there(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0; // a link that leads where we may not look is there
}

app::config loaded(const app::config_inputs& inputs) {
    auto done = app::load_config(inputs);
    if (const std::string* line = std::get_if<std::string>(&done)) {
        throw tool_error(static_cast<int>(storage::exit_code::usage), *line);
    }
    return std::move(std::get<app::loaded_config>(done).value);
}

// The environment that the service manager gives the unit, beneath our own.
void add_service(const service_places& service, app::config_inputs& inputs) {
    std::string why;
    const auto text = inputs.read_file(service.settings_file, why);
    app::variable_list variables;
    if (text && !app::parse_dotenv(*text, variables)) {
        inputs.environment.insert(inputs.environment.begin(), variables.begin(), variables.end());
    }
    if (std::find(inputs.arguments.begin(), inputs.arguments.end(), "--config") == inputs.arguments.end() &&
        inputs.read_file(service.config_file, why)) {
        inputs.arguments.insert(inputs.arguments.end(), {"--config", service.config_file});
    }
    inputs.environment.emplace_back("STATE_DIRECTORY", service.data_dir);
    const std::string key_file = "/" + std::string(app::key_file_name);
    if (!is_there(service.data_dir + key_file) && is_there(service.credentials_directory + key_file)) {
        inputs.environment.emplace_back("CREDENTIALS_DIRECTORY", service.credentials_directory);
    }
}

} // namespace

app::config load_settings(const global_options& global) {
    return load_settings_from(global, app::process_inputs(0, nullptr), {}, is_there(std::string(usual_data_dir)));
}

app::config load_settings_from(const global_options& global, app::config_inputs inputs, const service_places& service,
                               bool usual) {
    const auto hand_on = [&inputs](const char* name, const std::string& value) {
        if (!value.empty()) {
            inputs.arguments.emplace_back(name);
            inputs.arguments.push_back(value);
        }
    };
    hand_on("--data-dir", global.data_dir);
    hand_on("--key-file", global.key_file);
    hand_on("--config", global.config_file);
    app::config found = loaded(inputs);
    if (found.is_default(app::option_id::data_dir) && found.data_dir == usual_data_dir && !usual &&
        is_there(service.data_dir)) {
        add_service(service, inputs);
        found = loaded(inputs);
    }
    return found;
}

std::string own_url_of(const app::config& settings) {
    app::listen_address address = settings.listen.front();
    if (address.is_unix()) {
        return {};
    }
    if (address.is_unspecified()) {
        address = *app::parse_listen_address((address.is_v6 ? "[::1]:" : "127.0.0.1:") + std::to_string(address.port));
    }
    const std::string url = address.url();
    return settings.tls ? "https" + url.substr(std::strlen("http")) : url;
}

std::string admin_socket_of(const app::config& settings) {
    return settings.admin_socket;
}

key_ring_ptr read_keys(const app::config& settings) {
    storage::key_file_options options = app::key_file_options_of(settings);
    const owner_of root_as(settings.data_dir);
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
