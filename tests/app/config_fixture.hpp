// All that a configuration is loaded from, in memory.
#pragma once

#include "app/config/config.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pawl::test {

using namespace pawl::app;

// A world to load a configuration in.
struct config_world {
    std::vector<std::string> arguments;
    variable_list environment;
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> unreadable; // path to reason
    bool terminal = false;
    unsigned cores = 4;
    container_limits container{};

    std::variant<loaded_config, std::string> load() const {
        config_inputs inputs;
        inputs.arguments = arguments;
        inputs.environment = environment;
        inputs.cores = cores;
        inputs.container = container;
        inputs.stderr_is_terminal = terminal;
        inputs.read_file = [this](const std::string& path, std::string& error) -> std::optional<std::string> {
            if (const auto bad = unreadable.find(path); bad != unreadable.end()) {
                error = bad->second;
                return std::nullopt;
            }
            const auto found = files.find(path);
            return found == files.end() ? std::nullopt : std::optional(found->second);
        };
        return load_config(inputs);
    }
    config good() const {
        const auto loaded = load();
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<loaded_config>(loaded),
                              "refused: " << (loaded.index() == 1 ? std::get<std::string>(loaded) : ""));
        return std::get<loaded_config>(loaded).value;
    }
    std::string error() const {
        const auto loaded = load();
        return loaded.index() == 1 ? std::get<std::string>(loaded) : "";
    }
};

inline config_world with(std::vector<std::string> arguments) {
    return config_world{std::move(arguments), {}, {}, {}, false};
}

} // namespace pawl::test
