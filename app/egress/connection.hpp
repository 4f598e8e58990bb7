// One connection to a destination: name, address, TLS; bytes to and fro until its time is up. In the worker, which has
// one thread beside those that wait for the resolver.
#pragma once

#include "app/egress/destination.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace pawl::app {

class egress_connection {
public:
    using error_code = boost::system::error_code;
    using executor_type = boost::asio::ip::tcp::socket::executor_type;
    using clock = std::chrono::steady_clock;

    // `to` outlives it. At `until` all that is under way comes back, and so does all that is begun later.
    egress_connection(boost::asio::io_context& io, const egress_destination& to, clock::time_point until);
    ~egress_connection();
    egress_connection(const egress_connection&) = delete;
    egress_connection& operator=(const egress_connection&) = delete;

    // Each is true or says why() not.
    boost::asio::awaitable<bool> connect();
    boost::asio::awaitable<bool> shake_hands();
    const std::string& why() const { return why_; }
    // Puts into words why an operation failed; false.
    bool fail(error_code ec);
    bool fail(std::string why);

    // As a stream of Asio has them, for Beast.
    executor_type get_executor() { return socket_.get_executor(); }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, const Buffers& buffers) {
                if (tls_) {
                    tls_->async_read_some(buffers, std::move(handler));
                } else {
                    socket_.async_read_some(buffers, std::move(handler));
                }
            },
            token, into);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, const Buffers& buffers) {
                if (tls_) {
                    tls_->async_write_some(buffers, std::move(handler));
                } else {
                    socket_.async_write_some(buffers, std::move(handler));
                }
            },
            token, from);
    }

private:
    struct watchdog;

    boost::asio::io_context& io_;
    const egress_destination& to_;
    const clock::time_point until_;
    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    std::shared_ptr<watchdog> watchdog_;
    std::string why_;
};

} // namespace pawl::app
