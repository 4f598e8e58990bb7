// What the writer of the log needs of the place it writes to: where to go on, segments to go on in, and who is told
// what was written. The data directory is one (directory/directory_state.hpp).
#pragma once

#include "core/clock.hpp"
#include "storage/log/appender.hpp"
#include "storage/log/file.hpp"
#include "storage/log/io_throttle.hpp"
#include "storage/log/keys.hpp"
#include "storage/log/segment_pool.hpp"

#include <cstdint>
#include <system_error>

namespace pawl::storage {

class segment_supply {
public:
    virtual ~segment_supply() = default;

    virtual file_system& files() const noexcept = 0;
    virtual const log_keys& keys() const noexcept = 0;
    virtual const store_uuid& uuid() const noexcept = 0;
    // Where recovery left the log. Its segment may have to be written anew first: is_torn().
    virtual const append_point& begin() const noexcept = 0;
    // No record before this start is later; timestamp_ms::max() if there was none.
    virtual timestamp_ms last_time() const noexcept = 0;
    virtual segment_pool& spares() noexcept = 0;
    virtual io_throttle& throttle() noexcept = 0;

    virtual std::uint32_t wal_pad() const noexcept = 0;
    // In bytes: of the first segment of a store, and of those after it where there is room.
    virtual std::uint64_t first_segment_size() const noexcept = 0;
    virtual std::uint64_t segment_size() const noexcept = 0;

    // Whether the last segment must be written anew before the log may go on in it (R3), and that.
    virtual bool is_torn() const noexcept = 0;
    virtual std::error_code try_repair() = 0;

    // The writer has written so many bytes; it has sealed, and the next record is `lsn`.
    virtual void count_log_bytes(std::uint64_t bytes) = 0;
    virtual void note_seal(std::uint64_t lsn) = 0;
    virtual std::uint64_t log_bytes_since_snapshot() = 0;
    // A CLEAN frame is durable, the one of `batch_seq`. Best effort: without it the next start just takes more care.
    virtual void note_clean_stop(std::uint64_t batch_seq, timestamp_ms now) = 0;
};

} // namespace pawl::storage
