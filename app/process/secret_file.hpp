// A file that holds one secret, named by an option.
#pragma once

#include "core/secret.hpp"
#include "storage/access.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t secret_file_size_max = 4 * 1024;

// Its bytes. Throws refused(usage), with the option's name: it can't be read, others may read it, or it is longer.
secret_bytes read_secret_file(std::string_view option, const std::string& path, storage::group_access group);

} // namespace pawl::app
