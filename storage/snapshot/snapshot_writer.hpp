// Writes one snapshot file. No manifest and no deletion here: log_directory::write_snapshot does those around it.
#pragma once

#include "storage/log/file.hpp"
#include "storage/snapshot/snapshot_format.hpp"
#include "storage/snapshot/snapshot_pipeline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace pawl::storage {

class snapshot_writer {
public:
    // Begins `snap-<lsn>.dat.tmp`. `log`: that of the same disk, which goes before; null where there is none.
    snapshot_writer(file_system& fs, const snapshot_identity& id, const log_keys& keys,
                    const io_throttle* log = nullptr);
    // Removes the temporary file unless finish() succeeded.
    ~snapshot_writer();
    snapshot_writer(const snapshot_writer&) = delete;
    snapshot_writer& operator=(const snapshot_writer&) = delete;

    // After an error all else is ignored until finish() says it. May wait for the disk.
    void add(std::uint16_t type, std::uint16_t version, bytes_view body);
    // Footer, fsync, comparison of all that reads back with what was written, rename, fsync of the directory. `footer`
    // is filled.
    std::error_code finish(const snapshot_counts& counts, timestamp_ms time, snapshot_footer& footer);
    // After finish() gave an error: where the file read back other than it was written.
    std::optional<std::uint64_t> wrong_at() const noexcept { return pipeline_.wrong_at(); }
    // After finish(): how often the disk was left alone for the log (log/io_throttle.hpp).
    std::uint64_t pauses() const noexcept { return pipeline_.pauses(); }

private:
    void append(bytes_view bytes);
    void end_block();
    void end_part();
    void complete(snapshot_pipeline::part& p);

    file_system& fs_;
    snapshot_identity id_;
    secret_bytes key_;
    std::string temporary_;
    snapshot_tagger tagger_;       // of the completing step, until that has ended
    std::size_t content_size_ = 0; // of the block being filled
    snapshot_footer footer_;
    bool finished_ = false;
    snapshot_pipeline pipeline_;              // the last: its threads use what stands above
    snapshot_pipeline::part* part_ = nullptr; // being filled; null: none begun
};

} // namespace pawl::storage
