#include "storage/directory/key_file.hpp"

#include "core/secret.hpp"
#include "storage/directory/log_directory.hpp"
#include "storage/exit_code.hpp"
#include "storage/plain_file.hpp"
#include "storage/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace pawl::storage {

namespace {

using secret_text = std::vector<char, wiping_allocator<char>>;

// Wipes a text of secrets that had to be a std::string.
class wiped_at_end {
public:
    explicit wiped_at_end(std::string& text) : text_(text) {}
    wiped_at_end(const wiped_at_end&) = delete;
    wiped_at_end& operator=(const wiped_at_end&) = delete;
    ~wiped_at_end() { wipe(text_.data(), text_.size()); }

private:
    std::string& text_;
};

[[noreturn]] void refuse(const std::string& path, const std::string& rule) {
    throw refused(exit_code::wrong_key, "key file " + path + ": " + rule);
}

[[noreturn]] void refuse_errno(const std::string& path, const char* what, int error) {
    refuse(path, std::string(what) + ": " + std::generic_category().message(error));
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

// Empty where a file of these attributes may be a key file.
std::string attribute_problem(const struct stat& status, const key_file_options& options) {
    if (!S_ISREG(status.st_mode)) {
        return "not a regular file";
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return "owned by uid " + std::to_string(status.st_uid) + ", not by this process's (uid " +
               std::to_string(::geteuid()) + ") or root";
    }
    access_facts facts{status.st_uid, ::geteuid(), status.st_mode};
    facts.modes_stick = (status.st_mode & S_IRWXO) == 0 || options.group == group_access::refused ||
                        modes_stick_in(directory_of(options.path));
    const mode_t tolerated = options.is_credential ? S_IRGRP : 0U;
    if (std::string problem = secret_problem(facts, options.group, tolerated); !problem.empty()) {
        return problem;
    }
    if (status.st_size > static_cast<off_t>(key_file_size_max)) {
        return "over 256 KiB";
    }
    return {};
}

// std::nullopt if there is no such file. Attributes are those of the file that was opened, not of a name.
std::optional<secret_text> read_file(const key_file_options& options) {
    const std::string& path = options.path;
    const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); // not to hang on a FIFO
    if (!file) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        refuse_errno(path, "can't be opened", errno);
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        refuse_errno(path, "can't be examined", errno);
    }
    if (const std::string problem = attribute_problem(status, options); !problem.empty()) {
        refuse(path, problem);
    }
    secret_text text(key_file_size_max + 1); // one more, so that a file that grew meanwhile is seen to be too long
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            refuse_errno(path, "can't be read", errno);
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

void write_all(const std::string& path, int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = ::write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            refuse_errno(path, "can't be written", errno);
        }
        text.remove_prefix(static_cast<std::size_t>(put));
    }
}

// Where a symbolic link leads, so that what it names is replaced and not the link; the path itself where it leads
// nowhere.
std::string target_of(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr), std::free);
    return target ? std::string(target.get()) : path;
}

void sync_directory(const std::string& path) {
    const unique_fd directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) {
        refuse_errno(path, "its directory can't be synced", errno);
    }
}

// The temporary file, once it is made; gone at the end whatever happens, unless it became the real one.
class temporary_file {
public:
    explicit temporary_file(std::string path) : path_(std::move(path)) {}
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() {
        if (made_) {
            ::unlink(path_.c_str());
        }
    }
    const std::string& path() const { return path_; }
    // As make_temporary_file.
    unique_fd make(std::error_code& ec) {
        unique_fd file = make_temporary_file(path_, ec);
        made_ = !ec;
        return file;
    }
    void has_moved() noexcept { made_ = false; }

private:
    std::string path_;
    bool made_ = false;
};

// False where the name is taken.
bool put_in_free_place(const std::string& from, const std::string& path) {
    int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)) { // a file system without that flag
        result = ::link(from.c_str(), path.c_str());
    }
    if (result != 0 && errno != EEXIST) {
        refuse_errno(path, "can't be put in place", errno);
    }
    return result == 0;
}

std::string_view view(const secret_text& text) {
    return {text.data(), text.size()};
}

key_ring_ptr parse(const std::string& path, std::string_view text, const key_ring_options& options) {
    parsed_key_file parsed = parse_key_file(text, options);
    if (!parsed.ring) {
        refuse(path, parsed.error);
    }
    return parsed.ring;
}

} // namespace

