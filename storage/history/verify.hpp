// Reads all of a data directory as recovery would and more: both manifests, every listed snapshot, every segment that
// is kept, the spares; and says what is wrong, in the order recovery would come to it. Memory: one segment.
#pragma once

#include "storage/history/log_reader.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pawl::storage {

struct finding {
    exit_code kind = exit_code::corrupt; // its class, and the exit code
    std::uint8_t row = 0;                // of the table in docs/on-disk.md; 0: no row of its own
    std::string file;                    // with its path
    std::uint64_t offset = 0;
    std::uint64_t batch_seq = 0;
    std::string what, next;     // what was seen there; what to run
    bool server_starts = false; // it is loud about it and goes on

    std::string line() const;
};

struct verified_directory {
    std::vector<finding> findings; // empty: nothing is wrong
    std::vector<std::string> notes;
    std::uint64_t segments = 0, spares = 0, frames = 0, records = 0, bytes = 0, snapshots = 0;
    std::uint64_t first_lsn = 0, last_lsn = 0, last_batch = 0;
    timestamp_ms first_time{}, last_time{};
    bool clean = false; // the last stop was clean
    bool live = false;  // a server is at work there
    bool torn = false;  // a batch nobody was told of, which a start cuts (or a server is writing)
    std::string torn_at;
    bool with_keys = false; // else nobody's hand was checked

    // Of the first thing wrong that keeps a server from starting, else of the first thing wrong; none.
    exit_code kind() const noexcept;
};

using verify_progress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

// Throws refused only where there is nothing to read (no directory, no data of pawld, no manifest that may be used),
// and where a server replaced files faster than they could be read (read_settled). `records`: whether they are decoded,
// as the store would.
enum class record_checks : std::uint8_t { decoded, counted };
verified_directory verify_directory(directory_view& view, const verify_progress& progress = {},
                                    record_checks records = record_checks::decoded);

} // namespace pawl::storage
