#include "app/egress/worker.hpp"

#include "app/egress/http_exchange.hpp"
#include "app/egress/message.hpp"
#include "app/egress/packet.hpp"
#include "app/egress/smtp_exchange.hpp"
#include "app/egress/smtp_message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <exception>

namespace pawl::app {

namespace asio = boost::asio;

namespace {

constexpr auto in_place = asio::as_tuple(asio::use_awaitable);
constexpr int failed_status = 1;

egress_hello close_in(const std::vector<egress_destination>& places) {
    const sandbox_step files = restrict_files(egress_file_rules(places));
    call_rules rules;
    rules.role = process_role::egress_worker;
    const sandbox_step calls = restrict_calls(rules);
    return {files.applied, calls.applied, files.version, files.applied ? calls.why : files.why};
}

class worker {
public:
    worker(storage::unique_fd channel, const std::vector<egress_destination>& places)
        : places_(places), channel_(io_, channel.release()), to_be_sent_(io_), resolver_files_(resolver_files_state()) {
        to_be_sent_.expires_at(std::chrono::steady_clock::time_point::max());
    }

    [[noreturn]] void run(const egress_hello& hello) {
        send(0, to_message(hello));
        asio::co_spawn(io_, read(), end_with);
        asio::co_spawn(io_, write(), end_with);
        asio::co_spawn(io_, watch_resolver(), end_with);
        io_.run();
        ::_exit(failed_status);
    }

private:
    // The server's end is closed, or there is no memory.
    static void end_with(std::exception_ptr why) { ::_exit(why ? failed_status : 0); }

    asio::awaitable<void> read() {
        std::array<std::uint8_t, egress_packet_size_max + 1> packet{};
        for (;;) {
            const ssize_t n = ::recv(channel_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT);
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
                static_cast<void>(co_await channel_.async_wait(asio::posix::descriptor_base::wait_read, in_place));
                continue;
            }
            if (n <= 0) {
                co_return;
            }
            const auto state = incoming_.take({packet.data(), static_cast<std::size_t>(n)});
            if (state == message_assembler::state::broken) {
                co_return;
            }
            if (state == message_assembler::state::whole) {
                begin();
            }
        }
    }

    void begin() {
        egress_message& message = incoming_.message();
        if (std::optional<egress_request> request = egress_request_from(message.bytes)) {
            begin(message.id, serve(message.id, *std::move(request)), no_answer);
        } else if (std::optional<smtp_mail> mail = smtp_mail_from(message.bytes)) {
            begin(message.id, serve(message.id, *std::move(mail)), no_mail);
        } else {
            send(message.id, no_answer("no such request"));
        }
        wipe(message.bytes.data(), message.bytes.size());
    }

    using refuser = secret_bytes (*)(std::string);
    static secret_bytes no_answer(std::string why) { return to_message(egress_answer{0, std::move(why), {}}); }
    static secret_bytes no_mail(std::string why) {
        return to_message(smtp_answer{relay_result::relay_fault, std::move(why)});
    }

    void begin(std::uint64_t id, asio::awaitable<void> exchange, refuser refuse) {
        if (under_way_ >= egress_exchanges_max) {
            send(id, refuse("too many exchanges under way"));
            return;
        }
        ++under_way_;
        asio::co_spawn(io_, std::move(exchange), [this, id, refuse](const std::exception_ptr& why) {
            --under_way_;
            if (why) {
                send(id, refuse("no memory for the exchange"));
            }
        });
    }

    const egress_destination* find(egress_place wanted) const {
        const auto found = std::ranges::find(places_, wanted, &egress_destination::place);
        return found == places_.end() ? nullptr : &*found;
    }

    asio::awaitable<void> serve(std::uint64_t id, egress_request request) {
        const egress_destination* const to = find(request.to);
        if (to == nullptr) {
            send(id, no_answer("no such place"));
            co_return;
        }
        const egress_answer answer = co_await exchange_http(io_, *to, std::move(request));
        send(id, to_message(answer));
    }

    asio::awaitable<void> serve(std::uint64_t id, smtp_mail mail) {
        const egress_destination* const to = find(egress_place::relay);
        if (to == nullptr) {
            send(id, no_mail("no such place"));
            co_return;
        }
        const smtp_answer answer = co_await exchange_smtp(io_, *to, std::move(mail));
        send(id, to_message(answer));
    }

    void send(std::uint64_t id, const secret_bytes& message) {
        for (secret_bytes& packet : cut_message(id, message)) {
            outgoing_.push_back(std::move(packet));
        }
        to_be_sent_.cancel();
    }

    asio::awaitable<void> write() {
        for (;;) {
            if (outgoing_.empty()) {
                static_cast<void>(co_await to_be_sent_.async_wait(in_place));
                continue;
            }
            const secret_bytes& packet = outgoing_.front();
            const ssize_t n =
                ::send(channel_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n >= 0) {
                outgoing_.pop_front();
            } else if (errno == EAGAIN) {
                static_cast<void>(co_await channel_.async_wait(asio::posix::descriptor_base::wait_write, in_place));
            } else if (errno != EINTR) {
                co_return;
            }
        }
    }

    // Landlock's rules hold for the files that were there: those that took their names can't be read. Another worker
    // can.
    asio::awaitable<void> watch_resolver() {
        asio::steady_timer next(io_);
        while (under_way_ > 0 || !outgoing_.empty() || resolver_files_state() == resolver_files_) {
            next.expires_after(egress_renewal_interval);
            static_cast<void>(co_await next.async_wait(in_place));
        }
    }

    const std::vector<egress_destination>& places_;
    asio::io_context io_{1};
    asio::posix::stream_descriptor channel_;
    message_assembler incoming_;
    std::deque<secret_bytes> outgoing_;
    asio::steady_timer to_be_sent_; // cancelled when something is
    std::size_t under_way_ = 0;
    const std::string resolver_files_;
};

} // namespace

void run_egress_worker(storage::unique_fd channel, const std::vector<egress_destination>& places, bool sandboxed) {
    try {
        worker one(std::move(channel), places);
        egress_hello hello;
        if (sandboxed) {
            hello = close_in(places);
        }
        one.run(hello);
    } catch (const std::exception&) {
        ::_exit(failed_status);
    }
}

} // namespace pawl::app