bool write_key_file(const std::string& name, std::string_view text, bool replace) {
    const std::string path = replace ? target_of(name) : name;
    temporary_file temporary(path + ".tmp." + std::to_string(::getpid()));
    {
        std::error_code ec;
        const unique_fd file = temporary.make(ec);
        if (ec) {
            refuse(path, "can't be written: " + temporary.path() + ": " + describe_plain_file_error(ec));
        }
        write_all(path, file.get(), text);
        if (::fsync(file.get()) != 0) {
            refuse_errno(path, "can't be synced", errno);
        }
    }
    if (replace) {
        if (const std::error_code ec = replace_plain_file(temporary.path(), path)) {
            refuse(path, "can't be put in place: " + describe_plain_file_error(ec));
        }
        temporary.has_moved();
    } else if (!put_in_free_place(temporary.path(), path)) {
        return false;
    }
    sync_directory(path);
    return true;
}

opened_key_file open_key_file(const key_file_options& options, random_source& random, timestamp now) {
    opened_key_file opened;
    std::optional<secret_text> text = read_file(options);
    if (!text) {
        if (!options.may_create) {
            refuse(options.path, "missing, and the data directory was written under it: put it back, from where it was "
                                 "kept apart from the data");
        }
        std::string fresh = make_key_file(options.ring.algorithm, random, now);
        const wiped_at_end wiped(fresh);
        opened.created = write_key_file(options.path, fresh, false);
        text = read_file(options); // also where another process made it first
        if (!text) {
            refuse(options.path, "was removed while it was made");
        }
    }
    if (std::optional<std::string> changed = ensure_signing_key(view(*text), options.ring.algorithm, random, now)) {
        const wiped_at_end wiped(*changed);
        opened.ring = parse(options.path, *changed, options.ring); // before it replaces a good file
        write_key_file(options.path, *changed, true);
        opened.added_signing_key = true;
        return opened;
    }
    opened.ring = parse(options.path, view(*text), options.ring);
    return opened;
}

made_key_file::made_key_file(std::string path, bool created, std::string data_directory)
    : path_(std::move(path)), data_directory_(std::move(data_directory)), created_(created) {}

made_key_file::~made_key_file() {
    if (created_ && !log_directory::has_manifest(data_directory_)) {
        remove_plain_file(path_);
    }
}

key_ring_ptr read_key_file(const key_file_options& options) {
    const std::optional<secret_text> text = read_file(options);
    if (!text) {
        refuse(options.path, "missing");
    }
    return parse(options.path, view(*text), options.ring);
}

parsed_key_file reload_key_file(const key_file_options& options, const key_ring& current) {
    try {
        parsed_key_file parsed{read_key_file(options), {}};
        if (!constant_time_equal(parsed.ring->log_key, current.log_key)) {
            refuse(options.path, "the log key changed; the data was written under the one before");
        }
        return parsed;
    } catch (const refused& why) {
        return {nullptr, why.what()};
    }
}

edited_key_file edit_key_file(const key_file_options& options, const key_ring& current,
                              const std::function<key_file_edit(std::string_view text)>& edit) {
    const std::optional<secret_text> text = read_file(options);
    if (!text) {
        refuse(options.path, "missing");
    }
    const key_ring_ptr before = parse(options.path, view(*text), options.ring);
    if (!constant_time_equal(before->log_key, current.log_key)) {
        refuse(options.path, "the log key changed; the data was written under the one before");
    }
    key_file_edit wanted = edit(view(*text));
    const wiped_at_end wiped(wanted.text);
    if (wanted.problem != key_edit_problem::none) {
        return {nullptr, wanted.problem, {}};
    }
    if (wanted.text.empty()) {
        return {}; // nothing to do
    }
    edited_key_file done{parse(options.path, wanted.text, options.ring), key_edit_problem::none, wanted.about};
    write_key_file(options.path, wanted.text, true);
    return done;
}

stamped_key_file stamp_key_file(const key_file_options& options, timestamp now) {
    stamped_key_file done;
    try {
        const std::optional<secret_text> text = read_file(options);
        std::optional<std::string> changed = text ? stamp_next_keys(view(*text), now) : std::nullopt;
        if (changed) {
            const wiped_at_end wiped(*changed);
            done.ring = parse(options.path, *changed, options.ring);
            if (!options.is_credential) {
                write_key_file(options.path, *changed, true);
            }
        }
    } catch (const refused& why) {
        done.problem = why.what();
    }
    return done;
}

} // namespace pawl::storage
