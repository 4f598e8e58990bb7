#include "storage/access.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace pawl::storage {

namespace {

constexpr std::string_view opt_in = "where that is meant, as on a volume with fsGroup, start with --allow-group-read";

std::string octal(mode_t mode) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777U));
    return text;
}

} // namespace

std::string directory_problem(const std::string& path, const access_facts& facts, group_access group) {
    const bool allowed = group == group_access::allowed;
    if (facts.owner != facts.self && !(allowed && facts.owner == 0)) {
        const std::string line = "belongs to user " + std::to_string(facts.owner) + ", but this process runs as user " +
                                 std::to_string(facts.self);
        return facts.owner == 0 ? line + "; " + std::string(opt_in) : line;
    }
    if ((facts.mode & S_IRWXO) != 0 && !(allowed && !facts.modes_stick)) {
        const std::string line = "is open to group or others (mode " + octal(facts.mode) + "); ";
        return facts.modes_stick ? line + "run: chmod 700 " + path
                                 : line + "its file system keeps no modes: start with --allow-group-read";
    }
    if ((facts.mode & S_IRWXG) != 0 && !allowed) {
        return "is open to group or others (mode " + octal(facts.mode) + "); run: chmod 700 " + path + "; " +
               std::string(opt_in);
    }
    return {};
}

std::string secret_problem(const access_facts& facts, group_access group, mode_t tolerated) {
    const bool allowed = group == group_access::allowed;
    const mode_t open = facts.mode & (S_IRWXG | S_IRWXO) & ~tolerated;
    if ((open & S_IRWXO) != 0 && !(allowed && !facts.modes_stick)) {
        return "others may access it: chmod 600";
    }
    if (open != 0 && !allowed) {
        return "others may access it: chmod 600; " + std::string(opt_in);
    }
    return {};
}

bool modes_stick_in(const std::string& directory) {
    const std::string name = directory + "/.mode-" + std::to_string(::getpid());
    const int fd = ::open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return true;
    }
    struct stat status{};
    const bool seen = ::fstat(fd, &status) == 0;
    ::close(fd);
    ::unlink(name.c_str());
    return !seen || (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

} // namespace pawl::storage
