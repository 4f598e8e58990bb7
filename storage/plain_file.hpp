// What is looked at before a path is removed or replaced: only a regular file may go. A device, a socket, a FIFO or a
// link at such a path is somebody's, and an option that names it by mistake must not cost it.
#pragma once

#include "storage/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <system_error>

namespace pawl::storage {

// No error where `path` is a regular file or is not there. Links are not followed.
// std::errc::operation_not_supported: something else is there.
std::error_code check_plain_or_absent(const std::string& path);

// Removes the regular file `path`; no error where there is none. Otherwise as check_plain_or_absent.
std::error_code remove_plain_file(const std::string& path);

// Makes `path`, to be renamed later: a new file of this user, mode 0600, write only. A regular file that an interrupted
// run left there is removed first. A file of another user is never written to: where one appears meanwhile, an error.
unique_fd make_temporary_file(const std::string& path, std::error_code& ec);

// Renames `from` over the regular file `to`, or to that free name. Otherwise as check_plain_or_absent.
std::error_code replace_plain_file(const std::string& from, const std::string& to);

// The whole of a regular file, through links. std::errc::operation_not_supported where it is none (a FIFO is not waited
// for), std::errc::file_too_large where it is longer than `size_max`.
std::string read_plain_file(const std::string& path, std::size_t size_max, std::error_code& ec);

// For people: the system's word, or that `path` is no regular file.
std::string describe_plain_file_error(const std::error_code& ec);

} // namespace pawl::storage
