#include "tools/owner.hpp"

#include "tools/program.hpp"

#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace pawl::tools {

namespace {

std::optional<struct stat> of_another_than_root(const std::string& directory) {
    struct stat there{};
    if (::geteuid() != 0 || ::stat(directory.c_str(), &there) != 0 || there.st_uid == 0) {
        return std::nullopt;
    }
    return there;
}

[[noreturn]] void fail(const std::string& directory, uid_t owner) {
    throw tool_error(exit_refused, directory + " belongs to user " + std::to_string(owner) +
                                       ", whom this process can't become (" + std::generic_category().message(errno) +
                                       "): run this as that user");
}

// With the bit a user id other than 0 takes none of root's rights away. Where that is refused the owner's own rights
// may be enough.
void set_rights_kept(bool kept) {
    const int bits = ::prctl(PR_GET_SECUREBITS);
    if (bits >= 0) {
        constexpr unsigned long bit = SECBIT_NO_SETUID_FIXUP;
        const auto others = static_cast<unsigned long>(bits) & ~bit;
        ::prctl(PR_SET_SECUREBITS, kept ? others | bit : others);
    }
}

} // namespace

void become_owner_of(const std::string& directory) {
    const auto there = of_another_than_root(directory);
    if (there && (::setgroups(0, nullptr) != 0 || ::setgid(there->st_gid) != 0 || ::setuid(there->st_uid) != 0)) {
        fail(directory, there->st_uid);
    }
}

owner_of::owner_of(const std::string& directory) : group_(::getegid()) {
    const auto there = of_another_than_root(directory);
    if (!there) {
        return;
    }
    set_rights_kept(true);
    if (::setegid(there->st_gid) != 0 || ::seteuid(there->st_uid) != 0) {
        fail(directory, there->st_uid);
    }
    changed_ = true;
}

owner_of::~owner_of() {
    if (!changed_) {
        return;
    }
    if (::seteuid(0) != 0 || ::setegid(group_) != 0) {
        std::abort(); // it came from there, and keeps the right to go back
    }
    set_rights_kept(false);
}

} // namespace pawl::tools
