#include "app/process/sandbox.hpp"

#include "storage/unique_fd.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace pawl::app {

namespace {

// Of kernels newer than Debian 12's headers: ABI 3, 5 and 6.
constexpr std::uint64_t access_truncate = 1ULL << 14;
constexpr std::uint64_t access_device_ioctl = 1ULL << 15;
constexpr std::uint64_t scope_abstract_sockets = 1ULL << 0;
constexpr std::uint64_t scope_signals = 1ULL << 1;

struct ruleset_attributes { // landlock_ruleset_attr as of ABI 6
    std::uint64_t files = 0, network = 0, scopes = 0;
};

constexpr std::uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | access_truncate | access_device_ioctl;
constexpr std::uint64_t to_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t to_write = to_read | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                   LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | access_truncate;
constexpr std::uint64_t to_make_sockets = LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;

int landlock_version() {
    return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

bool manager_listens_on_abstract_socket() {
    const char* const path = std::getenv("NOTIFY_SOCKET");
    return path != nullptr && path[0] == '@';
}

// All that this ABI can take away.
ruleset_attributes everything(int version) {
    ruleset_attributes out;
    constexpr std::uint64_t first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; // ABI 1: bits 0 to 12
    out.files = first;
    if (version >= 2) {
        out.files |= LANDLOCK_ACCESS_FS_REFER;
    }
    if (version >= 3) {
        out.files |= access_truncate;
    }
    if (version >= 5) {
        out.files |= access_device_ioctl;
    }
    if (version >= 6) {
        out.scopes = scope_signals | (manager_listens_on_abstract_socket() ? 0 : scope_abstract_sockets);
    }
    return out;
}

// The size that a kernel of this version knows.
std::size_t attributes_size(int version) {
    return version >= 6 ? sizeof(ruleset_attributes) : version >= 4 ? 16 : 8;
}

// Empty or why not. A path that is not there needs no rule: it can't be made in reach either.
std::string allow(const storage::unique_fd& ruleset, const std::string& path, std::uint64_t access) {
    const storage::unique_fd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        return {};
    }
    landlock_path_beneath_attr rule{};
    rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & of_files;
    rule.parent_fd = file.get();
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        return path + ": " + std::strerror(errno);
    }
    return {};
}

} // namespace

sandbox_step restrict_files(const file_rules& rules) {
    sandbox_step out;
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr); // it reads its file at its first use
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        out.why = std::string("no_new_privs: ") + std::strerror(errno);
        return out;
    }
    out.version = landlock_version();
    if (out.version < 1) {
        out.version = 0;
        out.why = "this kernel has no Landlock";
        return out;
    }
    const ruleset_attributes all = everything(out.version);
    const storage::unique_fd ruleset(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, attributes_size(out.version), 0)));
    if (ruleset.get() < 0) {
        out.why = std::string("no ruleset: ") + std::strerror(errno);
        return out;
    }
    for (const auto& [paths, access] : {std::pair{&rules.read, to_read}, std::pair{&rules.write, to_write},
                                        std::pair{&rules.sockets, to_make_sockets}}) {
        for (const std::string& path : *paths) {
            if (out.why = allow(ruleset, path, access & all.files); !out.why.empty()) {
                return out;
            }
        }
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
        out.why = std::string("not enforced: ") + std::strerror(errno);
        return out;
    }
    out.applied = true;
    return out;
}

} // namespace pawl::app
