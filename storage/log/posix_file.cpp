#include "storage/access.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/file.hpp"
#include "storage/unique_fd.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <dirent.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

namespace pawl::storage {
namespace {

std::error_code last_error() {
    return {errno, std::system_category()};
}

// How often, and how long apart, a lock that is taken is tried again.
constexpr int lock_tries_max = 12;
constexpr std::chrono::milliseconds lock_try_interval{20};

// So much of a large file that is removed is given back to the file system at once.
constexpr off_t freed_at_once = off_t{2} << 20U;

// The last of a file, whose name is gone. A file system that discards what it frees, and the disk behind it, would be
// at it for as long as the file is large (180 MB: 0.15 s), and the log's next sync behind it; step by step others get
// in between. Not where somebody else reads it still (a backup) or has another name for it: only who has a file alone
// gets a write lease (fcntl(2)), and one who opens it then waits until it is closed here.
void free_in_steps(int fd) {
    struct stat st{};
    if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 0 || st.st_size <= freed_at_once) {
        return;
    }
    // SIGURG, which does nothing, instead of SIGIO, which ends the process: what comes when somebody waits.
    if (::fcntl(fd, F_SETSIG, SIGURG) != 0 || ::fcntl(fd, F_SETLEASE, F_WRLCK) != 0) {
        return;
    }
    for (off_t size = st.st_size - freed_at_once; size > 0 && ::ftruncate(fd, size) == 0; size -= freed_at_once) {
    }
}

class posix_file final : public file {
public:
    posix_file(unique_fd fd, bool direct) : fd_(std::move(fd)), direct_(direct) {}

    std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) override {
        const ssize_t n = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
        return counted(n, ec);
    }
    std::size_t write_some(std::uint64_t offset, bytes_view bytes, std::error_code& ec) override {
        const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        return counted(n, ec);
    }
    std::error_code sync_data() override { return ::fdatasync(fd_.get()) == 0 ? std::error_code{} : last_error(); }
    std::error_code sync_all() override { return ::fsync(fd_.get()) == 0 ? std::error_code{} : last_error(); }
    std::error_code resize(std::uint64_t size) override {
        return ::ftruncate(fd_.get(), static_cast<off_t>(size)) == 0 ? std::error_code{} : last_error();
    }
    std::uint64_t size(std::error_code& ec) override {
        struct stat st{};
        if (::fstat(fd_.get(), &st) != 0) {
            ec = last_error();
            return 0;
        }
        ec.clear();
        return static_cast<std::uint64_t>(st.st_size);
    }
    bool is_direct() const noexcept override { return direct_; }
    bool writes_past_cache() const noexcept override { return direct_; }

private:
    static std::size_t counted(ssize_t n, std::error_code& ec) {
        if (n < 0) {
            ec = last_error();
            return 0;
        }
        ec.clear();
        return static_cast<std::size_t>(n);
    }

    unique_fd fd_;
    bool direct_;
};

class posix_directory final : public file_system {
public:
    posix_directory(std::string path, unique_fd fd, std::uint32_t block)
        : path_(std::move(path)), fd_(std::move(fd)), block_(block) {}

    std::unique_ptr<file> open(const std::string& name, open_mode mode, std::error_code& ec) override;
    std::error_code rename(const std::string& from, const std::string& to) override {
        if (const std::error_code ec = check_plain_or_absent(to)) {
            return ec;
        }
        return ::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) == 0 ? std::error_code{} : last_error();
    }
    std::error_code remove(const std::string& name) override {
        if (const std::error_code ec = check_plain_or_absent(name)) {
            return ec;
        }
        std::error_code ignored;
        const unique_fd last = open_at(name, O_WRONLY | O_NONBLOCK, ignored);
        if (::unlinkat(fd_.get(), name.c_str(), 0) != 0) {
            return last_error();
        }
        if (last) {
            free_in_steps(last.get());
        }
        return {};
    }
    std::error_code sync_directory() override { return ::fsync(fd_.get()) == 0 ? std::error_code{} : last_error(); }
    std::vector<std::string> list(std::error_code& ec) override;
    std::error_code lock(const std::string& name, long& holder_pid) override;
    bool is_locked(const std::string& name) override;
    std::uint32_t physical_block_size() const noexcept override { return block_; }
    std::uint64_t free_bytes() const noexcept override {
        struct statvfs known{};
        if (::fstatvfs(fd_.get(), &known) != 0) {
            return file_system::free_bytes();
        }
        return static_cast<std::uint64_t>(known.f_bavail) * known.f_frsize;
    }
    std::string path() const override { return path_; }
    // Null and EINVAL where the file system has no O_DIRECT.
    std::unique_ptr<file> open_past_cache(const std::string& name, std::error_code& ec) {
        unique_fd fd = open_at(name, O_RDONLY | O_DIRECT, ec);
        return fd ? std::make_unique<posix_file>(std::move(fd), true) : nullptr;
    }

