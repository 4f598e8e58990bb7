// From values to a configuration: defaults that follow from other values, and the rules between options.
#pragma once

#include "app/config/config.hpp"
#include "app/config/resolve.hpp"

namespace pawl::app {

// What the rules need of the world beside the values.
struct validation_facts {
    std::string state_directory;       // $STATE_DIRECTORY's first; may be empty
    std::string credentials_directory; // $CREDENTIALS_DIRECTORY; may be empty
    bool credential_exists = false;    // keys.json is there
    unsigned cores = 1;
    container_limits container;
    bool stderr_is_terminal = false;
};
inline constexpr std::string_view key_file_name = "keys.json";
inline constexpr std::string_view admin_socket_name = "admin.sock";
inline constexpr std::string_view usual_data_dir = "pawl-data"; // where nothing says another
inline constexpr std::string_view memory_data_dir = ":memory:"; // no directory: nothing of a file is by default

// Fills derived defaults into `values` and all of `out` but `out.values`. Null, or the first rule that does not hold.
option_error validate(option_values& values, const validation_facts& facts, config& out);

} // namespace pawl::app
