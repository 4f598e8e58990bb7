#include "tests/soak/history/http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace pawl::history {

namespace {

constexpr unsigned status_unavailable = 503;

bool names(std::string_view line, std::string_view header) {
    return line.size() > header.size() && line[header.size()] == ':' &&
           ::strncasecmp(line.data(), header.data(), header.size()) == 0;
}

std::string_view value_of(std::string_view line) {
    line.remove_prefix(line.find(':') + 1);
    while (line.starts_with(' ')) {
        line.remove_prefix(1);
    }
    return line;
}

} // namespace

std::string_view reply::member(std::string_view name) const {
    const std::string key = "\"" + std::string(name) + "\":\"";
    const std::size_t at = body.find(key);
    if (at == std::string::npos) {
        return {};
    }
    const std::size_t begin = at + key.size();
    const std::size_t end = body.find('"', begin);
    return end == std::string::npos ? std::string_view() : std::string_view(body).substr(begin, end - begin);
}

bool connection::send(std::uint16_t port, const request& what, bool& fresh) {
    fresh = fd_ < 0;
    if (fresh) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int one = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            close();
            return false;
        }
    }
    std::string text;
    text.reserve(256 + what.body.size() + what.bearer.size());
    text.append(what.method).append(" ").append(what.path).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!what.bearer.empty()) {
        text.append("Authorization: Bearer ").append(what.bearer).append("\r\n");
    }
    if (!what.body.empty()) {
        text.append("Content-Type: application/json\r\n");
    }
    if (what.method != "GET") {
        text.append("Content-Length: ").append(std::to_string(what.body.size())).append("\r\n");
    }
    text.append("\r\n").append(what.body);
    in_.clear();
    busy_ = true;
    last_ = false;
    // A request fits the socket's buffer. What can't be sent is found when the reply is read.
    static_cast<void>(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
    return true;
}

bool connection::receive(reply& out) {
    std::array<char, 16384> chunk{};
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (n <= 0) {
        const bool waited = busy_;
        close();
        out = {};
        return waited;
    }
    in_.append(chunk.data(), static_cast<std::size_t>(n));
    if (!busy_ || !parse(out)) {
        return false;
    }
    busy_ = false;
    if (last_) {
        close();
    }
    return true;
}

bool connection::parse(reply& out) {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    const std::size_t end = in_.find(end_of_head);
    if (end == std::string::npos) {
        return false;
    }
    std::string_view head = std::string_view(in_).substr(0, end + 2);
    std::size_t length = 0;
    out = {};
    std::from_chars(head.data() + 9, head.data() + 12, out.status); // "HTTP/1.1 200"
    while (!head.empty()) {
        const std::size_t stop = head.find("\r\n");
        const std::string_view line = head.substr(0, stop);
        head.remove_prefix(stop + 2);
        if (names(line, "content-length")) {
            const std::string_view text = value_of(line);
            std::from_chars(text.data(), text.data() + text.size(), length);
        } else if (names(line, "pawl-refresh")) {
            out.refreshed = value_of(line);
        } else if (names(line, "connection")) {
            last_ = value_of(line) == "close";
        }
    }
    const std::size_t begin = end + end_of_head.size();
    if (in_.size() < begin + length) {
        return false;
    }
    out.body = in_.substr(begin, length);
    if (out.status == status_unavailable) {
        out.status = 0;
    }
    return true;
}

void connection::close() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
    fd_ = -1;
    busy_ = false;
}

} // namespace pawl::history
