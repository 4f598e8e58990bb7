// Writes one snapshot file. No manifest and no deletion here: log_directory::write_snapshot does those around it.
#pragma once

#include "storage/log/file.hpp"
#include "storage/snapshot/snapshot_format.hpp"

#include <cstdint>
#include <memory>
#include <system_error>

namespace pawl::storage {

class snapshot_writer {
public:
    // Begins `snap-<lsn>.dat.tmp`.
    snapshot_writer(file_system& fs, const snapshot_identity& id, const log_keys& keys);
    // Removes the temporary file unless finish() succeeded.
    ~snapshot_writer();
    snapshot_writer(const snapshot_writer&) = delete;
    snapshot_writer& operator=(const snapshot_writer&) = delete;

    // After an error all else is ignored until finish() says it.
    void add(std::uint16_t type, std::uint16_t version, bytes_view body);
    // Footer, fsync, rename, fsync of the directory. `footer` is filled.
    std::error_code finish(const snapshot_counts& counts, timestamp_ms time, snapshot_footer& footer);

private:
    void append(bytes_view bytes);
    void end_block();
    void flush();

    file_system& fs_;
    snapshot_identity id_;
    secret_bytes key_;
    std::string temporary_;
    std::unique_ptr<file> file_;
    snapshot_tagger tagger_;
    aligned_buffer buffer_;         // whole blocks not yet written, and the one being filled
    std::size_t blocks_filled_ = 0; // in the buffer
    std::size_t content_size_ = 0;  // of the block being filled
    snapshot_footer footer_;
    std::uint64_t offset_ = 0, synced_ = 0;
    std::error_code error_;
    bool finished_ = false;
};

} // namespace pawl::storage
