// A data directory as a reader sees it that holds no lock and changes nothing: beside a running server, or stopped.
//
// What a running server does meanwhile is no error: its manifests are replaced, files that retention no longer wants
// go, the last frames are still being written. So nothing is called damaged before has_moved_on() says that the state
// it was seen in is still the current one; else the reading begins anew: read_settled().
#pragma once

#include "core/secret.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/file.hpp"
#include "storage/log/keys.hpp"
#include "storage/log/segment_loader.hpp"
#include "storage/snapshot/snapshot_reader.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pawl::storage {

struct view_options {
    std::string path;
    const secret_bytes* log_key = nullptr;    // null: CRCs, sizes and numbers only
    direct_reads direct = direct_reads::no;   // past the page cache where the file system can
    std::shared_ptr<class file_system> files; // null: the directory `path` itself; tests put another one here
};

// Where a reader of the log begins.
struct reading_start {
    log_start at;
    bool proven = false; // the manifest says what came before; else the first frame is taken as it stands
};

// Whether a process holds a directory's lock now, in whatever container. The lock is tried for that; starts of a server
// wait for such a moment (lock_patiently).
bool is_in_use(const std::string& directory);

class directory_view {
public:
    // Reads the manifests. Throws refused as a start of the server would; exit_code::usage where there is no data.
    explicit directory_view(const view_options& options);

    file_system& files() const noexcept { return *files_; }
    bool has_keys() const noexcept { return keys_.has_value(); }
    const log_keys& keys() const { return keys_.value(); } // where has_keys()
    const manifest& current() const noexcept { return manifests_.value; }
    const manifest_pair& manifests() const noexcept { return manifests_; }
    // Reads the manifests again. Throws as the constructor.
    void refresh();
    // The manifests on disk are not those any more that were read last: what was found since may be of a state that a
    // newer one took the place of.
    bool has_moved_on() const;
    // Whether a process holds the directory's lock now.
    bool is_in_use() const;
    std::string path_of(const std::string& name) const { return files_->path() + "/" + name; }

    // Numbers of what is there now, ascending. Throws refused(storage_failed).
    std::vector<std::uint64_t> segments() const;

    // False where out.fault is not none.
    bool load(std::uint64_t segno, loaded_segment& out, std::uint64_t size_max = segment_size_max) const;
    snapshot_check verify(const manifest_snapshot& s, open_mode mode = open_mode::read) const;

    // The first frame that is kept, whether recovery needs it or not.
    reading_start first_kept() const;
    // Where the segment begins that holds the record `lsn` or the first one at or after `time`; first_kept() where that
    // is no longer there.
    reading_start at_lsn(std::uint64_t lsn) const;
    reading_start at_time(timestamp_ms time) const;
    // Where `segno` begins, with what the manifest knows of it.
    reading_start start_of(std::uint64_t segno) const;

private:
    // Reads the manifests; false where there are none.
    bool read_current();
    // The last segment whose first frame satisfies `before`.
    template <class Before>
    reading_start last_that(const Before& before) const;

    std::shared_ptr<file_system> files_;
    std::optional<log_keys> keys_;
    manifest_pair manifests_;
};

// How often a reading is begun anew where a server makes snapshots and deletes files meanwhile.
inline constexpr int readings_max = 10;
[[noreturn]] void refuse_unsettled(const directory_view& view);

// Calls `read` until it comes to its end within one state of the directory. `read` begins anew at each call and gives
// false where files that it needed are no longer kept. What it throws counts only where the directory has not moved on
// since. After readings_max calls throws refused(locked): what was read in part is not handed out.
template <class Read>
void read_settled(directory_view& view, const Read& read) {
    for (int left = readings_max; left > 0; --left) {
        try {
            if (read()) {
                return;
            }
        } catch (const refused&) {
            if (!view.has_moved_on()) {
                throw;
            }
        }
        view.refresh();
    }
    refuse_unsettled(view);
}

} // namespace pawl::storage
