// Root, and a data directory that belongs to the server's user: what root made there itself the server could not open,
// and a key file of another user is refused. So a tool that root runs takes the owner's place.
//
// To be used before the first thread: user ids are the process's. Nothing happens where this process is not root's,
// where there is no such directory, and where it is root's, too.
#pragma once

#include <sys/types.h>

#include <string>

namespace pawl::tools {

// This process is the owner from now on and has no more rights, so that nothing in the directory leads it elsewhere.
// Throws tool_error.
void become_owner_of(const std::string& directory);

// As long as it lives this process has the owner's id and root's rights: root reads what is his, also below
// /var/lib/private, and what it makes is his. Throws tool_error.
class owner_of {
public:
    explicit owner_of(const std::string& directory);
    ~owner_of();
    owner_of(const owner_of&) = delete;
    owner_of& operator=(const owner_of&) = delete;

    // Until the process ends.
    void keep() { changed_ = false; }

private:
    gid_t group_ = 0;
    bool changed_ = false;
};

} // namespace pawl::tools
