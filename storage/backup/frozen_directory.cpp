#include "storage/backup/frozen_directory.hpp"

#include "storage/directory/directory_state.hpp"
#include "storage/directory/swap_names.hpp"
#include "storage/exit_code.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace pawl::storage {
namespace {

constexpr std::size_t page = 4096; // pages are what a writer and a reader of one file meet in
// Segments held open at most, the newest: 4 GiB of log at their usual size. Those before are an audit trail that
// recovery does not read.
constexpr std::size_t held_segments_max = 256;
constexpr int read_flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;

std::error_code last_error() {
    return {errno, std::system_category()};
}

class disk_file final : public file {
public:
    disk_file(int fd, bool direct) : fd_(fd), direct_(direct) {}
    disk_file(const disk_file&) = delete;
    disk_file& operator=(const disk_file&) = delete;
    ~disk_file() override { ::close(fd_); }

    std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) override {
        const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
        ec = n < 0 ? last_error() : std::error_code{};
        return n < 0 ? 0 : static_cast<std::size_t>(n);
    }
    std::size_t write_some(std::uint64_t /*offset*/, bytes_view /*bytes*/, std::error_code& ec) override {
        ec = std::make_error_code(std::errc::read_only_file_system);
        return 0;
    }
    std::error_code sync_data() override { return {}; }
    std::error_code sync_all() override { return {}; }
    std::error_code resize(std::uint64_t /*size*/) override {
        return std::make_error_code(std::errc::read_only_file_system);
    }
    std::uint64_t size(std::error_code& ec) override {
        struct stat st{};
        ec = ::fstat(fd_, &st) == 0 ? std::error_code{} : last_error();
        return ec ? 0 : static_cast<std::uint64_t>(st.st_size);
    }
    bool is_direct() const noexcept override { return direct_; }

private:
    int fd_;
    bool direct_;
};

class memory_file final : public file {
public:
    explicit memory_file(std::shared_ptr<std::vector<std::uint8_t>> content) : content_(std::move(content)) {}

    std::size_t read_some(std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) override {
        ec.clear();
        if (offset >= content_->size()) {
            return 0;
        }
        const std::size_t n = std::min<std::size_t>(out.size(), content_->size() - offset);
        std::copy_n(content_->begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
        return n;
    }
    std::size_t write_some(std::uint64_t offset, bytes_view bytes, std::error_code& ec) override {
        ec.clear();
        if (offset + bytes.size() > content_->size()) {
            content_->resize(offset + bytes.size());
        }
        std::copy(bytes.begin(), bytes.end(), content_->begin() + static_cast<std::ptrdiff_t>(offset));
        return bytes.size();
    }
    std::error_code sync_data() override { return {}; }
    std::error_code sync_all() override { return {}; }
    std::error_code resize(std::uint64_t size) override {
        content_->resize(size);
        return {};
    }
    std::uint64_t size(std::error_code& ec) override {
        ec.clear();
        return content_->size();
    }

private:
    std::shared_ptr<std::vector<std::uint8_t>> content_;
};

std::vector<std::string> list_directory(int directory, std::error_code& ec) {
    std::vector<std::string> names;
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) {
        ec = last_error();
        if (copy >= 0) {
            ::close(copy);
        }
        return names;
    }
    errno = 0;
    while (const dirent* const entry = ::readdir(stream)) {
        names.emplace_back(static_cast<const char*>(entry->d_name));
        errno = 0;
    }
    ec = errno == 0 ? std::error_code{} : last_error();
    ::closedir(stream);
    return names;
}

std::vector<std::uint8_t> whole_small_file(int directory, const std::string& name) {
    const int fd = ::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return {};
    }
    disk_file file(fd, false);
    std::vector<std::uint8_t> content(manifest_size_max + 1);
    std::error_code ec;
    content.resize(read_fully(file, 0, content, ec));
    return content;
}

long pid_in(int fd) {
    char text[32] = {};
    const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
    long pid = 0;
    if (n > 0) {
        std::from_chars(text, text + n, pid);
    }
    return pid;
}

} // namespace

