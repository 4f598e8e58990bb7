#include "tools/lines.hpp"

#include "tools/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pawl::tools {

namespace {

constexpr int exit_usage = static_cast<int>(storage::refusal::usage);
constexpr int exit_storage = static_cast<int>(storage::refusal::storage_failed);

bool is_standard(const std::string& path) {
    return path.empty() || path == "-";
}

} // namespace

line_source::line_source(const std::string& path) : name_(is_standard(path) ? "stdin" : path) {
    file_ = is_standard(path) ? stdin : std::fopen(path.c_str(), "rbe");
    if (file_ == nullptr) {
        throw tool_error(exit_usage, path + ": " + std::strerror(errno));
    }
}

line_source::~line_source() {
    if (file_ != stdin) {
        std::fclose(file_);
    }
}

void line_source::check() const {
    if (std::ferror(file_) != 0) {
        throw tool_error(exit_storage, name_ + ": cannot be read: " + std::strerror(errno));
    }
}

int line_source::next_byte() {
    const int c = std::getc(file_);
    if (c == EOF) {
        check();
    }
    return c;
}

bool line_source::next(std::string& line, std::size_t size_max) {
    line.clear();
    int c = next_byte();
    if (c == EOF) {
        return false;
    }
    ++number_;
    for (; c != EOF && c != '\n'; c = next_byte()) {
        if (line.size() <= size_max) {
            line.push_back(static_cast<char>(c));
        }
    }
    if (!line.empty() && line.back() == '\r') {
        line.pop_back();
    }
    return true;
}

line_target::line_target(const std::string& path) : path_(is_standard(path) ? "" : path) {
    if (path_.empty()) {
        file_ = stdout;
        return;
    }
    temporary_ = path_ + ".partial-" + std::to_string(::getpid());
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    file_ = fd < 0 ? nullptr : ::fdopen(fd, "wb");
    if (file_ == nullptr) {
        throw tool_error(errno == ENOSPC ? exit_storage : exit_usage, temporary_ + ": " + std::strerror(errno));
    }
}

line_target::~line_target() {
    if (!is_stdout() && !finished_) {
        if (file_ != nullptr) {
            std::fclose(file_);
        }
        ::unlink(temporary_.c_str());
    }
}

void line_target::fail() const {
    throw tool_error(exit_storage,
                     (is_stdout() ? "stdout" : temporary_) + ": cannot be written: " + std::strerror(errno));
}

void line_target::add(const std::string& line) {
    if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fputc('\n', file_) == EOF) {
        fail();
    }
}

void line_target::finish() {
    if (std::fflush(file_) != 0) {
        fail();
    }
    if (is_stdout()) {
        return;
    }
    const bool synced = ::fsync(::fileno(file_)) == 0;
    const int why = errno;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!synced || !closed) {
        errno = synced ? errno : why;
        fail();
    }
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        fail();
    }
    finished_ = true;
    const std::size_t slash = path_.find_last_of('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd);
        ::close(fd);
    }
}

} // namespace pawl::tools
