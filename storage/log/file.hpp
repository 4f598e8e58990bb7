// Port: the only door from the log and the snapshots to the file system. One directory, flat names. Tests put a
// simulated disk behind it that tears, loses and fails.
//
// Threads: different files may be used by different threads at once, and a file_system by several; one file by one
// thread at a time.
#pragma once

#include "storage/record/bytes.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace pawl::storage {

enum class open_mode : std::uint8_t {
    read,          // through the page cache
    read_direct,   // from the device, past the page cache where the file system can (R3)
    write,         // an existing file, to write
    write_direct,  // the same, past the page cache where the file system can: whole sectors of aligned memory only
    create,        // a new file, mode 0600; replaces one of that name
    create_direct, // the same, past the page cache, as write_direct
};
constexpr bool creates(open_mode mode) noexcept {
    return mode == open_mode::create || mode == open_mode::create_direct;
}
constexpr bool writes(open_mode mode) noexcept {
    return creates(mode) || mode == open_mode::write || mode == open_mode::write_direct;
}

class file {
public:
    virtual ~file() = default;
    // One system call each; may transfer less than asked for. A read of 0 bytes without an error is the end.
    virtual std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) = 0;
    virtual std::size_t write_some(std::uint64_t offset, bytes_view bytes, std::error_code& ec) = 0;
    virtual std::error_code sync_data() = 0; // fdatasync
    virtual std::error_code sync_all() = 0;  // fsync
    virtual std::error_code resize(std::uint64_t size) = 0;
    virtual std::uint64_t size(std::error_code& ec) = 0;
    // For read_direct: false where the file system refused and the page cache was dropped instead.
    virtual bool is_direct() const noexcept { return true; }
    // For create_direct and write_direct: true where what was written has left the page cache, though only a sync makes
    // it durable.
    virtual bool writes_past_cache() const noexcept { return false; }
};

class file_system {
public:
    virtual ~file_system() = default;
    virtual std::unique_ptr<file> open(const std::string& name, open_mode mode, std::error_code& ec) = 0;
    virtual std::error_code rename(const std::string& from, const std::string& to) = 0; // replaces
    virtual std::error_code remove(const std::string& name) = 0;
    virtual std::error_code sync_directory() = 0;
    virtual std::vector<std::string> list(std::error_code& ec) = 0;
    // Takes the lock for the life of this object and writes our pid into it. Where another holds it: an error equal to
    // std::errc::resource_unavailable_try_again and its pid (0 where not known).
    virtual std::error_code lock(const std::string& name, long& holder_pid) = 0;
    // Whether another holds that lock now. The kernel is asked by trying it, so it does not matter which container the
    // other runs in; lock() waits for the moment that such a try takes.
    virtual bool is_locked(const std::string& /*name*/) { return false; }
    // The device's physical block, 0 where not known.
    virtual std::uint32_t physical_block_size() const noexcept { return 0; }
    // How much may still be written; the most there is where not known.
    virtual std::uint64_t free_bytes() const noexcept { return ~std::uint64_t{0}; }
    // For messages.
    virtual std::string path() const = 0;
};

// The directory at `path`, created 0700 where missing. Throws refused(usage) where it is no directory, not ours,
// readable or writable by group or others, or not writable.
std::shared_ptr<file_system> open_posix_directory(const std::string& path);

// The directory at `path` as it is, to read: nothing in it is created, changed, synced or locked, whatever is called
// (errors equal to std::errc::read_only_file_system), so a server may be at work in it. `direct`: read_direct goes past
// the page cache where the file system can. Throws refused(usage) where it is no directory or may not be read.
enum class direct_reads : std::uint8_t { no, where_possible };
std::shared_ptr<file_system> open_posix_directory_to_read(const std::string& path,
                                                          direct_reads direct = direct_reads::no);

// Takes the flock of an open file, for writers. Readers try it to learn whether a server is at work, and so have it for
// a moment: a lock that is taken is tried again for a fraction of a second. std::errc::resource_unavailable_try_again:
// another holds it.
std::error_code lock_patiently(int fd);

// Loops over short transfers and EINTR. read_fully gives how much there was before the end or the error.
std::size_t read_fully(file& f, std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec);
std::error_code write_fully(file& f, std::uint64_t offset, bytes_view bytes);

// A whole small file; refuses one longer than `size_max` (std::errc::file_too_large).
std::vector<std::uint8_t> read_small_file(file_system& fs, const std::string& name, std::size_t size_max,
                                          std::error_code& ec);

// Writes `name` so that after a crash it is whole or absent: tmp, fsync, rename, fsync directory.
std::error_code replace_file(file_system& fs, const std::string& name, bytes_view bytes);

inline constexpr char temporary_suffix[] = ".tmp";

// The last steps of that: rename `name` + temporary_suffix, written and synced, to `name`, then sync the directory.
// Where making it failed (`so_far`), or the rename does, the temporary file is removed; gives the first error.
std::error_code put_in_place(file_system& fs, const std::string& name, std::error_code so_far);

// Errors that mean "no room now" rather than "the disk is broken".
bool is_no_space(const std::error_code& ec) noexcept;

} // namespace pawl::storage
