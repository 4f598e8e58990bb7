// A directory that is made whole or not at all: filled under another name beside it, synced, renamed. After an error
// nothing of it stays; after a kill only the other name, `<path>.partial-<pid>`. Where names can't be changed
// (place.hpp) it is filled within, and the contents are swapped (swap_run.hpp): after a kill the next start takes back
// or finishes.
#pragma once

#include "storage/backup/frozen_directory.hpp"
#include "storage/backup/swap_run.hpp"
#include "storage/log/file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pawl::storage {

using sha256_digest = std::array<std::uint8_t, 32>;
std::string to_hex(bytes_view bytes);

class new_directory {
public:
    enum class present : std::uint8_t {
        refused,   // `path` must not be there, or be an empty directory
        put_aside, // what is there is kept under another name; no one else may use it meanwhile
    };
    // A symbolic link is followed once. Throws refused(locked) if a process uses what is to be put aside. Throws
    // refused(usage) where `path` may not become one, refused(storage_failed) where it can't be made.
    new_directory(std::string path, present what);
    ~new_directory();
    new_directory(const new_directory&) = delete;
    new_directory& operator=(const new_directory&) = delete;

    const std::string& path() const noexcept { return partial_; } // where it is filled
    file_system& files() noexcept { return *files_; }

    // A whole file, 0600, synced. Throws refused(storage_failed).
    void write(const std::string& name, bytes_view content);
    // Copies `name` of `from`, where it is read as recovery does; `step` is told the bytes copied. Gives the size.
    std::uint64_t copy(file_system& from, const std::string& name, const std::function<void(std::uint64_t)>& step);
    // The sum of a file as it reads back, past the page cache where the file system can.
    sha256_digest sum_of(const std::string& name);

    // Syncs the directory and gives it its name. The path that what was there has now, empty where nothing was.
    std::string commit();

private:
    void make_partial();

    std::string path_, partial_;
    present present_;
    std::optional<swap_directory> within_; // where names can't be changed
    std::optional<directory_guard> guard_; // else, of what is to be put aside
    std::shared_ptr<file_system> files_;
    bool committed_ = false;
};

// Throws refused(usage) where `path`, which may be absent yet, is `directory` or lies within it, through symbolic
// links too. `what` says what may not be made there: "a backup".
void refuse_within(const std::string& path, const std::string& directory, const char* what);

// Of a file of any directory; throws refused(storage_failed).
sha256_digest sha256_of(file_system& files, const std::string& name, std::uint64_t& size);

} // namespace pawl::storage
