#include "tools/lines.hpp"

#include "storage/log/file.hpp"
#include "storage/plain_file.hpp"
#include "tools/program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pawl::tools {

namespace {

constexpr int exit_usage = static_cast<int>(storage::exit_code::usage);
constexpr int exit_storage = static_cast<int>(storage::exit_code::storage_failed);

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
    if (const std::error_code ec = storage::check_plain_or_absent(path_)) {
        throw tool_error(exit_usage, path_ + ": " + storage::describe_plain_file_error(ec) + "; use - for stdout");
    }
    temporary_ = path_ + ".partial-" + std::to_string(::getpid());
    std::error_code ec;
    storage::unique_fd fd = storage::make_temporary_file(temporary_, ec);
    if (ec) {
        throw tool_error(storage::is_no_space(ec) ? exit_storage : exit_usage,
                         temporary_ + ": " + storage::describe_plain_file_error(ec));
    }
    file_ = ::fdopen(fd.get(), "wb");
    if (file_ == nullptr) {
        const int error = errno;
        ::unlink(temporary_.c_str());
        throw tool_error(exit_storage, temporary_ + ": " + std::strerror(error));
    }
    fd.release(); // fclose closes it
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
    if (is_stdout() && errno == EPIPE) {
        throw stdout_closed();
    }
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
    if (const std::error_code ec = storage::replace_plain_file(temporary_, path_)) {
        throw tool_error(exit_storage, path_ + ": " + storage::describe_plain_file_error(ec));
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
