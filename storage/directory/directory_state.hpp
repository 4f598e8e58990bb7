// What log_directory, recovery and the publishing of snapshots share. Internal to storage/directory, and to tools that
// look into a directory.
#pragma once

#include "storage/directory/log_directory.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/log/appender.hpp"
#include "storage/log/file.hpp"
#include "storage/log/io_throttle.hpp"
#include "storage/log/keys.hpp"
#include "storage/log/segment_pool.hpp"
#include "storage/log/segment_supply.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pawl::storage {

inline constexpr char lock_name[] = "LOCK";

// A last segment that must be written anew before the log may go on in it (R3).
struct pending_repair {
    segment_header segment;
    std::vector<std::uint8_t> prefix; // header and verified frames
};

// The directory as the log's writer sees it.
class directory_supply final : public segment_supply {
public:
    explicit directory_supply(log_directory::state& of) : state_(of) {}

    file_system& files() const noexcept override;
    const log_keys& keys() const noexcept override;
    const store_uuid& uuid() const noexcept override;
    const append_point& begin() const noexcept override;
    timestamp_ms last_time() const noexcept override;
    segment_pool& spares() noexcept override;
    io_throttle& throttle() noexcept override;
    std::uint32_t wal_pad() const noexcept override;
    std::uint64_t first_segment_size() const noexcept override;
    std::uint64_t segment_size() const noexcept override;
    bool is_torn() const noexcept override;
    std::error_code try_repair() override;
    void count_log_bytes(std::uint64_t bytes) override;
    void note_seal(std::uint64_t lsn) override;
    std::uint64_t log_bytes_since_snapshot() override;
    void note_clean_stop(std::uint64_t batch_seq, timestamp_ms now) override;

private:
    log_directory::state& state_;
};

struct log_directory::state {
    explicit state(const directory_options& o, std::shared_ptr<file_system> fs);

    directory_options options;
    std::shared_ptr<file_system> files;
    log_keys keys;
    store_uuid uuid{};
    bool fresh = false;
    std::vector<std::string> notes; // of opening, for the report

    // The manifest as it is on disk. Snapshot thread and writer thread both change it.
    std::mutex manifest_mutex;
    manifest current;
    bool manifest_needs_rewrite = false; // a copy is bad or behind

    // The highest minor version of the format that a record of this store has. Any thread.
    std::atomic<std::uint16_t> minor{0};
    void note_record(std::uint16_t type, std::uint16_t version) noexcept {
        if (const std::uint16_t m = format_minor_of(type, version); m > minor.load(std::memory_order_relaxed)) {
            minor.store(m, std::memory_order_relaxed); // there is one that is above 0
        }
    }

    // Set by recover().
    bool recovered = false;
    timestamp_ms time_found = timestamp_ms::max(); // the report's last_time; max() if there was none
    std::optional<append_point> at;                // taken by the writer
    std::optional<segment_pool> shelf;
    std::optional<pending_repair> repair;
    std::vector<std::uint64_t> bad_snapshots; // listed, but not to be relied on

    // Log bytes since the snapshot that recovery began at, and where the last snapshot was sealed.
    std::mutex bytes_mutex;
    std::uint64_t log_bytes = 0, log_bytes_at_seal = 0, log_bytes_at_snapshot = 0, seal_lsn = 0;

    io_throttle share; // the writer's batches, for the snapshot
    directory_supply supply{*this};

    segment_header new_segment_header(std::uint64_t segno, std::uint64_t size) const;
    // Writes both copies of `next` (its seq is set here) and makes it the current one. Call with manifest_mutex held.
    std::error_code publish(manifest next);
    // Deletes what neither recovery nor retention needs: temporary files, unlisted snapshots, old segments. Errors are
    // of no consequence: the next time tries again.
    void remove_unneeded();
    // Deletes segments of [first, end), all there, whose last frame is older than retention allows; gives the first
    // that stays.
    std::uint64_t remove_aged(std::uint64_t first, std::uint64_t end, timestamp_ms now);
    // Writes the segment of `repair` anew. No error: done, repair is empty.
    std::error_code try_repair();
    // Bytes of log written by the writer, and where it sealed.
    void count_log_bytes(std::uint64_t bytes);
    void note_seal(std::uint64_t lsn);
    void note_snapshot(std::uint64_t lsn);
    std::uint64_t log_bytes_since_snapshot();
};

// One line for people: what, in which file, at which offset, at which batch, and what to run next.
[[noreturn]] void refuse_at(exit_code kind, const std::string& file, std::uint64_t offset, std::uint64_t batch_seq,
                            const std::string& what, const std::string& next);
inline constexpr char mend_damage[] = "restore a backup, or give up what is damaged with: pawlctl salvage "
                                      "--accept-loss SRC DEST (SRC is this directory, DEST a new one)";
inline constexpr char run_verify[] = "run: pawlctl log verify; restore a backup, or give up what is damaged with: "
                                     "pawlctl salvage --accept-loss SRC DEST (SRC is this directory, DEST a new one)";

} // namespace pawl::storage