private:
    // Regular files only: what else has such a name is not ours, and a FIFO would wait for its other end.
    unique_fd open_at(const std::string& name, int flags, std::error_code& ec) {
        const int all = flags | O_CLOEXEC | O_NOFOLLOW;
        unique_fd fd{::openat(fd_.get(), name.c_str(), all | O_NONBLOCK, 0600)};
        if (!fd && errno == EWOULDBLOCK) { // a lease, which only regular files have: see free_in_steps
            fd.reset(::openat(fd_.get(), name.c_str(), all, 0600));
        }
        struct stat st{};
        ec = fd && ::fstat(fd.get(), &st) == 0 ? std::error_code{} : last_error();
        if (!ec && !S_ISREG(st.st_mode)) {
            ec = std::make_error_code(std::errc::operation_not_supported);
        }
        return ec ? unique_fd{} : std::move(fd);
    }
    // Where `flags` ask for a new file, one of that name, which an interrupted run left, is removed first.
    unique_fd open_replacing(const std::string& name, int flags, std::error_code& ec) {
        unique_fd fd = open_at(name, flags, ec);
        if (ec == std::errc::file_exists && (flags & O_EXCL) != 0) {
            ec = remove(name);
            return ec ? unique_fd{} : open_at(name, flags, ec);
        }
        return fd;
    }
    std::error_code check_plain_or_absent(const std::string& name) {
        struct stat st{};
        if (::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
            return errno == ENOENT ? std::error_code{} : last_error();
        }
        return S_ISREG(st.st_mode) ? std::error_code{} : std::make_error_code(std::errc::operation_not_supported);
    }

    std::string path_;
    unique_fd fd_;
    std::uint32_t block_;
    unique_fd lock_;
};

std::unique_ptr<file> posix_directory::open(const std::string& name, open_mode mode, std::error_code& ec) {
    if (mode == open_mode::read_direct) {
        if (std::unique_ptr<file> f = open_past_cache(name, ec); f || ec != std::errc::invalid_argument) {
            return f;
        }
        // No O_DIRECT here: make the kernel forget what it holds of the file instead.
        unique_fd fd = open_at(name, O_RDWR, ec);
        if (fd && ::fdatasync(fd.get()) != 0) {
            ec = last_error();
            return nullptr;
        }
        if (!fd) {
            return nullptr;
        }
        ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
        return std::make_unique<posix_file>(std::move(fd), false);
    }
    const int flags = !writes(mode) ? O_RDONLY : creates(mode) ? O_RDWR | O_CREAT | O_EXCL : O_RDWR;
    const bool past_cache = mode == open_mode::create_direct || mode == open_mode::write_direct;
    // No disk has larger sectors than a page yet; a whole one could not be promised.
    if (past_cache && block_ <= aligned_buffer::alignment) {
        unique_fd fd = open_replacing(name, flags | O_DIRECT, ec);
        if (fd || ec != std::errc::invalid_argument) {
            return fd ? std::make_unique<posix_file>(std::move(fd), true) : nullptr;
        }
    }
    unique_fd fd = open_replacing(name, flags, ec);
    return fd ? std::make_unique<posix_file>(std::move(fd), false) : nullptr;
}

std::vector<std::string> posix_directory::list(std::error_code& ec) {
    std::vector<std::string> names;
    // A second descriptor: a directory stream owns its own, and its position.
    unique_fd copy{::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    DIR* const stream = copy ? ::fdopendir(copy.get()) : nullptr;
    if (stream == nullptr) {
        ec = last_error();
        return names;
    }
    copy.release(); // closedir closes it
    errno = 0;
    while (const dirent* const entry = ::readdir(stream)) {
        names.emplace_back(static_cast<const char*>(entry->d_name));
        errno = 0;
    }
    ec = errno == 0 ? std::error_code{} : last_error();
    ::closedir(stream);
    return names;
}

bool posix_directory::is_locked(const std::string& name) {
    std::error_code ec;
    const unique_fd fd = open_at(name, O_RDONLY, ec);
    return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK; // let go with the descriptor
}

std::error_code posix_directory::lock(const std::string& name, long& holder_pid) {
    holder_pid = 0;
    std::error_code ec;
    unique_fd fd = open_at(name, O_RDWR | O_CREAT, ec);
    if (!fd) {
        return ec;
    }
    char text[32] = {};
    ec = lock_patiently(fd.get());
    if (ec) {
        const ssize_t n = ::pread(fd.get(), text, sizeof text - 1, 0);
        if (n > 0) {
            std::from_chars(text, text + n, holder_pid);
        }
        return ec;
    }
    // Only for people and messages; the lock itself is the kernel's and ends with the process.
    const int n = std::snprintf(text, sizeof text, "%ld\n", static_cast<long>(::getpid()));
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), text, static_cast<std::size_t>(n), 0) != n) {
        ec = last_error();
        if (!is_no_space(ec)) {
            return ec;
        }
    }
    lock_ = std::move(fd);
    return {};
}

