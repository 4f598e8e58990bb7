#include "app/process/ready_file.hpp"

#include "storage/exit_code.hpp"
#include "storage/plain_file.hpp"
#include "storage/unique_fd.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace pawl::app {

namespace {

[[noreturn]] void refuse(const std::string& path, const char* what, const std::error_code& ec) {
    throw storage::refused(storage::exit_code::usage,
                           "--ready-file " + path + ": " + what + ": " + storage::describe_plain_file_error(ec));
}

} // namespace

ready_file::ready_file(std::string path) : path_(std::move(path)) {
    if (path_.empty()) {
        return;
    }
    if (const std::error_code ec = storage::remove_plain_file(path_)) {
        refuse(path_, "what is there can't be removed", ec);
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
    std::error_code ec;
    const storage::unique_fd file = storage::make_temporary_file(fresh, ec);
    if (ec) {
        refuse(path_, "can't be written", ec);
    }
    struct stat made{};
    const bool whole = ::fstat(file.get(), &made) == 0 &&
                       ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ec = whole ? storage::replace_plain_file(fresh, path_) : std::error_code(errno, std::system_category());
    if (ec) {
        ::unlink(fresh.c_str());
        refuse(path_, "can't be written", ec);
    }
    device_ = made.st_dev;
    inode_ = made.st_ino;
    written_ = true;
}

void ready_file::remove() {
    struct stat there{};
    if (std::exchange(written_, false) && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
        there.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

} // namespace pawl::app
