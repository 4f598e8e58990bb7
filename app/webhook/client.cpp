#include "app/webhook/client.hpp"

#include "app/webhook/limits.hpp"
#include "storage/exit_code.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <system_error>

namespace pawl::app {

namespace {

using steady = std::chrono::steady_clock;

void free_context(SSL_CTX* context) {
    SSL_CTX_free(context);
}

SSL_CTX* make_context(const std::string& ca_file) {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    const bool good = context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                      (ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                       : SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1);
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        throw storage::refused(storage::exit_code::usage,
                               "--webhook-ca " + ca_file + ": no certificates in PEM can be read there");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return context;
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

} // namespace

// One connection, from the name to the status.
class webhook_client::exchange {
public:
    exchange(const webhook_target& target, SSL_CTX* tls, int stop_event)
        : target_(target), tls_(tls), stop_event_(stop_event), until_(steady::now() + webhook_time_max) {}
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;
    ~exchange() {
        SSL_free(session_);
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    webhook_answer run(std::string_view request) {
        webhook_answer out;
        if (connect() && (tls_ == nullptr || shake_hands()) && send(request)) {
            out.status = read_status();
        }
        out.why = out.status == 0 ? why_ : std::string();
        return out;
    }

private:
    bool fail(std::string why) {
        why_ = std::move(why);
        return false;
    }

    // Until the socket is ready for `events`.
    bool wait(short events) {
        for (;;) {
            std::array<pollfd, 2> look{pollfd{socket_, events, 0}, pollfd{stop_event_, POLLIN, 0}};
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - steady::now());
            const int n = left.count() <= 0 ? 0 : ::poll(look.data(), look.size(), static_cast<int>(left.count()));
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n < 0) {
                return fail(words_of(errno));
            }
            if (look[1].revents != 0) {
                return fail("stopped");
            }
            return n == 0 ? fail("timeout") : true;
        }
    }

    bool connect() {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* found = nullptr;
        const int error = ::getaddrinfo(target_.host.c_str(), target_.port.c_str(), &hints, &found);
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
        if (error != 0) {
            return fail(std::string("name: ") + ::gai_strerror(error));
        }
        for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
            if (connect_to(*a)) {
                return true;
            }
        }
        return false;
    }

    bool connect_to(const addrinfo& a) {
        if (socket_ >= 0) {
            ::close(socket_);
        }
        socket_ = ::socket(a.ai_family, a.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a.ai_protocol);
        if (socket_ < 0) {
            return fail(words_of(errno));
        }
        if (::connect(socket_, a.ai_addr, a.ai_addrlen) == 0) {
            return true;
        }
        if (errno != EINPROGRESS) {
            return fail(words_of(errno));
        }
        if (!wait(POLLOUT)) {
            return false;
        }
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        return error == 0 || fail(words_of(error));
    }

    // What OpenSSL wants before it goes on; false where it wants nothing.
    bool wait_for_session(int result) {
        switch (SSL_get_error(session_, result)) {
        case SSL_ERROR_WANT_READ:
            return wait(POLLIN);
        case SSL_ERROR_WANT_WRITE:
            return wait(POLLOUT);
        default:
            break;
        }
        const long verdict = SSL_get_verify_result(session_);
        ERR_clear_error();
        return fail(verdict == X509_V_OK ? std::string("TLS fails")
                                         : std::string("certificate: ") + X509_verify_cert_error_string(verdict));
    }

    bool shake_hands() {
        session_ = SSL_new(tls_);
        if (session_ == nullptr || SSL_set_fd(session_, socket_) != 1) {
            return fail("no memory for TLS");
        }
        X509_VERIFY_PARAM* const rules = SSL_get0_param(session_);
        const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(rules, target_.host.c_str()) == 1;
        if (!is_address) {
            ERR_clear_error();
            std::string name = target_.host; // SSL_set_tlsext_host_name, without its cast
            SSL_ctrl(session_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
            if (X509_VERIFY_PARAM_set1_host(rules, target_.host.c_str(), target_.host.size()) != 1) {
                return fail("no memory for TLS");
            }
        }
        for (int result = SSL_connect(session_); result != 1; result = SSL_connect(session_)) {
            if (!wait_for_session(result)) {
                return false;
            }
        }
        return true;
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            if (session_ != nullptr) {
                const int n = SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()));
                if (n > 0) {
                    bytes.remove_prefix(static_cast<std::size_t>(n));
                } else if (!wait_for_session(n)) {
                    return false;
                }
                continue;
            }
            const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(n));
            } else if (errno != EAGAIN && errno != EINTR) {
                return fail(words_of(errno));
            } else if (!wait(POLLOUT)) {
                return false;
            }
        }
        return true;
    }

    // Bytes read; 0 at the end or where it failed.
    std::size_t receive(char* to, std::size_t room) {
        for (;;) {
            if (session_ != nullptr) {
                const int n = SSL_read(session_, to, static_cast<int>(room));
                if (n > 0) {
                    return static_cast<std::size_t>(n);
                }
                if (!wait_for_session(n)) {
                    return 0;
                }
                continue;
            }
            const ssize_t n = ::recv(socket_, to, room, 0);
            if (n > 0) {
                return static_cast<std::size_t>(n);
            }
            if (n == 0) {
                fail("closed without an answer");
                return 0;
            }
            if (errno != EAGAIN && errno != EINTR) {
                fail(words_of(errno));
                return 0;
            }
            if (!wait(POLLIN)) {
                return 0;
            }
        }
    }

    // Of the first line; what follows is of no interest.
    unsigned read_status() {
        std::string line(webhook_answer_size_max, '\0');
        std::size_t size = 0;
        while (line.find('\n') >= size) {
            const std::size_t n = size == line.size() ? 0 : receive(line.data() + size, line.size() - size);
            if (n == 0) {
                return 0;
            }
            size += n;
        }
        constexpr std::string_view protocol = "HTTP/1.";
        unsigned status = 0;
        const char* const digits = line.data() + protocol.size() + 2; // "HTTP/1.1 200 OK"
        if (!line.starts_with(protocol) || std::from_chars(digits, digits + 3, status).ec != std::errc() ||
            status < 100 || status > 599) {
            fail("what answers is no HTTP/1.1");
            return 0;
        }
        return status;
    }

    const webhook_target& target_;
    SSL_CTX* const tls_;
    const int stop_event_;
    const steady::time_point until_;
    int socket_ = -1;
    SSL* session_ = nullptr;
    std::string why_;
};

webhook_client::webhook_client(webhook_target target, const std::string& ca_file)
    : target_(std::move(target)), tls_(target_.tls ? make_context(ca_file) : nullptr, free_context),
      stop_event_(::eventfd(0, EFD_CLOEXEC)) {}

webhook_client::~webhook_client() {
    ::close(stop_event_);
}

webhook_answer webhook_client::post(const field_list& fields, std::string_view body) {
    std::string request = "POST " + target_.path + " HTTP/1.1\r\nHost: " + target_.authority + "\r\n";
    for (const auto& [name, value] : fields) {
        request.append(name).append(": ").append(value).append("\r\n");
    }
    request += "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
    request += body;
    exchange once(target_, tls_.get(), stop_event_);
    return once.run(request);
}

void webhook_client::stop() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_event_, &one, sizeof one);
}

} // namespace pawl::app
