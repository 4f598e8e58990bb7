#include "app/process/secret_file.hpp"

#include "storage/exit_code.hpp"
#include "storage/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pawl::app {

namespace {

[[noreturn]] void refuse(std::string_view option, const std::string& path, const std::string& rule) {
    throw storage::refused(storage::exit_code::usage, std::string(option) + " " + path + ": " + rule);
}

} // namespace

secret_bytes read_secret_file(std::string_view option, const std::string& path, storage::group_access group) {
    const storage::unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        refuse(option, path, std::strerror(errno));
    }
    struct stat status{};
    secret_bytes text(secret_file_size_max + 1);
    const bool looked = ::fstat(file.get(), &status) == 0;
    const ssize_t n = ::read(file.get(), text.data(), text.size());
    if (!looked || n < 0) {
        refuse(option, path, "can't be read");
    }
    storage::access_facts facts{status.st_uid, ::geteuid(), status.st_mode};
    const std::size_t slash = path.rfind('/');
    facts.modes_stick = (status.st_mode & S_IRWXO) == 0 || group == storage::group_access::refused ||
                        storage::modes_stick_in(slash == std::string::npos ? "." : path.substr(0, slash));
    if (const std::string problem = storage::secret_problem(facts, group); !problem.empty()) {
        refuse(option, path, problem);
    }
    if (static_cast<std::size_t>(n) > secret_file_size_max) {
        refuse(option, path, "is too long for a secret");
    }
    text.resize(static_cast<std::size_t>(n));
    return text;
}

} // namespace pawl::app
