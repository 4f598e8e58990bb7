// The log of production: a data directory and its writer.
#pragma once

#include "storage/directory/directory_options.hpp"
#include "storage/log/log_writer_options.hpp"
#include "storage/record/record_log.hpp"

#include <memory>

namespace pawl::storage {

// Locks the directory. Throws refused.
std::unique_ptr<record_log> make_directory_log(const directory_options& directory, const log_writer_options& writer);

} // namespace pawl::storage
