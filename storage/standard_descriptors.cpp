#include "storage/standard_descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

namespace pawl::storage {
namespace {

constexpr unsigned null_major = 1, null_minor = 3; // of Linux's /dev/null

bool is_open(int fd) noexcept {
    return ::fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

// The lowest free descriptor; below 0 where that name is no null device.
int open_null(int flags) noexcept {
    const int fd = ::open("/dev/null", flags | O_NOFOLLOW);
    struct stat st{};
    if (fd >= 0 && (::fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(null_major, null_minor))) {
        ::close(fd);
        return -1;
    }
    return fd;
}

} // namespace

bool fill_standard_descriptors() noexcept {
    for (int wanted = STDIN_FILENO; wanted <= STDERR_FILENO; ++wanted) {
        if (is_open(wanted)) {
            continue;
        }
        int got = open_null(wanted == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (got < 0) {
            got = ::open("/", O_PATH | O_DIRECTORY);
        }
        if (got != wanted) { // those below are open, so it is this number or none
            return false;
        }
    }
    return true;
}

} // namespace pawl::storage
