#include "app/net/io_thread.hpp"

#include "app/net/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>

namespace pawl::app {
namespace {

namespace asio = boost::asio;
constexpr auto token = asio::as_tuple(asio::deferred);
using asio_error = boost::system::error_code;

// Errors of accept(2) that stay until something else gives descriptors or memory back.
bool is_exhaustion(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

std::chrono::milliseconds interval_for(const phase_deadlines& limits) {
    const auto shortest = std::min({limits.header, limits.body, limits.idle, limits.write});
    return std::clamp(shortest / 10, sweep_interval_min, sweep_interval_max);
}

// A client's last flight of TLS 1.3 has no answer, so its acknowledgement waits for 40 ms; a client without TCP_NODELAY
// keeps its first request back until then.
void acknowledge_now(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

} // namespace

io_thread::session::session(io_thread& owner, unique_fd fd, const accepted& who, connection_permit p)
    : permit(std::move(p)), thread(owner), socket(owner.context_.get_executor()),
      machine(owner.host_, who.peer, std::chrono::steady_clock::now(), who.admin) {
    socket.assign(asio::generic::stream_protocol(who.family, who.family == AF_UNIX ? 0 : IPPROTO_TCP), fd.get());
    static_cast<void>(fd.release());
    if (const tls_identity* const identity = owner.shared_.settings.tls; identity != nullptr && who.family != AF_UNIX) {
        SSL* const state = identity->new_connection();
        if (state == nullptr) {
            throw std::bad_alloc();
        }
        tls.emplace(socket, state);
        transport_deadline = std::chrono::steady_clock::now() + owner.shared_.settings.deadlines.handshake;
    }
    owner.host_.counters.count_accepted();
}

io_thread::session::~session() {
    thread.host_.counters.count_closed();
}

void io_thread::session::cancel() {
    asio_error ignored;
    socket.cancel(ignored);
}

struct io_thread::session_ended {
    io_thread* thread;
    void operator()(std::exception_ptr failed) const {
        if (!failed) {
            return;
        }
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& e) {
            thread->host_.log.error("connection.defect", {{"what", e.what()}});
        } catch (...) {
            thread->host_.log.error("connection.defect", {{"what", "not an exception of ours"}});
        }
    }
};

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

io_thread::io_thread(io_shared& shared, std::size_t index)
    : shared_(shared), host_{shared.settings, shared.hosts,
                             shared.routing,  shared.routes,
                             shared.counters, shared.counters.shard(index),
                             shared.log,      &shared.told_of_untrusted},
      work_(context_.get_executor()), sweep_timer_(context_.get_executor()),
      sweep_interval_(interval_for(shared.settings.deadlines)), index_(index) {}

io_thread::~io_thread() {
    stop();
}

void io_thread::add_listener(unique_fd fd, std::span<const std::unique_ptr<io_thread>> targets, bool admin) {
    listeners_.push_back(std::make_unique<listener>(context_.get_executor(), std::move(fd), targets, admin));
}

void io_thread::run() {
    keep_accepting();
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run_context(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void io_thread::keep_accepting() {
    for (const auto& l : listeners_) {
        if (!*l->accepting && !host_.draining) {
            asio::co_spawn(context_, accept_loop(*l, accepting_mark(*l)), accept_ended{});
        }
    }
}

void io_thread::recover() {
    keep_accepting();
    if (!sessions_.empty()) {
        arm_sweep();
    }
}

void io_thread::run_context() {
    pthread_setname_np(pthread_self(), ("pawl-io-" + std::to_string(index_)).c_str());
    if (shared_.settings.on_thread_start) {
        shared_.settings.on_thread_start();
    }
    for (bool defect = false;;) {
        try {
            if (defect) {
                // Behind the end of the coroutine that it has hit, which Asio has posted, too.
                asio::post(context_, [this] { recover(); });
                defect = false;
            }
            context_.run();
            break;
        } catch (const std::exception& e) {
            // Out of memory where Asio starts an operation, which ends the coroutine that asked for it; or a completion
            // that somebody else's code posted here.
            host_.log.error("io.defect", {{"what", e.what()}});
            defect = true;
        }
    }
    if (shared_.settings.on_thread_stop) {
        shared_.settings.on_thread_stop();
    }
}

// The bytes of one connection, and the order of things; what they mean is connection.cpp's.
task<void> io_thread::serve(std::unique_ptr<session> s) {
    using action = connection::action;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    connection& c = s->machine;
    if (s->tls) {
        task<bool> handshake = shake_hands(*s);
        const bool agreed = co_await std::move(handshake);
        if (!agreed) {
            co_return;
        }
    }
    for (action what = c.next(now()); what != action::end; what = c.next(now())) {
        switch (what) {
        case action::read: {
            const std::span<char> space = c.read_space();
            if (s->tls) {
                auto decrypted = s->tls->async_read_some(asio::buffer(space.data(), space.size()), token);
                const auto [ec, n] = co_await std::move(decrypted);
                c.on_read(ec.failed(), n, now());
                break;
            }
            auto pending = s->socket.async_read_some(asio::buffer(space.data(), space.size()), token);
            const auto [ec, n] = co_await std::move(pending);
            c.on_read(ec.failed(), n, now());
            break;
        }
        case action::write: {
            const std::string_view bytes = c.unsent();
            if (s->tls) {
                auto encrypted = s->tls->async_write_some(asio::buffer(bytes.data(), bytes.size()), token);
                const auto [ec, n] = co_await std::move(encrypted);
                c.on_written(ec.failed(), n, now());
                break;
            }
            auto pending = s->socket.async_write_some(asio::buffer(bytes.data(), bytes.size()), token);
            const auto [ec, n] = co_await std::move(pending);
            c.on_written(ec.failed(), n, now());
            break;
        }
        case action::handle: {
            try {
                auto pending = s->thread.answer(c);
                http_response response = co_await std::move(pending);
                c.on_response(std::move(response), now());
            } catch (const std::bad_alloc&) {
                c.on_no_memory(now());
            } catch (const signing_failed& e) {
                c.on_signing_failed(e.what(), now());
            } catch (const std::exception& e) {
                c.on_exception(e.what(), now());
            } catch (...) {
                c.on_exception("not a std::exception", now());
            }
            break;
        }
        case action::pull: {
            task<std::string> pending = pull(*s);
            std::string bytes = co_await std::move(pending);
            c.on_pulled(std::move(bytes), now());
            break;
        }
        case action::shutdown_send: {
            if (s->tls) {
                task<void> goodbye = say_goodbye(*s);
                co_await std::move(goodbye);
                s->tls.reset(); // what still comes is thrown away as it is
            }
            asio_error ignored;
            s->socket.shutdown(stream_socket::shutdown_send, ignored);
            break;
        }
        case action::end:
            break;
        }
    }
    if (s->tls) {
        task<void> goodbye = say_goodbye(*s);
        co_await std::move(goodbye);
    }
}

task<bool> io_thread::shake_hands(session& s) {
    auto pending = s.tls->async_handshake(asio::ssl::stream_base::server, token);
    const auto [ec] = co_await std::move(pending);
    s.transport_deadline = std::chrono::steady_clock::time_point::max();
    if (ec) {
        s.thread.host_.log.debug("tls.refused", {{"why", ec.message()}});
        co_return false;
    }
    acknowledge_now(s.socket.native_handle());
    co_return true;
}

// close_notify, so that the client knows that nothing was cut off. Its own is not waited for.
task<void> io_thread::say_goodbye(session& s) {
    SSL_set_shutdown(s.tls->native_handle(), SSL_get_shutdown(s.tls->native_handle()) | SSL_RECEIVED_SHUTDOWN);
    s.transport_deadline = std::chrono::steady_clock::now() + linger_time_max;
    auto pending = s.tls->async_shutdown(token);
    const auto [ignored] = co_await std::move(pending);
    static_cast<void>(ignored);
    s.transport_deadline = std::chrono::steady_clock::time_point::max();
}

task<http_response> io_thread::answer(const connection& c) {
    if (request_hook* const hook = shared_.settings.hook) {
        return hook->handle(c.matched_route(), c.request());
    }
    return c.matched_route().handle(shared_.context, c.request());
}

// Awaited directly. A stream that fails has ended: its answer was given long ago.
task<std::string> io_thread::pull(session& s) {
    if (!s.self) {
        watch_hang_up(s);
    }
    std::string bytes;
    std::string defect;
    try {
        task<std::string> pending = s.machine.stream().next();
        bytes = co_await std::move(pending);
    } catch (const std::exception& e) {
        defect = e.what();
    }
    if (!defect.empty()) {
        s.thread.host_.counters.count_exception();
        s.thread.host_.log.error("request.defect", {{"request_id", s.machine.request().request_id}, {"what", defect}});
    }
    co_return bytes;
}

// Nothing is read while a stream is sent: without this a client that went away would be noticed only by the second
// write after. Whatever else it sends is of no interest.
void io_thread::watch_hang_up(session& s) {
    s.self = std::make_shared<session*>(&s);
    auto look = [weak = std::weak_ptr<session*>(s.self)](asio_error ec) {
        const std::shared_ptr<session*> there = ec ? nullptr : weak.lock();
        if (!there) {
            return;
        }
        session& watched = **there;
        char byte = 0;
        const ssize_t n = recv(watched.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            watched.machine.hang_up();
        }
    };
    s.socket.async_wait(stream_socket::wait_read, std::move(look));
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

void io_thread::adopt(unique_fd fd, const accepted& who, connection_permit permit) {
    auto s = std::make_unique<session>(*this, std::move(fd), who, std::move(permit));
    sessions_.push_back(*s);
    arm_sweep();
    asio::co_spawn(context_, serve(std::move(s)), session_ended{this});
}

// Best effort and without waiting: whoever is over the cap must not cost more than this.
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

void io_thread::arm_sweep() {
    if (sweep_armed_) {
        return;
    }
    sweep_timer_.expires_after(sweep_interval_);
    sweep_timer_.async_wait([this](asio_error ec) {
        sweep_armed_ = false;
        if (!ec) {
            sweep();
        }
    });
    sweep_armed_ = true; // not where there was no memory for it
}

// One timer per thread instead of two operations on a timer per request and phase.
void io_thread::sweep() {
    const auto now = std::chrono::steady_clock::now();
    for (session& s : sessions_) {
        if (s.machine.expire(now) || s.overdue(now)) {
            s.cancel();
        }
    }
    if (!sessions_.empty()) {
        arm_sweep();
    }
}

void io_thread::begin_drain() {
    asio::post(context_, [this] {
        host_.draining = true;
        for (const auto& l : listeners_) {
            asio_error ignored;
            l->socket.close(ignored);
            l->pause.cancel();
        }
        for (session& s : sessions_) {
            if (s.machine.drain()) {
                s.cancel();
            }
        }
    });
}

void io_thread::cut_connections() {
    asio::post(context_, [this] {
        for (session& s : sessions_) {
            if (s.machine.cut()) {
                s.cancel();
            }
        }
    });
}

void io_thread::stop() {
    work_.reset();
    context_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

} // namespace pawl::app
