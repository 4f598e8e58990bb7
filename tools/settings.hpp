// The server's own configuration as pawlctl sees it: the same sources and rules as pawld (command line over environment
// over TOML over .env over default), so that both mean the same directory, key file, issuer and lifetimes.
#pragma once

#include "app/config/config.hpp"
#include "core/jwt/key_ring.hpp"
#include "tools/program.hpp"

namespace pawl::tools {

//
// Where none of them names a data directory and ./pawl-data is not there, it is that of the service which
// packaging/systemd installs, with the service's settings. Throws tool_error (2) with pawld's own line.
app::config load_settings(const global_options& global);

// What the unit of packaging/systemd uses. Files that are not there, or may not be read, say nothing.
struct service_places {
    std::string data_dir = "/var/lib/pawl";
    std::string settings_file = "/etc/pawl/pawl.env"; // lines NAME=VALUE, under the environment
    std::string credentials_directory = "/etc/pawl";  // of its keys.json, where the data directory has none
    std::string config_file = "/etc/pawl/pawl.toml";  // as --config, where that is not given
};
// As load_settings does, but with `inputs` for what the process has, and these places. `usual`: ./pawl-data is there.
app::config load_settings_from(const global_options& global, app::config_inputs inputs, const service_places& service,
                               bool usual);

// The first address that the server listens on, as this machine reaches it: "http://127.0.0.1:8080" for 0.0.0.0:8080,
// https where it speaks TLS. Empty for a Unix socket.
std::string own_url_of(const app::config& settings);

// Where the server that holds the directory has its admin socket; empty: it has none.
std::string admin_socket_of(const app::config& settings);

// The key file as it is, read and never written; where no --algorithm is given, the file's own. Throws
// storage::refused(wrong_key). `settings` outlives the call.
key_ring_ptr read_keys(const app::config& settings);

} // namespace pawl::tools
