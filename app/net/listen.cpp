#include "app/net/listen.hpp"

#include "app/http/limits.hpp"
#include "app/net/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace pawl::app {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr int activated_first = 3; // SD_LISTEN_FDS_START

[[noreturn]] void fail(std::string_view address, std::string_view why) {
    throw listen_error("listen " + std::string(address) + ": " + std::string(why));
}

[[noreturn]] void fail_errno(std::string_view address, std::string_view what, int error) {
    fail(address, std::string(what) + ": " + std::strerror(error));
}

[[noreturn]] void fail_to_bind(std::string_view address, int error) {
    const std::string_view do_this =
        error == EADDRINUSE      ? "; stop what listens there, or name another port with --listen"
        : error == EADDRNOTAVAIL ? "; this machine has no such address: name one of its own with --listen"
        : error == EACCES        ? "; a port below 1024 takes a privilege: name another one with --listen"
                                 : "";
    fail(address, "bind: " + std::string(std::strerror(error)) + std::string(do_this));
}

struct socket_address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    int family() const { return storage.ss_family; }
};

template <class T>
socket_address to_socket_address(const T& a) {
    socket_address out;
    std::memcpy(&out.storage, &a, sizeof a);
    out.size = sizeof a;
    return out;
}

socket_address parse_tcp(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        fail(text, "no port; want host:port, [v6]:port or unix:/path");
    }
    const std::string_view digits = text.substr(colon + 1);
    unsigned port = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, port);
    if (digits.empty() || error != std::errc() || end != last || port > 65535) {
        fail(text, "the port is not a number from 0 to 65535");
    }
    const std::string host(text.substr(0, colon));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        sockaddr_in6 a{};
        a.sin6_family = AF_INET6;
        a.sin6_port = htons(static_cast<std::uint16_t>(port));
        if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &a.sin6_addr) == 1) {
            return to_socket_address(a);
        }
    } else {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(static_cast<std::uint16_t>(port));
        if (inet_pton(AF_INET, host.c_str(), &a.sin_addr) == 1) {
            return to_socket_address(a);
        }
    }
    fail(text, "not an address; names other than localhost are not looked up");
}

socket_address bound_address(int fd) {
    socket_address a;
    a.size = sizeof a.storage;
    getsockname(fd, a.get(), &a.size);
    return a;
}

// Host and port as a URL has them, of a TCP address.
std::pair<std::string, unsigned> host_and_port(const socket_address& a) {
    char text[INET6_ADDRSTRLEN] = {};
    if (a.family() == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &a.storage, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        return {"[" + std::string(text) + "]", ntohs(v6.sin6_port)};
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &a.storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
}

void set_option(int fd, int level, int name, int value) {
    setsockopt(fd, level, name, &value, sizeof value);
}

unique_fd open_tcp(std::string_view text, const socket_address& a, bool v6_only) {
    unique_fd fd(socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
        fail_errno(text, "socket", errno);
    }
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (a.family() == AF_INET6) {
        set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, v6_only ? 1 : 0);
    }
    return fd;
}

// Whether this host has the address: 127.0.0.1 is missing where there is only IPv6.
bool is_here(std::string_view with_any_port) {
    const socket_address a = parse_tcp(with_any_port);
    const unique_fd fd(socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    return fd && ::bind(fd.get(), a.get(), a.size) == 0;
}

// "localhost" as an address of this host: ::1 only where there is no 127.0.0.1.
std::string without_name(std::string_view text) {
    constexpr std::string_view localhost = "localhost:";
    if (!text.starts_with(localhost)) {
        return std::string(text);
    }
    const bool only_v6 = !is_here("127.0.0.1:0") && is_here("[::1]:0");
    return (only_v6 ? "[::1]:" : "127.0.0.1:") + std::string(text.substr(localhost.size()));
}

bound_listener bind_tcp(std::string_view name, unsigned threads, bool v6_only) {
    const std::string text = without_name(name);
    socket_address a = parse_tcp(text);
    bound_listener out;
    unique_fd first = open_tcp(text, a, v6_only);
    if (::bind(first.get(), a.get(), a.size) != 0) {
        fail_to_bind(text, errno);
    }
    // Sharing is allowed only now: with it at the first bind, a second server on this port would not be told that the
    // address is in use, and would be given half of our connections.
    set_option(first.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    a = bound_address(first.get()); // the port that 0 became
    out.descriptors.push_back(std::move(first));
    while (out.descriptors.size() < threads) {
        unique_fd more = open_tcp(text, a, v6_only);
        set_option(more.get(), SOL_SOCKET, SO_REUSEPORT, 1);
        if (::bind(more.get(), a.get(), a.size) != 0) {
            out.descriptors.resize(1); // no sharing here: one accepts for all
            break;
        }
        out.descriptors.push_back(std::move(more));
    }
    const auto [host, port] = host_and_port(a);
    out.host = host;
    out.url = "http://" + host + ":" + std::to_string(port);
    return out;
}

// True when somebody accepts on the socket file.
bool is_alive(const sockaddr_un& a, socklen_t size) {
    const unique_fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return connect(probe.get(), reinterpret_cast<const sockaddr*>(&a), size) == 0 || errno != ECONNREFUSED;
}

bound_listener bind_socket_file(std::string_view text, const std::string& path, unsigned mode) {
    sockaddr_un a{};
    if (path.empty() || !fits_socket_name(path)) {
        fail(text, "want a path of at most " + std::to_string(sizeof a.sun_path - 1) + " bytes");
    }
    a.sun_family = AF_UNIX;
    std::memcpy(a.sun_path, path.c_str(), path.size() + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    struct stat there{};
    if (lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) {
            fail(text, "the file exists and is no socket");
        }
        if (is_alive(a, size)) {
            fail(text, "another process listens there");
        }
        unlink(path.c_str());
    }
    unique_fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
        fail_errno(text, "socket", errno);
    }
    fchmod(fd.get(), mode); // before bind: on Linux the file is made with it, so that it never has a wider one
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), size) != 0) {
        fail_errno(text, "bind", errno);
    }
    if (chmod(path.c_str(), mode) != 0) { // what the umask took away
        fail_errno(text, "chmod", errno);
    }
    bound_listener out;
    if (lstat(path.c_str(), &there) == 0) {
        out.device = there.st_dev;
        out.inode = there.st_ino;
    }
    out.unix_path = path;
    out.url = std::string(unix_prefix) + path;
    out.descriptors.push_back(std::move(fd));
    return out;
}

