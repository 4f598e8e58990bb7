#include "storage/backup/swap_run.hpp"

#include "storage/backup/place.hpp"
#include "storage/exit_code.hpp"
#include "storage/log/file.hpp"
#include "storage/plain_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace pawl::storage {
namespace {

constexpr char lock_file[] = "LOCK";
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::error_code error_of(int error) {
    return {error, std::system_category()};
}

// std::nullopt if there is no such directory.
std::optional<std::set<std::string>> entries_of(int parent, const std::string& name) {
    const int fd = ::openat(parent, name.c_str(), directory_flags | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        return std::nullopt;
    }
    DIR* const stream = fd < 0 ? nullptr : ::fdopendir(fd);
    if (stream == nullptr) {
        throw refused(exit_code::storage_failed, name + ": cannot be listed: " + error_of(errno).message());
    }
    std::set<std::string> out;
    while (const dirent* const entry = ::readdir(stream)) {
        const std::string one = static_cast<const char*>(entry->d_name);
        if (one != "." && one != "..") {
            out.insert(one);
        }
    }
    ::closedir(stream);
    return out;
}

bool is_there(int directory, const char* name) {
    struct stat st{};
    return ::fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int sync_entry(int parent, const char* name) {
    const unique_fd fd(::openat(parent, name, directory_flags | O_NOFOLLOW));
    return fd && ::fsync(fd.get()) == 0 ? 0 : errno;
}

// Never over what is there.
int move_entry(int from, const char* from_directory, int to, const char* to_directory, const std::string& name) {
    const unique_fd source(::openat(from, from_directory, directory_flags | O_NOFOLLOW));
    const unique_fd target(::openat(to, to_directory, directory_flags | O_NOFOLLOW));
    if (!source || !target) {
        return errno;
    }
    if (::renameat2(source.get(), name.c_str(), target.get(), name.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // This file system does not know the flag.
    if (is_there(target.get(), name.c_str())) {
        return EEXIST;
    }
    return ::renameat(source.get(), name.c_str(), target.get(), name.c_str()) == 0 ? 0 : errno;
}

[[noreturn]] void refuse_locked(const std::string& path, int lock) {
    char text[32] = {};
    long pid = 0;
    if (const ssize_t n = ::pread(lock, text, sizeof text - 1, 0); n > 0) {
        std::from_chars(text, text + n, pid);
    }
    throw refused(exit_code::locked, "directory " + path + " is in use by process " +
                                         (pid > 0 ? std::to_string(pid) : "(unknown)") + "; stop it first");
}

} // namespace

swap_directory::swap_directory(std::string path, std::function<void(const swap_step&)> before_step)
    : path_(without_slashes(std::move(path))), before_step_(std::move(before_step)),
      fd_(::open(path_.c_str(), directory_flags)) {
    if (!fd_) {
        throw refused(exit_code::usage, "directory " + path_ + ": cannot be opened: " + error_of(errno).message());
    }
    is_mount_root_ = is_mount_point(path_);
    lock_.reset(
        ::openat(fd_.get(), lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR));
    if (!lock_) {
        const bool no_room = is_no_space(error_of(errno));
        throw refused(no_room ? exit_code::storage_failed : exit_code::usage,
                      path_ + "/" + lock_file + ": cannot be created: " + error_of(errno).message());
    }
    if (const std::error_code ec = lock_patiently(lock_.get())) {
        if (ec == std::errc::resource_unavailable_try_again) {
            refuse_locked(path_, lock_.get());
        }
        throw refused(exit_code::usage, path_ + "/" + lock_file + ": cannot be locked: " + ec.message());
    }
    // For messages; without room for it the lock holds all the same.
    char text[32];
    const int n = std::snprintf(text, sizeof text, "%ld\n", static_cast<long>(::getpid()));
    const bool told =
        ::ftruncate(lock_.get(), 0) == 0 && ::pwrite(lock_.get(), text, static_cast<std::size_t>(n), 0) == n;
    static_cast<void>(told);
}

void swap_directory::fail(const std::string& what, int error) const {
    throw refused(exit_code::storage_failed, path_ + "/" + what + ": " + error_of(error).message());
}

swap_sight swap_directory::look() const {
    swap_sight out;
    out.here = entries_of(fd_.get(), ".").value_or(std::set<std::string>{});
    out.incoming = entries_of(fd_.get(), swap_incoming_name);
    out.has_journal = out.here.contains(swap_journal_name);
    if (!out.has_journal) {
        return out;
    }
    std::error_code ec;
    const std::string text = read_plain_file(path_ + "/" + swap_journal_name, swap_journal_size_max, ec);
    if (ec) {
        throw refused(exit_code::storage_failed,
                      path_ + "/" + swap_journal_name + ": cannot be read: " + describe_plain_file_error(ec));
    }
    out.journal = decode_swap_journal(text);
    if (out.journal && !out.journal->aside.empty()) {
        out.aside = entries_of(fd_.get(), out.journal->aside);
    }
    return out;
}

void swap_directory::write_journal(const swap_journal& journal) {
    const std::string text = encode_swap_journal(journal);
    const std::string temporary = path_ + "/" + swap_journal_temporary;
    std::error_code ec;
    const unique_fd file = make_temporary_file(temporary, ec);
    std::size_t written = 0;
    while (!ec && written < text.size()) {
        const ssize_t n = ::write(file.get(), text.data() + written, text.size() - written);
        ec = n < 0 && errno != EINTR ? error_of(errno) : std::error_code{};
        written += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    if (!ec && ::fsync(file.get()) != 0) {
        ec = error_of(errno);
    }
    if (!ec && ::renameat(fd_.get(), swap_journal_temporary, fd_.get(), swap_journal_name) != 0) {
        ec = error_of(errno);
    }
    if (ec) {
        ::unlinkat(fd_.get(), swap_journal_temporary, 0);
        fail(std::string(swap_journal_name) + ": cannot be written", ec.value());
    }
    begun_ = true; // it is seen by the next start, though a power cut could still lose it
    if (::fsync(fd_.get()) != 0) {
        fail(std::string(swap_journal_name) + ": cannot be synced", errno);
    }
}

int swap_directory::act(const swap_step& step, const swap_journal* journal) {
    const int here = fd_.get();
    const auto result = [](int returned) { return returned == 0 ? 0 : errno; };
    switch (step.act) {
    case swap_act::make_aside:
        return result(::mkdirat(here, journal->aside.c_str(), S_IRWXU));
    case swap_act::move_out:
        return move_entry(here, ".", here, journal->aside.c_str(), step.name);
    case swap_act::move_in:
        return move_entry(here, swap_incoming_name, here, ".", step.name);
    case swap_act::begin_in: {
        swap_journal next = *journal;
        next.phase = swap_phase::in;
        write_journal(next);
        return 0;
    }
    case swap_act::remove_of_incoming: {
        const unique_fd incoming(::openat(here, swap_incoming_name, directory_flags | O_NOFOLLOW));
        return incoming ? result(::unlinkat(incoming.get(), step.name.c_str(), 0)) : errno;
    }
    case swap_act::remove_incoming:
        return result(::unlinkat(here, swap_incoming_name, AT_REMOVEDIR));
    case swap_act::remove_temporary:
        return result(::unlinkat(here, swap_journal_temporary, 0));
    case swap_act::remove_journal:
        return result(::unlinkat(here, swap_journal_name, 0));
    case swap_act::sync_here:
        return result(::fsync(here));
    case swap_act::sync_aside:
        return sync_entry(here, journal->aside.c_str());
    case swap_act::sync_incoming:
        return sync_entry(here, swap_incoming_name);
    }
    return EINVAL;
}

void swap_directory::do_steps(const swap_plan& plan, const swap_journal* journal) {
    for (const swap_step& step : plan.steps) {
        if (before_step_) {
            before_step_(step);
        }
        if (const int error = act(step, journal)) {
            fail((step.name.empty() ? std::string(swap_journal_name) : step.name) +
                     ": the contents of this directory cannot be swapped; what is begun is finished by the next start "
                     "of pawld or pawlctl restore",
                 error);
        }
    }
}

swap_end swap_directory::settle() {
    const swap_sight seen = look();
    const swap_plan plan = plan_swap(seen);
    if (plan.end == swap_end::impossible) {
        const std::string aside = seen.journal && !seen.journal->aside.empty() ? seen.journal->aside : "replaced-N";
        throw refused(exit_code::corrupt, path_ + "/" + swap_journal_name +
                                              ": a restore was interrupted here and cannot be finished: " + plan.why +
                                              "; what was there is in " + aside + ", what was to come in is in " +
                                              swap_incoming_name);
    }
    do_steps(plan, seen.journal ? &*seen.journal : nullptr);
    return plan.end;
}

std::string swap_directory::make_incoming() {
    if (::mkdirat(fd_.get(), swap_incoming_name, S_IRWXU) != 0) {
        const std::error_code ec = error_of(errno);
        throw refused(is_no_space(ec) ? exit_code::storage_failed : exit_code::usage,
                      path_ + "/" + swap_incoming_name + ": cannot be created: " + ec.message());
    }
    return path_ + "/" + swap_incoming_name;
}

// Directories stay, since a store has none, and what is mounted on an entry, since it can't be renamed.
std::vector<std::string> swap_directory::contents() const {
    std::vector<std::string> out;
    for (const std::string& name : entries_of(fd_.get(), ".").value_or(std::set<std::string>{})) {
        struct stat st{};
        const bool goes = !stays_in_swap(name, {.is_mount_root = is_mount_root_}) &&
                          ::fstatat(fd_.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
                          !is_mount_point(path_ + "/" + name);
        if (goes) {
            out.push_back(name);
        }
    }
    return out;
}

void swap_directory::check_room_for(const std::vector<std::string>& in) const {
    const std::vector<std::string> out = contents();
    for (const std::string& name : in) {
        if (is_there(fd_.get(), name.c_str()) && !std::binary_search(out.begin(), out.end(), name)) {
            throw refused(exit_code::usage, path_ + "/" + name +
                                                " is a directory or is mounted there, and stands in the "
                                                "way of a file of that name");
        }
    }
}

std::string swap_directory::free_aside_name() const {
    for (unsigned number = 1; number <= swap_asides_max; ++number) {
        if (!is_there(fd_.get(), swap_aside_name(number).c_str())) {
            return swap_aside_name(number);
        }
    }
    throw refused(exit_code::usage, path_ + ": there are too many directories replaced-N in it; remove old ones");
}

std::string swap_directory::swap_in() {
    swap_journal journal;
    const std::set<std::string> incoming = entries_of(fd_.get(), swap_incoming_name).value_or(std::set<std::string>{});
    std::copy_if(incoming.begin(), incoming.end(), std::back_inserter(journal.in),
                 [](const std::string& name) { return !stays_in_swap(name, {}); });
    check_room_for(journal.in);
    journal.out = contents();
    journal.aside = journal.out.empty() ? std::string() : free_aside_name();
    if (journal.in.size() > swap_names_max || journal.out.size() > swap_names_max ||
        encode_swap_journal(journal).size() > swap_journal_size_max) {
        throw refused(exit_code::usage, path_ + ": there are too many files in it");
    }
    // The incoming directory must be there after a power cut before the journal is.
    if (::fsync(fd_.get()) != 0) {
        fail(".", errno);
    }
    write_journal(journal);
    settle();
    return journal.aside.empty() ? std::string() : path_ + "/" + journal.aside;
}

bool has_unfinished_swap(const std::string& directory) {
    struct stat st{};
    return ::lstat((without_slashes(directory) + "/" + swap_journal_name).c_str(), &st) == 0 ||
           ::lstat((without_slashes(directory) + "/" + swap_incoming_name).c_str(), &st) == 0;
}

swap_end settle_swap(const std::string& directory) {
    return has_unfinished_swap(directory) ? swap_directory(directory).settle() : swap_end::nothing;
}

} // namespace pawl::storage
