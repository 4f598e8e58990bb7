// Listening sockets: TCP, Unix, and those a service manager hands over.
#pragma once

#include "core/family/family.hpp"
#include "storage/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::app {

using storage::unique_fd;

// One listen address, bound. One descriptor per io thread where the kernel shares accepting (SO_REUSEPORT), else one.
struct bound_listener {
    std::vector<unique_fd> descriptors;
    std::string url;       // "http://127.0.0.1:41231", "unix:/run/pawl.sock"
    std::string host;      // as it stands in a Host header, without port; empty for Unix sockets
    std::string unix_path; // to be removed at the end; empty where it isn't ours
    dev_t device = 0;      // of that path: what another process put there since is not removed
    ino_t inode = 0;
    bool is_listening = false; // handed over: listen(2) was called
    bool is_admin = false;     // who connects may administer, without a bearer: peers are checked
};

// Binds "host:port", "[v6]:port" or "unix:/path" (mode `unix_mode`; a socket file nobody listens on is replaced).
// "localhost" is 127.0.0.1, or ::1 where the host has no IPv4 loopback. `[::]` takes IPv4, too, unless `v6_only`.
// Throws listen_error.
bound_listener bind_listener(std::string_view address, unsigned threads, unsigned unix_mode, bool v6_only);

// Binds a Unix socket for administration, 0600, relative paths allowed; whoever made a file that is there, it is
// replaced where it is a socket that nobody listens on. Throws listen_error.
bound_listener bind_admin_socket(const std::string& path);
// False where the path is too long for a socket's name.
bool fits_socket_name(std::string_view path);
// Whether a peer of this uid may administer: the server's own user, and root.
constexpr bool may_administer(uid_t peer, uid_t own) {
    return peer == own || peer == 0;
}
// The same of a connected Unix socket's peer (SO_PEERCRED).
bool peer_may_administer(int fd);

// The sockets of LISTEN_FDS, if they are for this process; takes the variables out of the environment. Throws
// listen_error for one that is no listening stream socket.
std::vector<bound_listener> take_activated_listeners();

// listen(2) on every descriptor. Throws listen_error.
void start_listening(bound_listener& listener);

// Removes the socket file if it is still the one that was bound.
void remove_socket_file(const bound_listener& listener);

// The address of an accepted peer; all zero for Unix sockets.
peer_address peer_of(const sockaddr_storage& address);

} // namespace pawl::app
