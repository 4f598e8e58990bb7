// The whole of a store as it was at one moment, read by recovery itself without changing anything: of a running
// server's directory, a stopped one's, or a copy.
#pragma once

#include "storage/backup/frozen_directory.hpp"
#include "storage/directory/log_directory.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/history/state_image.hpp"
#include "storage/record/recovery.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace pawl::storage {

struct frozen_store {
    std::shared_ptr<frozen_directory> files; // as recovery would have left them: the log ends with its last whole frame
    manifest head;                           // names good snapshots only
    std::uint64_t last_segno = 0;            // recovery needs the segments from head.oldest to this one
    std::uint64_t last_lsn = 0;              // of the last record; 0: none
    recovery_report report;
    state_image image;
};

// Throws refused with the class and the line that a start of the server would end with; usage where there are no data
// at all. Where a server runs and deletes files meanwhile it is begun anew, reads_max times at most.
inline constexpr int reads_max = 8;
frozen_store read_store(const std::string& path, const secret_bytes& log_key);

} // namespace pawl::storage
