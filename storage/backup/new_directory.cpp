#include "storage/backup/new_directory.hpp"

#include "storage/backup/place.hpp"
#include "storage/exit_code.hpp"

#include <sodium/crypto_hash_sha256.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace pawl::storage {
namespace {

constexpr std::size_t piece = 1U << 20U;

std::error_code last_error() {
    return {errno, std::system_category()};
}

[[noreturn]] void fail(const std::string& path, const std::string& what, const std::error_code& ec) {
    throw refused(exit_code::storage_failed, path + ": " + what + ": " + ec.message());
}

bool is_there(const std::string& path) {
    struct stat st{};
    return ::lstat(path.c_str(), &st) == 0;
}

void sync_parent(const std::string& path) {
    const std::string parent = parent_of(path);
    const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const std::error_code ec = last_error();
    if (fd >= 0) {
        ::close(fd);
    }
    if (!synced) {
        fail(parent, "cannot be synced", ec);
    }
}

} // namespace

std::string to_hex(bytes_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 0xFU];
    }
    return out;
}

new_directory::new_directory(std::string path, present what) : present_(what) {
    place where = look_at_place(path);
    path_ = where.path;
    const auto refuse_occupied = [&] {
        if (!where.is_empty && present_ == present::refused) {
            throw refused(exit_code::usage, path_ + " is not empty");
        }
    };
    if (!has_unfinished_swap(path_)) {
        refuse_occupied(); // before anything is written there, a lock among it
    }
    if (where.way == place_way::within) {
        within_.emplace(path_);
        within_->settle();
    } else {
        settle_swap(path_); // it was a place of the other kind when that was begun
    }
    where = look_at_place(path_);
    refuse_occupied();
    if (!where.is_empty && !within_) {
        guard_.emplace(path_);
    }
    make_partial();
}

void new_directory::make_partial() {
    if (within_) {
        partial_ = within_->make_incoming();
    } else {
        partial_ = path_ + ".partial-" + std::to_string(::getpid());
        if (::mkdir(partial_.c_str(), 0700) != 0) {
            const std::error_code ec = last_error();
            const bool full = is_no_space(ec);
            throw refused(full ? exit_code::storage_failed : exit_code::usage,
                          partial_ + ": cannot be created: " + ec.message() +
                              (full ? "; make room there" : "; name a place where this user may make it"));
        }
    }
    try {
        files_ = open_posix_directory(partial_);
    } catch (...) {
        ::rmdir(partial_.c_str());
        throw;
    }
}

new_directory::~new_directory() {
    if (committed_) {
        return;
    }
    std::error_code ec;
    for (const std::string& name : files_->list(ec)) {
        files_->remove(name);
    }
    ::rmdir(partial_.c_str());
}

void new_directory::write(const std::string& name, bytes_view content) {
    if (const std::error_code ec = replace_file(*files_, name, content)) {
        fail(partial_ + "/" + name, "cannot be written", ec);
    }
}

std::uint64_t new_directory::copy(file_system& from, const std::string& name,
                                  const std::function<void(std::uint64_t)>& step) {
    std::error_code ec;
    const std::unique_ptr<file> in = from.open(name, open_mode::read, ec);
    if (ec) {
        fail(from.path() + "/" + name, "cannot be read", ec);
    }
    const std::unique_ptr<file> out = files_->open(name, open_mode::create, ec);
    if (ec) {
        fail(partial_ + "/" + name, "cannot be written", ec);
    }
    aligned_buffer buffer;
    buffer.resize(piece);
    std::uint64_t at = 0;
    for (;;) {
        const std::size_t n = read_fully(*in, at, buffer.span(), ec);
        if (ec) {
            fail(from.path() + "/" + name, "offset " + std::to_string(at) + ": cannot be read", ec);
        }
        if (n == 0) {
            break;
        }
        ec = write_fully(*out, at, buffer.view().first(n));
        if (ec) {
            fail(partial_ + "/" + name, "cannot be written", ec);
        }
        at += n;
        step(n);
    }
    ec = out->sync_all();
    if (ec) {
        fail(partial_ + "/" + name, "cannot be synced", ec);
    }
    return at;
}

sha256_digest new_directory::sum_of(const std::string& name) {
    std::uint64_t size = 0;
    return sha256_of(*files_, name, size);
}

std::string new_directory::commit() {
    if (const std::error_code ec = files_->sync_directory()) {
        fail(partial_, "cannot be synced", ec);
    }
    if (within_) {
        try {
            std::string aside = within_->swap_in();
            committed_ = true;
            return aside;
        } catch (...) {
            committed_ = within_->is_begun(); // then the next start finishes it
            throw;
        }
    }
    std::string aside;
    if (!look_at_place(path_).is_empty) {
        if (present_ == present::refused) {
            throw refused(exit_code::usage, path_ + " is not empty");
        }
        unsigned number = 1;
        do {
            aside = path_ + ".replaced-" + std::to_string(number++);
        } while (is_there(aside));
        // Both names at once where the file system can: at no time is there no directory.
        if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
            committed_ = true;
            if (::rename(partial_.c_str(), aside.c_str()) != 0) {
                fail(partial_, "what was replaced cannot be renamed", last_error());
            }
            sync_parent(path_);
            return aside;
        }
        if (::rename(path_.c_str(), aside.c_str()) != 0) {
            fail(path_, "cannot be renamed", last_error());
        }
    }
    if (::rename(partial_.c_str(), path_.c_str()) != 0) {
        fail(partial_, "cannot be renamed to " + path_, last_error());
    }
    committed_ = true;
    sync_parent(path_);
    return aside;
}

void refuse_within(const std::string& path, const std::string& directory, const char* what) {
    std::error_code ec;
    const std::filesystem::path outer = std::filesystem::weakly_canonical(without_slashes(directory), ec);
    const std::filesystem::path inner =
        ec ? std::filesystem::path() : std::filesystem::weakly_canonical(without_slashes(path), ec);
    if (ec) {
        fail(path, "cannot be found out where it lies", ec);
    }
    const auto [rest, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    if (rest == outer.end()) {
        throw refused(exit_code::usage, path + " lies within " + directory + ": " + what +
                                            " belongs to another place, best on another disk");
    }
}

sha256_digest sha256_of(file_system& files, const std::string& name, std::uint64_t& size) {
    std::error_code ec;
    const std::unique_ptr<file> f = files.open(name, open_mode::read_direct, ec);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    aligned_buffer buffer;
    buffer.resize(piece);
    size = 0;
    while (!ec) {
        const std::size_t n = f->read_some(size, buffer.span(), ec);
        if (ec == std::errc::interrupted) {
            ec.clear();
            continue;
        }
        if (ec || n == 0) {
            break;
        }
        crypto_hash_sha256_update(&state, buffer.data(), n);
        size += n;
        if (n % aligned_buffer::alignment != 0) {
            break; // the end: direct I/O goes on from whole blocks only
        }
    }
    if (ec) {
        fail(files.path() + "/" + name, "cannot be read", ec);
    }
    sha256_digest digest{};
    crypto_hash_sha256_final(&state, digest.data());
    return digest;
}

} // namespace pawl::storage
