#include "app/ready_file.hpp"

#include "app/listen.hpp"
#include "storage/log/log_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace pawl::app {

namespace {

[[noreturn]] void refuse(const std::string& path, const char* what) {
    throw storage::refused(storage::refusal::usage, "--ready-file " + path + ": " + what + ": " + std::strerror(errno));
}

} // namespace

ready_file::ready_file(std::string path) : path_(std::move(path)) {
    if (!path_.empty() && ::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        refuse(path_, "what is there can't be removed");
    }
}

ready_file::~ready_file() {
    remove();
}

void ready_file::write(const std::string& line) {
    if (path_.empty()) {
        return;
    }
    const std::string fresh = path_ + "." + std::to_string(::getpid()) + ".tmp";
    const unique_fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    struct stat made{};
    if (!file || ::fstat(file.get(), &made) != 0) {
        refuse(path_, "can't be written");
    }
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::rename(fresh.c_str(), path_.c_str()) != 0) {
        ::unlink(fresh.c_str());
        refuse(path_, "can't be written");
    }
    device_ = made.st_dev;
    inode_ = made.st_ino;
    written_ = true;
}

void ready_file::remove() {
    struct stat there{};
    if (std::exchange(written_, false) && ::stat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
        there.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

} // namespace pawl::app
