#include "app/net/io_thread.hpp"

#include "app/net/tls.hpp"
#include "app/worker/signals_blocked.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
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
    : permit(std::move(p)), thread(owner), stream(owner.context_.get_executor(), who.family, std::move(fd)),
      machine(owner.host_, who.peer, std::chrono::steady_clock::now(), who.admin) {
    if (owner.shared_.settings.tls != nullptr && who.family != AF_UNIX) {
        awaits_tls = true;
        transport_deadline = std::chrono::steady_clock::now() + owner.shared_.settings.deadlines.handshake;
    }
    owner.host_.counters.count_accepted();
}

io_thread::session::~session() {
    thread.host_.counters.count_closed();
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

void io_thread::run() {
    keep_accepting();
    const signals_blocked meanwhile;
    thread_ = std::thread([this] { run_context(); });
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
    connection& c = s->machine;
    std::chrono::steady_clock::time_point at{};
    // Read once a step: what came and what is next are of the same moment.
    const auto now = [&at] { return at = std::chrono::steady_clock::now(); };
    if (s->awaits_tls) {
        task<bool> handshake = shake_hands(*s);
        const bool agreed = co_await std::move(handshake);
        if (!agreed) {
            co_return;
        }
    }
    for (action what = c.next(now()); what != action::end; what = c.next(at)) {
        switch (what) {
        case action::read: {
            const std::span<char> space = c.read_space();
            auto pending = s->stream.async_read_some(asio::buffer(space.data(), space.size()), token);
            const auto [ec, n] = co_await std::move(pending);
            c.on_read(ec.failed(), n, now());
            break;
        }
        case action::write: {
            const std::string_view bytes = c.unsent();
            auto pending = s->stream.async_write_some(asio::buffer(bytes.data(), bytes.size()), token);
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
            if (s->stream.uses_tls()) {
                task<void> goodbye = say_goodbye(*s);
                co_await std::move(goodbye);
            }
            s->stream.shutdown_send();
            now();
            break;
        }
        case action::end:
            break;
        }
    }
    if (s->stream.uses_tls()) {
        task<void> goodbye = say_goodbye(*s);
        co_await std::move(goodbye);
    }
}

task<bool> io_thread::shake_hands(session& s) {
    // What TLS takes, 80 KiB for each connection, is not for clients that say nothing.
    auto first_byte = s.stream.socket().async_wait(client_stream::socket_type::wait_read, token);
    const auto [gone] = co_await std::move(first_byte);
    SSL* const state = gone ? nullptr : s.thread.shared_.settings.tls->new_connection();
    if (state == nullptr) {
        co_return false;
    }
    s.stream.use_tls(state);
    auto pending = s.stream.async_handshake(token);
    const auto [ec] = co_await std::move(pending);
    s.transport_deadline = std::chrono::steady_clock::time_point::max();
    if (ec) {
        s.thread.host_.log.debug("tls.refused", {{"why", ec.message()}});
        co_return false;
    }
    acknowledge_now(s.stream.socket().native_handle());
    co_return true;
}

task<void> io_thread::say_goodbye(session& s) {
    s.transport_deadline = std::chrono::steady_clock::now() + linger_time_max;
    auto pending = s.stream.async_goodbye(token);
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
        s.thread.host_.log.error("request.defect", {{"request_id", s.machine.request().request_id},
                                                    trace_field(s.machine.request().trace_id),
                                                    {"what", defect}});
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
        const ssize_t n = recv(watched.stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            watched.machine.hang_up();
        }
    };
    s.stream.socket().async_wait(client_stream::socket_type::wait_read, std::move(look));
}

void io_thread::adopt(unique_fd fd, const accepted& who, connection_permit permit) {
    auto s = std::make_unique<session>(*this, std::move(fd), who, std::move(permit));
    sessions_.push_back(*s);
    arm_sweep();
    asio::co_spawn(context_, serve(std::move(s)), session_ended{this});
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
