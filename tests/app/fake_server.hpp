// A server with routes of its own and no services behind it, and a raw client: what goes over the wire is what a test
// says, byte for byte.
#pragma once

#include "app/net/server.hpp"
#include "app/process/logging.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pawl::app::test {

// References to services that no fake route touches: storage, never an object.
template <class T>
T& untouched() {
    alignas(T) static std::byte storage[sizeof(T)];
    return reinterpret_cast<T&>(storage);
}

struct no_store {
    alignas(std::max_align_t) std::byte storage[64];
};

inline app_context make_context() {
    static no_store nothing;
    static const service_settings settings;
    return app_context{untouched<session_service>(),
                       untouched<account_service>(),
                       untouched<access_guard>(),
                       settings,
                       reinterpret_cast<store&>(nothing),
                       reinterpret_cast<const clock&>(nothing),
                       {},
                       {},
                       {},
                       nullptr,
                       false,
                       "test"};
}

// What a slow handler waits for: opened by the test, so that nothing depends on how long anything takes.
struct latch_gate {
    std::atomic<int> entered{0};
    std::atomic<bool> open{false};
};
inline latch_gate& slow_gate() {
    static latch_gate g;
    return g;
}

inline task<http_response> handle_ok(app_context&, const http_request&) {
    http_response r;
    r.content_type = "text/plain";
    r.body = "ok";
    co_return r;
}
// Says what it was given.
inline task<http_response> handle_echo(app_context&, const http_request& q) {
    http_response r;
    r.content_type = "text/plain";
    r.body = std::string(q.method_text) + " " + std::string(q.path) + " " + std::string(q.query) + " [" +
             q.path_parameter + "] " + to_text(q.from.address) + " " + q.from.agent + " " +
             std::string(q.authorization.value_or("-")) + "\n" + std::string(q.body);
    co_return r;
}
inline task<http_response> handle_throw(app_context&, const http_request&) {
    throw std::runtime_error("a defect\nforged: line");
    co_return http_response();
}
inline task<http_response> handle_no_memory(app_context&, const http_request&) {
    throw std::bad_alloc();
    co_return http_response();
}
inline task<http_response> handle_unsigned(app_context&, const http_request&) {
    throw signing_failed("no signature today");
    co_return http_response();
}
inline task<http_response> handle_splitting(app_context&, const http_request&) {
    http_response r;
    r.headers.emplace_back("X-Name", "a\r\nSet-Cookie: b");
    co_return r;
}
inline task<http_response> handle_static(app_context&, const http_request&) {
    static const std::string big(3'000'000, 'x');
    http_response r;
    r.content_type = "text/plain";
    r.static_body = big;
    r.headers.emplace_back("Content-Security-Policy", "default-src 'self'");
    r.headers.emplace_back("Cache-Control", "public, max-age=60");
    co_return r;
}
inline task<http_response> handle_slow(app_context&, const http_request&) {
    slow_gate().entered.fetch_add(1);
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    while (!slow_gate().open.load()) {
        timer.expires_after(std::chrono::milliseconds(1));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    http_response r;
    r.content_type = "text/plain";
    r.body = "slow";
    co_return r;
}
inline task<http_response> handle_no_content(app_context&, const http_request&) {
    http_response r;
    r.status = 204;
    co_return r;
}

inline std::span<const route> fake_routes() {
    static const route rows[] = {
        {http_method::get, "/", &handle_ok, "root", refuses()},
        {http_method::get, "/echo", &handle_echo, "echo", refuses()},
        {http_method::post, "/echo", &handle_echo, "echo", refuses()},
        {http_method::delete_, "/echo", &handle_echo, "echo", refuses()},
        {http_method::get, "/things/{id}", &handle_echo, "thing", refuses()},
        {http_method::get, "/throw", &handle_throw, "throw", refuses()},
        {http_method::get, "/no-memory", &handle_no_memory, "no_memory", refuses()},
        {http_method::get, "/unsigned", &handle_unsigned, "unsigned", refuses()},
        {http_method::get, "/splitting", &handle_splitting, "splitting", refuses()},
        {http_method::get, "/static", &handle_static, "static", refuses()},
        {http_method::get, "/slow", &handle_slow, "slow", refuses()},
        {http_method::post, "/nothing", &handle_no_content, "nothing", refuses()},
        {http_method::get, "/.pawl/start", &handle_ok, "forward_start", refuses()},
        {http_method::get, "/forward-auth", &handle_ok, "forward_auth", refuses()},
    };
    return rows;
}

// A pipe whose other end a test reads once the logger is gone.
class log_capture {
public:
    static constexpr int plenty = 1 << 20; // what one test logs fits in
    explicit log_capture(int pipe_size = plenty) {
        if (pipe2(ends_, O_CLOEXEC) != 0) {
            throw std::runtime_error("pipe");
        }
        fcntl(ends_[1], F_SETPIPE_SZ, pipe_size);
    }
    ~log_capture() {
        close(ends_[0]);
        if (ends_[1] >= 0) {
            close(ends_[1]);
        }
    }
    log_capture(const log_capture&) = delete;
    log_capture& operator=(const log_capture&) = delete;
    int write_end() const { return ends_[1]; }
    int read_end() const { return ends_[0]; }
    std::string take() {
        close(ends_[1]);
        ends_[1] = -1;
        std::string out;
        char buffer[4096];
        for (ssize_t n = 0; (n = read(ends_[0], buffer, sizeof buffer)) > 0;) {
            out.append(buffer, static_cast<std::size_t>(n));
        }
        return out;
    }

private:
    int ends_[2] = {-1, -1};
};

struct fake_server {
    explicit fake_server(server_settings settings = {}, log_level level = log_level::debug)
        : log(std::make_unique<logger>(level, log_format::text, capture.write_end())), context(make_context()) {
        if (settings.listen == server_settings().listen) {
            settings.listen = {"127.0.0.1:0"};
        }
        if (settings.threads == 0) {
            settings.threads = 2;
        }
        settings.socket_activation = false;
        it = std::make_unique<server>(std::move(settings), context, fake_routes(), *log);
        urls = it->start();
        if (urls[0].starts_with("http://")) {
            const std::string& u = urls[0];
            std::from_chars(u.data() + u.rfind(':') + 1, u.data() + u.size(), port);
        }
    }
    // All that was logged; the server is gone then.
    std::string stop_and_take_log() {
        it.reset();
        log.reset();
        return capture.take();
    }

    log_capture capture;
    std::unique_ptr<logger> log;
    app_context context;
    std::unique_ptr<server> it;
    std::vector<std::string> urls;
    std::uint16_t port = 0;
};

struct answer {
    unsigned status = 0; // 0: the connection ended without one
    std::string head, body;
    std::string header(std::string_view name) const; // "" where absent
    bool has(std::string_view name) const { return !header(name).empty(); }
};

// A blocking client with a bound on every wait. Failures to connect throw.
class raw_client {
public:
    static constexpr int patience_ms = 20'000; // a bound for broken code, never waited for in working code
    explicit raw_client(std::uint16_t port) {
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(port);
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
            close(fd_);
            throw std::runtime_error("connect");
        }
    }
    explicit raw_client(const std::string& unix_path) {
        fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un a{};
        a.sun_family = AF_UNIX;
        std::memcpy(a.sun_path, unix_path.c_str(), unix_path.size() + 1);
        if (connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
            close(fd_);
            throw std::runtime_error("connect");
        }
    }
    ~raw_client() { close(fd_); }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) {
                return; // the server closed: what it answered is what counts
            }
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void shutdown_send() { shutdown(fd_, SHUT_WR); }
    void reset_on_close() {
        const linger now{1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }

    // The next answer; `head_only` for HEAD. 1xx are answers, too.
    answer receive(bool head_only = false) {
        answer out;
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
            if (!fill()) {
                return out;
            }
        }
        out.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        out.status = static_cast<unsigned>(std::stoul(out.head.substr(9, 3)));
        const std::string length = out.header("content-length");
        const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
        while (buffer_.size() < size && fill()) {
        }
        out.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return out;
    }
    answer exchange(std::string_view request, bool head_only = false) {
        send(request);
        return receive(head_only);
    }
    // Reads on to the end of the connection; false when it doesn't end. What came is in rest().
    bool closes() {
        while (fill()) {
        }
        return closed_;
    }
    const std::string& rest() const { return buffer_; }

private:
    bool fill() {
        pollfd p{fd_, POLLIN, 0};
        if (poll(&p, 1, patience_ms) != 1) {
            return false;
        }
        char bytes[16384];
        const ssize_t n = recv(fd_, bytes, sizeof bytes, 0);
        if (n <= 0) {
            closed_ = true;
            return false;
        }
        buffer_.append(bytes, static_cast<std::size_t>(n));
        return true;
    }
    int fd_ = -1;
    bool closed_ = false;
    std::string buffer_;
};

inline std::string answer::header(std::string_view name) const {
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        const std::size_t begin = at + 2;
        at = head.find("\r\n", begin);
        const std::string line = head.substr(begin, at - begin);
        const std::size_t colon = line.find(':');
        if (colon == name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0) {
            return line.substr(colon + 2);
        }
    }
    return {};
}

inline constexpr std::string_view get_root = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

} // namespace pawl::app::test
