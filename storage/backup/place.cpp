#include "storage/backup/place.hpp"

#include "storage/exit_code.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <system_error>

namespace pawl::storage {
namespace {

std::error_code last_error() {
    return {errno, std::system_category()};
}

bool is_link(const std::string& path) {
    struct stat st{};
    return ::lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode);
}

// A relative target is one beside the link.
std::string followed_once(const std::string& path) {
    if (!is_link(path)) {
        return path;
    }
    std::array<char, PATH_MAX> text{};
    const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
    if (size <= 0 || static_cast<std::size_t>(size) == text.size()) {
        throw refused(exit_code::usage, path + ": the link cannot be read: " + last_error().message());
    }
    const std::string target(text.data(), static_cast<std::size_t>(size));
    std::string real = without_slashes(target.front() == '/' ? target : parent_of(path) + "/" + target);
    if (is_link(real)) {
        throw refused(exit_code::usage,
                      path + " is a symbolic link to another one, " + real + ": name the directory itself");
    }
    return real;
}

bool is_empty(const std::string& path, const kept_entries& kept, place_way way) {
    DIR* const stream = ::opendir(path.c_str());
    if (stream == nullptr) {
        throw refused(exit_code::storage_failed, path + ": cannot be listed: " + last_error().message());
    }
    bool empty = true;
    while (const dirent* const entry = ::readdir(stream)) {
        const std::string_view name = static_cast<const char*>(entry->d_name);
        const bool stays = way == place_way::within && stays_in_swap(name, kept);
        empty = empty && (name == "." || name == ".." || stays);
    }
    ::closedir(stream);
    return empty;
}

} // namespace

std::string without_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') {
        path.pop_back();
    }
    return path;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

bool is_mount_point(const std::string& path) {
    struct statx of{};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &of) != 0) {
        return false;
    }
    if ((of.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
        return (of.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    }
    struct stat here{}, above{};
    return ::stat(path.c_str(), &here) == 0 && ::stat((path + "/..").c_str(), &above) == 0 &&
           (here.st_dev != above.st_dev || here.st_ino == above.st_ino);
}

place look_at_place(const std::string& path) {
    place out;
    out.path = followed_once(without_slashes(path));
    struct stat here{}, above{};
    out.facts.exists = ::lstat(out.path.c_str(), &here) == 0;
    if (!out.facts.exists) {
        return out;
    }
    if (!S_ISDIR(here.st_mode)) {
        throw refused(exit_code::usage, out.path + " is there already, and is no directory");
    }
    const std::string parent = parent_of(out.path);
    out.facts.is_mount_point = is_mount_point(out.path);
    out.facts.parent_is_writable = ::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
    const uid_t self = ::geteuid();
    out.facts.name_is_held = self != 0 && ::stat(parent.c_str(), &above) == 0 && (above.st_mode & S_ISVTX) != 0 &&
                             above.st_uid != self && here.st_uid != self;
    out.way = way_to_place(out.facts);
    out.is_empty = is_empty(out.path, {.is_mount_root = out.facts.is_mount_point}, out.way);
    return out;
}

} // namespace pawl::storage
