#include "storage/plain_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace pawl::storage {
namespace {

constexpr std::errc not_plain = std::errc::operation_not_supported;

std::error_code last_error() {
    return {errno, std::system_category()};
}

} // namespace

std::error_code check_plain_or_absent(const std::string& path) {
    struct stat st{};
    if (::lstat(path.c_str(), &st) != 0) {
        return errno == ENOENT ? std::error_code{} : last_error();
    }
    return S_ISREG(st.st_mode) ? std::error_code{} : std::make_error_code(not_plain);
}

std::error_code remove_plain_file(const std::string& path) {
    if (const std::error_code ec = check_plain_or_absent(path)) {
        return ec;
    }
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? std::error_code{} : last_error();
}

unique_fd make_temporary_file(const std::string& path, std::error_code& ec) {
    ec = remove_plain_file(path);
    if (ec) {
        return {};
    }
    unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    ec = file && ::fchmod(file.get(), S_IRUSR | S_IWUSR) == 0 ? std::error_code{} : last_error();
    if (file && ec) {
        ::unlink(path.c_str());
        return {};
    }
    return file;
}

std::error_code replace_plain_file(const std::string& from, const std::string& to) {
    if (const std::error_code ec = check_plain_or_absent(to)) {
        return ec;
    }
    return std::rename(from.c_str(), to.c_str()) == 0 ? std::error_code{} : last_error();
}

std::string read_plain_file(const std::string& path, std::size_t size_max, std::error_code& ec) {
    const unique_fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat st{};
    ec = file && ::fstat(file.get(), &st) == 0 ? std::error_code{} : last_error();
    if (!ec && !S_ISREG(st.st_mode)) {
        ec = std::make_error_code(not_plain);
    }
    std::string text;
    constexpr std::size_t piece = 65536;
    while (!ec) {
        const std::size_t had = text.size();
        text.resize(had + piece);
        const ssize_t n = ::read(file.get(), text.data() + had, piece);
        const bool failed = n < 0 && errno != EINTR;
        ec = failed ? last_error() : std::error_code{};
        text.resize(had + static_cast<std::size_t>(n < 0 ? 0 : n));
        if (n == 0) {
            return text;
        }
        if (text.size() > size_max) {
            ec = std::make_error_code(std::errc::file_too_large);
        }
    }
    return {};
}

std::string describe_plain_file_error(const std::error_code& ec) {
    return ec == not_plain ? "it is no regular file" : ec.message();
}

} // namespace pawl::storage
