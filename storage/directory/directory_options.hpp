#pragma once

#include "core/clock.hpp"
#include "core/family/served_time.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace pawl::storage {

class file_system; // log/file.hpp

// Of log_retention_age: for tools, which leave to the server what is deleted.
inline constexpr seconds retention_forever{100LL * 366 * 86400};

struct directory_options {
    std::string path;
    const secret_bytes* log_key = nullptr; // 32 bytes
    std::uint32_t wal_pad = 4096;          // 64 only by explicit option
    std::uint64_t first_segment_size = 1U << 20U;
    std::uint64_t segment_size = 16U << 20U;
    // Sealed segments kept beyond what recovery needs, for audit: so many bytes, and none whose last frame is older.
    std::uint64_t log_retention_bytes = 256U << 20U;
    seconds log_retention_age{7 * 86400};
    milliseconds window = outage_list::any_window; // no window is longer: of older outages nothing is kept
    std::shared_ptr<file_system> files;            // null: the directory `path` itself; tests put another one here
};

} // namespace pawl::storage
