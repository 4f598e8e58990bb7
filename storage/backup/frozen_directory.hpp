// A data directory as it was at one moment, for programs that only read it: what recovery would write goes to memory,
// nothing on disk changes. So a copy, a backup or the directory of a running server is read by the very code that a
// start of the server runs.
//
// The moment: the manifests are read first, then the end of the log backwards, from the highest segment down to the
// first that is in use. Whatever was written before a byte that was seen has been seen too, so the log ends as it does
// after a crash. What is listed before that end does not change any more. It may be deleted (a newer snapshot took its
// place), so it is held open from the moment it was listed; what went before that is missed, and then the reader
// begins anew. One thread.
#pragma once

#include "storage/log/file.hpp"
#include "storage/unique_fd.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pawl::storage {

class frozen_directory final : public file_system {
public:
    enum class kind : std::uint8_t {
        live,  // may be in use: the end of its log is kept in memory as it is now
        still, // no process writes to it: all is read from the disk when it is wanted
    };
    // Throws refused(usage) where `path` is no directory that can be read, refused(storage_failed) where a read fails.
    explicit frozen_directory(std::string path, kind what = kind::live);
    ~frozen_directory() override;
    frozen_directory(const frozen_directory&) = delete;
    frozen_directory& operator=(const frozen_directory&) = delete;

    std::unique_ptr<file> open(const std::string& name, open_mode mode, std::error_code& ec) override;
    std::error_code rename(const std::string& from, const std::string& to) override;
    std::error_code remove(const std::string& name) override;
    std::error_code sync_directory() override { return {}; }
    std::vector<std::string> list(std::error_code& ec) override;
    // Takes nothing: reading needs no lock.
    std::error_code lock(const std::string& name, long& holder_pid) override;
    std::string path() const override { return path_; }

    bool holds_data() const; // a manifest, a segment, a snapshot or the journal of a swap is there
    // The manifests on disk are not those any more that this began with.
    bool has_moved_on() const;

private:
    using bytes = std::shared_ptr<std::vector<std::uint8_t>>;
    void hold_files();
    void freeze_log_end();
    bytes read_backwards(const std::string& name) const;
    int open_again(const std::string& name, int more_flags) const;

    std::string path_;
    int fd_ = -1;
    std::vector<std::string> names_;        // on disk, when this was made
    std::map<std::string, unique_fd> held_; // snapshots and segments of `live`; none where descriptors are short
    std::map<std::string, bytes> in_memory_;
    std::set<std::string> removed_;
};

// The lock of a directory that is to be read or moved while no other process may use it; writes nothing into it. Throws
// refused(locked), naming the pid. A directory without a LOCK file is not in use.
class directory_guard {
public:
    explicit directory_guard(const std::string& directory);
    ~directory_guard();
    directory_guard(const directory_guard&) = delete;
    directory_guard& operator=(const directory_guard&) = delete;

private:
    int fd_ = -1;
};

} // namespace pawl::storage
