// Who may reach a directory or a file of secrets, by its owner and its mode. Pure but for what says otherwise.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace pawl::storage {

class file_system;

// Whether the group of a file may reach it: refused, but where the operator says that the group is theirs
// (--allow-group-read; volumes of Kubernetes with fsGroup).
enum class group_access : std::uint8_t { refused, allowed };

struct access_facts {
    uid_t owner = 0, self = 0; // of the file, and this process's
    mode_t mode = 0;
    // False where every file is as open as this, whatever mode it is made with (WSL's drvfs, SMB, FAT).
    bool modes_stick = true;
};

// Empty, or what is wrong with a data directory at `path`, for people. With `allowed` its group may do anything, root
// may own it, and where modes don't stick they say nothing.
std::string directory_problem(const std::string& path, const access_facts& facts, group_access group);
// The same of a file of secrets, by its mode alone. `tolerated`: bits that are no problem anyway.
std::string secret_problem(const access_facts& facts, group_access group, mode_t tolerated = 0);

// Whether a file that is made 0600 in this directory is 0600. Makes one and removes it; true where none can be made.
bool modes_stick_in(const std::string& directory);

// As open_posix_directory of log/file.hpp, with the group's access as said.
std::shared_ptr<file_system> open_posix_directory(const std::string& path, group_access group);

} // namespace pawl::storage
