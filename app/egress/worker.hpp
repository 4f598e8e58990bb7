// The process that connects to elsewhere. It has no keys, no users and no files; what a receiver does to it costs the
// exchanges under way.
#pragma once

#include "app/egress/destination.hpp"
#include "storage/unique_fd.hpp"

#include <vector>

namespace pawl::app {

// Serves the requests that come over `channel`, until the other end is closed. Closes itself in first, and says how
// (egress_hello). Ends of itself, with status 0, when the resolver's files were replaced and nothing is under way.
[[noreturn]] void run_egress_worker(storage::unique_fd channel, const std::vector<egress_destination>& places,
                                    bool sandboxed);

} // namespace pawl::app