// 0 where the kernel does not say (a file system without a block device).
std::uint32_t physical_block_of(dev_t device) {
    for (const char* const form :
         {"/sys/dev/block/%u:%u/queue/physical_block_size", "/sys/dev/block/%u:%u/../queue/physical_block_size"}) {
        char name[96];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        std::snprintf(name, sizeof name, form, major(device), minor(device));
#pragma GCC diagnostic pop
        if (std::FILE* const f = std::fopen(name, "re")) {
            unsigned value = 0;
            const int n = std::fscanf(f, "%u", &value);
            std::fclose(f);
            if (n == 1) {
                return value;
            }
        }
    }
    return 0;
}

[[noreturn]] void refuse_directory(const std::string& path, const std::string& why) {
    throw refused(exit_code::usage, "data directory " + path + ": " + why);
}

// Hands on what reads, and refuses all else.
class directory_to_read final : public file_system {
public:
    directory_to_read(std::string path, unique_fd fd, direct_reads direct)
        : inner_(std::move(path), std::move(fd), 0), direct_(direct) {}

    std::unique_ptr<file> open(const std::string& name, open_mode mode, std::error_code& ec) override {
        if (writes(mode)) {
            ec = read_only();
            return nullptr;
        }
        if (mode == open_mode::read_direct && direct_ == direct_reads::where_possible) {
            if (std::unique_ptr<file> f = inner_.open_past_cache(name, ec); f || ec != std::errc::invalid_argument) {
                return f;
            }
        }
        return inner_.open(name, open_mode::read, ec);
    }
    std::error_code rename(const std::string&, const std::string&) override { return read_only(); }
    std::error_code remove(const std::string&) override { return read_only(); }
    std::error_code sync_directory() override { return read_only(); }
    std::vector<std::string> list(std::error_code& ec) override { return inner_.list(ec); }
    std::error_code lock(const std::string&, long&) override { return read_only(); }
    bool is_locked(const std::string& name) override { return inner_.is_locked(name); }
    std::string path() const override { return inner_.path(); }

private:
    static std::error_code read_only() { return std::make_error_code(std::errc::read_only_file_system); }

    posix_directory inner_;
    direct_reads direct_;
};

} // namespace

std::error_code lock_patiently(int fd) {
    for (int left = lock_tries_max;; --left) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return {};
        }
        const std::error_code ec = last_error();
        if (ec != std::errc::resource_unavailable_try_again || left <= 1) {
            return ec;
        }
        std::this_thread::sleep_for(lock_try_interval);
    }
}

std::shared_ptr<file_system> open_posix_directory(const std::string& path) {
    return open_posix_directory(path, group_access::refused);
}

std::shared_ptr<file_system> open_posix_directory(const std::string& path, group_access group) {
    if (::mkdir(path.c_str(), 0700) == 0) {
        const std::size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
        const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
        const unique_fd fd{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (!fd || ::fsync(fd.get()) != 0) {
            refuse_directory(path, "created, but its parent cannot be synced: " + last_error().message());
        }
    } else if (errno != EEXIST) {
        refuse_directory(path, "cannot be created: " + last_error().message());
    }
    unique_fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    struct stat st{};
    if (!fd || ::fstat(fd.get(), &st) != 0) {
        refuse_directory(path, "cannot be opened: " + last_error().message());
    }
    access_facts facts{st.st_uid, ::geteuid(), st.st_mode};
    const bool asked = (st.st_mode & S_IRWXO) != 0 && (facts.owner == facts.self || group == group_access::allowed);
    facts.modes_stick = !asked || modes_stick_in(path);
    if (const std::string problem = directory_problem(path, facts, group); !problem.empty()) {
        refuse_directory(path, problem);
    }
    if (::faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        refuse_directory(path, "is not writable: " + last_error().message());
    }
    const std::uint32_t block = physical_block_of(st.st_dev);
    return std::make_shared<posix_directory>(path, std::move(fd), block);
}

std::shared_ptr<file_system> open_posix_directory_to_read(const std::string& path, direct_reads direct) {
    unique_fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) {
        refuse_directory(path, "cannot be opened: " + last_error().message());
    }
    return std::make_shared<directory_to_read>(path, std::move(fd), direct);
}

} // namespace pawl::storage
