// What a snapshot holds: a walk over all tables while they change. One function for each record that snapshots hold, so
// an entity that is forgotten here does not compile.
#pragma once

#include "storage/directory/log_directory.hpp"

namespace pawl::storage {

struct store_state;

// Hands every record to `sink`, which may write to disk: no read section and no lock is held meanwhile. Blocks. Gives
// the counts of the footer.
snapshot_counts write_snapshot_content(store_state& s, const record_sink& sink);

} // namespace pawl::storage
