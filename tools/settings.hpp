// The server's own configuration as pawlctl sees it: the same sources and rules as pawld (command line over environment
// over TOML over .env over default), so that both mean the same directory, key file, issuer and lifetimes.
#pragma once

#include "app/config/config.hpp"
#include "core/jwt/key_ring.hpp"
#include "tools/program.hpp"

namespace pawl::tools {

// Throws tool_error (2) with pawld's own line.
app::config load_settings(const global_options& global);

// Where the server that holds the directory has its admin socket; empty: it has none.
std::string admin_socket_of(const app::config& settings);

// The key file as it is, read and never written; where no --algorithm is given, the file's own. Throws
// storage::refused(wrong_key). `settings` outlives the call.
key_ring_ptr read_keys(const app::config& settings);

} // namespace pawl::tools