bound_listener bind_unix(std::string_view text, unsigned mode) {
    const std::string path(text.substr(unix_prefix.size()));
    if (!path.starts_with('/')) {
        fail(text, "want an absolute path");
    }
    return bind_socket_file(text, path, mode);
}

int socket_option(int fd, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bound_listener adopt(int fd) {
    const std::string name = "descriptor " + std::to_string(fd);
    bound_listener out;
    out.descriptors.emplace_back(fd);
    if (socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1) {
        fail(name, "handed over, but no listening stream socket");
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    out.is_listening = true;
    const socket_address a = bound_address(fd);
    if (a.family() == AF_UNIX) {
        sockaddr_un u{};
        std::memcpy(&u, &a.storage, sizeof u);
        out.url = std::string(unix_prefix) + std::string(u.sun_path, strnlen(u.sun_path, sizeof u.sun_path));
    } else if (a.family() == AF_INET || a.family() == AF_INET6) {
        const auto [host, port] = host_and_port(a);
        out.host = host;
        out.url = "http://" + host + ":" + std::to_string(port);
    } else {
        fail(name, "handed over, but neither TCP nor a Unix socket");
    }
    return out;
}

} // namespace

bound_listener bind_listener(std::string_view address, unsigned threads, unsigned unix_mode, bool v6_only) {
    return address.starts_with(unix_prefix) ? bind_unix(address, unix_mode) : bind_tcp(address, threads, v6_only);
}

bound_listener bind_admin_socket(const std::string& path) {
    constexpr unsigned owner_only = 0600;
    bound_listener out = bind_socket_file("admin socket " + path, path, owner_only);
    out.is_admin = true;
    return out;
}

bool fits_socket_name(std::string_view path) {
    return path.size() < sizeof(sockaddr_un::sun_path);
}

bool peer_may_administer(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && may_administer(peer.uid, geteuid());
}

std::vector<bound_listener> take_activated_listeners() {
    const char* const pid = std::getenv("LISTEN_PID");
    const char* const count = std::getenv("LISTEN_FDS");
    std::vector<bound_listener> out;
    if (pid != nullptr && count != nullptr && std::to_string(getpid()) == pid) {
        constexpr long descriptors_max = 64;
        const long n = std::strtol(count, nullptr, 10);
        if (n < 0 || n > descriptors_max) {
            fail("LISTEN_FDS", "not a sensible number");
        }
        for (int fd = activated_first; fd < activated_first + n; ++fd) {
            out.push_back(adopt(fd));
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        unsetenv(name);
    }
    return out;
}

void start_listening(bound_listener& listener) {
    if (listener.is_listening) {
        return;
    }
    for (const unique_fd& fd : listener.descriptors) {
        if (listen(fd.get(), listen_backlog) != 0) {
            fail_errno(listener.url, "listen", errno);
        }
    }
    listener.is_listening = true;
}

void remove_socket_file(const bound_listener& listener) {
    struct stat there{};
    if (!listener.unix_path.empty() && lstat(listener.unix_path.c_str(), &there) == 0 &&
        there.st_dev == listener.device && there.st_ino == listener.inode) {
        unlink(listener.unix_path.c_str());
    }
}

peer_address peer_of(const sockaddr_storage& address) {
    peer_address out;
    if (address.ss_family == AF_INET) {
        sockaddr_in a{};
        std::memcpy(&a, &address, sizeof a);
        out.bytes[10] = out.bytes[11] = 0xff;
        std::memcpy(out.bytes.data() + 12, &a.sin_addr, 4);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 a{};
        std::memcpy(&a, &address, sizeof a);
        std::memcpy(out.bytes.data(), &a.sin6_addr, 16);
    }
    return out;
}

} // namespace pawl::app