frozen_directory::frozen_directory(std::string path, kind what) : path_(std::move(path)) {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) {
        throw refused(exit_code::usage, "directory " + path_ + ": " + last_error().message());
    }
    std::error_code ec;
    try {
        // Before all else: what they say was durable is seen below then.
        for (const char* const name : {manifest_name_a, manifest_name_b}) {
            if (what == kind::live && ::faccessat(fd_, name, F_OK, 0) == 0) {
                in_memory_[name] = std::make_shared<std::vector<std::uint8_t>>(whole_small_file(fd_, name));
            }
        }
        names_ = list_directory(fd_, ec);
        if (ec) {
            throw refused(exit_code::storage_failed, path_ + ": cannot be listed: " + ec.message());
        }
        if (what == kind::live) {
            hold_files();
            freeze_log_end();
        }
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

frozen_directory::~frozen_directory() {
    ::close(fd_);
}

void frozen_directory::hold_files() {
    std::vector<std::string> wanted, segments;
    for (const std::string& name : names_) {
        if (parse_snapshot_name(name)) {
            wanted.push_back(name);
        } else if (parse_segment_name(name)) {
            segments.push_back(name);
        }
    }
    std::sort(segments.rbegin(), segments.rend()); // names of one length, in hex: the newest first
    segments.resize(std::min(segments.size(), held_segments_max));
    wanted.insert(wanted.end(), segments.begin(), segments.end());
    for (const std::string& name : wanted) {
        unique_fd fd{::openat(fd_, name.c_str(), read_flags)};
        if (fd) {
            held_.emplace(name, std::move(fd));
        } else if (errno == EMFILE || errno == ENFILE) {
            // Readers need some, too: all are opened when they are wanted, if they are still there.
            held_.clear();
            return;
        }
    }
}

void frozen_directory::freeze_log_end() {
    std::vector<std::uint64_t> segnos;
    for (const std::string& name : names_) {
        if (const auto segno = parse_segment_name(name)) {
            segnos.push_back(*segno);
        }
    }
    std::sort(segnos.rbegin(), segnos.rend());
    for (const std::uint64_t segno : segnos) {
        const std::string name = segment_name(segno);
        const bytes content = read_backwards(name);
        if (!content) {
            continue; // unreadable or gone: opening it says so
        }
        in_memory_[name] = content;
        if (content->size() > segment_header_size && !all_zero(bytes_view{*content}.subspan(segment_header_size))) {
            return; // those before it are sealed
        }
    }
}

// Each page after the page that follows it: what was written in order is seen without a hole.
frozen_directory::bytes frozen_directory::read_backwards(const std::string& name) const {
    const int fd = ::openat(fd_, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return nullptr;
    }
    disk_file file(fd, false);
    std::error_code ec;
    const std::uint64_t size = file.size(ec);
    if (ec || size > segment_size_max) {
        return nullptr;
    }
    auto content = std::make_shared<std::vector<std::uint8_t>>(size);
    for (std::uint64_t end = size; end > 0;) {
        const std::uint64_t begin = round_down(end - 1, page);
        const std::size_t wanted = end - begin;
        if (read_fully(file, begin, std::span(*content).subspan(begin, wanted), ec) != wanted) {
            return nullptr;
        }
        end = begin;
    }
    return content;
}

// A descriptor of its own, also where the name is gone by now; -1 and errno where there is none.
int frozen_directory::open_again(const std::string& name, int more_flags) const {
    const auto held = held_.find(name);
    if (held == held_.end()) {
        return ::openat(fd_, name.c_str(), read_flags | more_flags);
    }
    const std::string itself = "/proc/self/fd/" + std::to_string(held->second.get());
    const int fd = ::open(itself.c_str(), O_RDONLY | O_CLOEXEC | more_flags);
    // Without /proc: the same open file, whose offset is not used.
    return fd >= 0 || more_flags != 0 ? fd : ::fcntl(held->second.get(), F_DUPFD_CLOEXEC, 0);
}

std::unique_ptr<file> frozen_directory::open(const std::string& name, open_mode mode, std::error_code& ec) {
    ec.clear();
    const auto known = in_memory_.find(name);
    if (creates(mode)) {
        removed_.erase(name);
        return std::make_unique<memory_file>(in_memory_[name] = std::make_shared<std::vector<std::uint8_t>>());
    }
    if (known != in_memory_.end()) {
        return std::make_unique<memory_file>(known->second);
    }
    if (removed_.contains(name)) {
        ec = std::make_error_code(std::errc::no_such_file_or_directory);
        return nullptr;
    }
    if (writes(mode)) {
        ec = std::make_error_code(std::errc::read_only_file_system);
        return nullptr;
    }
    int fd = mode == open_mode::read_direct ? open_again(name, O_DIRECT) : -1;
    const bool direct = fd >= 0;
    if (!direct) {
        fd = open_again(name, 0);
    }
    if (fd < 0) {
        ec = last_error();
        return nullptr;
    }
    if (mode == open_mode::read_direct && !direct) {
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    return std::make_unique<disk_file>(fd, direct);
}

std::error_code frozen_directory::rename(const std::string& from, const std::string& to) {
    const auto known = in_memory_.find(from);
    if (known == in_memory_.end()) {
        return std::make_error_code(std::errc::read_only_file_system);
    }
    in_memory_[to] = known->second;
    in_memory_.erase(from);
    removed_.insert(from);
    removed_.erase(to);
    return {};
}

std::error_code frozen_directory::remove(const std::string& name) {
    in_memory_.erase(name);
    removed_.insert(name);
    return {};
}

std::vector<std::string> frozen_directory::list(std::error_code& ec) {
    ec.clear();
    std::set<std::string> names(names_.begin(), names_.end());
    for (const auto& [name, content] : in_memory_) {
        names.insert(name);
    }
    std::erase_if(names, [this](const std::string& name) { return removed_.contains(name); });
    return {names.begin(), names.end()};
}

std::error_code frozen_directory::lock(const std::string& /*name*/, long& holder_pid) {
    holder_pid = 0;
    return {};
}

bool frozen_directory::holds_data() const {
    return std::any_of(names_.begin(), names_.end(), [](const std::string& name) {
        return name == manifest_name_a || name == manifest_name_b || name == swap_journal_name ||
               parse_segment_name(name) || parse_snapshot_name(name);
    });
}

bool frozen_directory::has_moved_on() const {
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        const auto known = in_memory_.find(name);
        const std::vector<std::uint8_t> before =
            known == in_memory_.end() ? std::vector<std::uint8_t>{} : *known->second;
        if (whole_small_file(fd_, name) != before) {
            return true;
        }
    }
    return false;
}

directory_guard::directory_guard(const std::string& directory)
    : fd_(::open((directory + "/" + lock_name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
    if (fd_ >= 0 && lock_patiently(fd_)) {
        const long pid = pid_in(fd_);
        ::close(fd_);
        throw refused(exit_code::locked, "data directory " + directory + " is in use by process " +
                                             (pid > 0 ? std::to_string(pid) : "(unknown)") + "; stop it first");
    }
}

directory_guard::~directory_guard() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

} // namespace pawl::storage
