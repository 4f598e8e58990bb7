// Where a directory is to be made or replaced: what is there, and whether its name can be changed.
#pragma once

#include "storage/backup/content_swap.hpp"

#include <string>

namespace pawl::storage {

struct place {
    std::string path; // without slashes at its end; where it was a symbolic link, what that names
    place_facts facts;
    place_way way = place_way::beside;
    bool is_empty = true; // nothing is there, or only what stays in a swap
};
// A link is followed once. Throws refused(usage) if that is another link, or if what is there is no directory;
// refused(storage_failed) if it can't be listed.
place look_at_place(const std::string& path);

// Whether a file system begins at `path`, or the same one again (a bind mount). False if there is nothing.
bool is_mount_point(const std::string& path);

std::string without_slashes(std::string path);
// The directory that `path` is an entry of: "." if there is no slash.
std::string parent_of(const std::string& path);

} // namespace pawl::storage
