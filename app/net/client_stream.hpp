// The bytes of one client: a socket, or TLS over it. An operation looks where it starts which of the two it is, so that
// each read and write stands once and costs what it costs on the bare socket: no virtual call, no allocation, no frame
// (docs/decisions/0030-one-worker-pool-one-stream.md).
#pragma once

#include "storage/unique_fd.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <utility>

namespace pawl::app {

// Belongs to one io thread; outlives its operations, of which one read and one write may be under way. Tokens get what
// Asio's own streams give them.
class client_stream {
public:
    using executor_type = boost::asio::io_context::executor_type;
    using socket_type = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, executor_type>;
    using error_code = boost::system::error_code;

    // `fd`: connected, of address family `family`. Throws boost::system::system_error.
    client_stream(executor_type executor, int family, storage::unique_fd fd) : socket_(executor) {
        socket_.assign(boost::asio::generic::stream_protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP), fd.get());
        static_cast<void>(fd.release());
    }

    // From here on it speaks TLS, which starts with async_handshake(). Takes `state` over.
    void use_tls(SSL* state) { tls_.emplace(socket_, state); }
    bool uses_tls() const { return tls_.has_value(); }

    template <class Token>
    auto async_read_some(boost::asio::mutable_buffer into, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(read_start{}, token, this, into);
    }
    template <class Token>
    auto async_write_some(boost::asio::const_buffer from, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(write_start{}, token, this, from);
    }
    // The server's side. Only with TLS, as is the next.
    template <class Token>
    auto async_handshake(Token&& token) {
        return tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Token>(token));
    }
    // close_notify, so that the client knows that nothing was cut off. The client's own is not waited for.
    template <class Token>
    auto async_goodbye(Token&& token) {
        SSL* const state = tls_->native_handle();
        SSL_set_shutdown(state, SSL_get_shutdown(state) | SSL_RECEIVED_SHUTDOWN);
        return tls_->async_shutdown(std::forward<Token>(token));
    }

    // Nothing more will be sent. What still comes is read as it is: TLS has ended.
    void shutdown_send() {
        tls_.reset();
        error_code ignored;
        socket_.shutdown(socket_type::shutdown_send, ignored);
    }
    // Ends what waits for the socket.
    void cancel() {
        error_code ignored;
        socket_.cancel(ignored);
    }
    socket_type& socket() { return socket_; }

private:
    // Function objects, not lambdas: gcc 12 destroys captures of a lambda in an awaited expression twice.
    struct read_start {
        template <class Handler>
        void operator()(Handler&& done, client_stream* self, boost::asio::mutable_buffer into) const {
            if (self->tls_) {
                self->tls_->async_read_some(into, std::forward<Handler>(done));
            } else {
                self->socket_.async_read_some(into, std::forward<Handler>(done));
            }
        }
    };
    struct write_start {
        template <class Handler>
        void operator()(Handler&& done, client_stream* self, boost::asio::const_buffer from) const {
            if (self->tls_) {
                self->tls_->async_write_some(from, std::forward<Handler>(done));
            } else {
                self->socket_.async_write_some(from, std::forward<Handler>(done));
            }
        }
    };

    socket_type socket_;
    std::optional<boost::asio::ssl::stream<socket_type&>> tls_; // over socket_
};

} // namespace pawl::app
