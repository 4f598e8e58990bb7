// How an io thread accepts: in batches, with a way out when descriptors or memory are gone.
#include "app/net/io_thread.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace pawl::app {
namespace {

namespace asio = boost::asio;
constexpr auto token = asio::as_tuple(asio::deferred);

// Errors of accept(2) that stay until something else gives descriptors or memory back.
bool is_exhaustion(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

// To run_context(), which starts it again.
struct io_thread::accept_ended {
    void operator()(std::exception_ptr failed) const {
        if (failed) {
            std::rethrow_exception(failed);
        }
    }
};

io_thread::listener::listener(executor_type executor, unique_fd fd, std::span<const std::unique_ptr<io_thread>> to,
                              bool for_admin)
    : socket(executor, fd.get()), pause(executor), targets(to), admin(for_admin),
      reserve(open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    static_cast<void>(fd.release());
}

void io_thread::add_listener(unique_fd fd, std::span<const std::unique_ptr<io_thread>> targets, bool admin) {
    listeners_.push_back(std::make_unique<listener>(context_.get_executor(), std::move(fd), targets, admin));
}

void io_thread::keep_accepting() {
    for (const auto& l : listeners_) {
        if (!*l->accepting && !host_.draining) {
            asio::co_spawn(context_, accept_loop(*l, accepting_mark(*l)), accept_ended{});
        }
    }
}

task<void> io_thread::accept_loop(listener& from, accepting_mark mark) {
    static_cast<void>(mark); // lives as long as this frame
    while (!host_.draining) {
        auto readable = from.socket.async_wait(asio::posix::descriptor_base::wait_read, token);
        const auto [ec] = co_await std::move(readable);
        if (ec || host_.draining) {
            break;
        }
        const int error = accept_batch(from);
        if (!is_exhaustion(error)) {
            continue;
        }
        turn_one_away(from);
        host_.counters.count_accept_pause();
        host_.log.warn("accept.paused", {{"errno", error}});
        from.pause.expires_after(accept_pause);
        auto waited = from.pause.async_wait(token);
        const auto [cancelled] = co_await std::move(waited);
        static_cast<void>(cancelled);
    }
}

int io_thread::accept_batch(listener& from) {
    for (int i = 0; i < accept_batch_max; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        unique_fd fd(accept4(from.socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            try {
                admit(from, std::move(fd), address);
            } catch (const std::exception&) { // no memory for it: this one is lost, accepting goes on after a pause
                return ENOMEM;
            }
        } else if (errno == EAGAIN || is_exhaustion(errno)) {
            return errno;
        } // else: that one client is gone (ECONNABORTED, EPROTO ...)
    }
    return 0;
}

// Without a descriptor to accept with, a client would wait in the backlog for nothing, and readiness would never end.
void io_thread::turn_one_away(listener& from) {
    from.reserve.reset();
    unique_fd fd(accept4(from.socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
        host_.counters.count_refused_connection();
    }
    fd.reset();
    from.reserve = unique_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void io_thread::admit(listener& from, unique_fd fd, const sockaddr_storage& address) {
    const peer_address peer = peer_of(address);
    const int family = address.ss_family;
    if (from.admin && !peer_may_administer(fd.get())) {
        host_.counters.count_refused_connection();
        host_.log.warn("admin.refused_peer");
        return;
    }
    const bool counts = family != AF_UNIX && !shared_.settings.trusted_proxies.trusts(peer);
    connection_permit permit = shared_.ledger.take(peer, counts);
    if (!permit) {
        refuse_connection(fd);
        return;
    }
    if (family != AF_UNIX) {
        const int on = 1;
        setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    io_thread* target = this;
    if (!from.targets.empty()) {
        target = from.targets[from.next_target++ % from.targets.size()].get();
    }
    const accepted who{peer, family, from.admin};
    if (target == this) {
        adopt(std::move(fd), who, std::move(permit));
        return;
    }
    auto hand_over = [target, who, f = std::move(fd), p = std::move(permit)]() mutable {
        target->adopt(std::move(f), who, std::move(p));
    };
    asio::post(target->context_, std::move(hand_over));
}

// Best effort and without waiting: a connection over the limit must not cost more than this.
void io_thread::refuse_connection(const unique_fd& fd) {
    host_.counters.count_refused_connection();
    if (shared_.settings.tls != nullptr) {
        return; // an answer would take a handshake
    }
    std::string id, out;
    host_.ids.next(id);
    const http_response response = problem_response(request_problem::too_many_connections);
    append_response(out, response, {host_.date.text(), id, true, false, false});
    static_cast<void>(send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    shutdown(fd.get(), SHUT_WR);
}

} // namespace pawl::app
