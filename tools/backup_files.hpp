// What the commands that move whole stores share: which directory and keys are meant, and service time.
#pragma once

#include "app/process/service_clock.hpp"
#include "storage/system_random.hpp"
#include "tools/program.hpp"
#include "tools/settings.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pawl::tools {

// The directory of the settings and the keys its data were written under.
struct backup_source {
    app::config settings;
    key_ring_ptr keys;
    std::string key_file;          // where they were read from
    bool key_file_in_data = false; // it lies in the data directory, as it does by default
    app::service_clock time;       // the wall clock, at first
    storage::system_random random;
    secret_bytes key_text() const; // of the key file, to be written beside restored data; empty where it lies elsewhere
};
// `other_keys`: a key file to use where the configured one is not there; may be empty. Throws refused(wrong_key).
void find_store(const global_options& global, const std::string& other_keys, backup_source& out);

// A bar of bytes.
std::function<void(std::uint64_t, std::uint64_t)> byte_progress(output& out, const char* what);

// What a restore or a salvage says of the ids to come.
std::string new_ids_text(std::uint64_t mark, std::uint64_t next_user_id);

// "key_file" of an absolute, normal form of `path`; the path itself where it does not exist yet.
std::string plain_path(const std::string& path);

} // namespace pawl::tools
