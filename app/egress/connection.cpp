#include "app/egress/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netdb.h>

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::app {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto in_place = asio::as_tuple(asio::use_awaitable);

// Threads that wait for the resolver, which nothing can interrupt.
std::atomic<std::size_t> lookups{0};

// What one of them found.
struct lookup {
    explicit lookup(asio::io_context& io) : done(io) {}
    asio::steady_timer done; // cancelled when it is
    bool is_done = false;
    int error = 0;
    std::vector<tcp::endpoint> found;
};

int resolve(const std::string& host, const std::string& port, int flags, std::vector<tcp::endpoint>& found) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* first = nullptr;
    const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &first);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(first, ::freeaddrinfo);
    for (const addrinfo* a = error == 0 ? first : nullptr; a != nullptr; a = a->ai_next) {
        tcp::endpoint endpoint;
        if ((a->ai_family == AF_INET || a->ai_family == AF_INET6) && a->ai_addrlen <= endpoint.capacity()) {
            std::memcpy(endpoint.data(), a->ai_addr, a->ai_addrlen);
            endpoint.resize(a->ai_addrlen);
            found.push_back(endpoint);
        }
    }
    return error;
}

// On a thread of its own. False if there is none to be had.
bool begin_lookup(asio::io_context& io, std::string host, std::string port, std::shared_ptr<lookup> into) {
    if (lookups.fetch_add(1) >= egress_exchanges_max) {
        lookups.fetch_sub(1);
        return false;
    }
    try {
        std::thread([&io, host = std::move(host), port = std::move(port), into = std::move(into)]() mutable {
            std::vector<tcp::endpoint> found;
            const int error = resolve(host, port, 0, found);
            lookups.fetch_sub(1);
            asio::post(io, [into = std::move(into), error, found = std::move(found)]() mutable {
                into->error = error;
                into->found = std::move(found);
                into->is_done = true;
                into->done.cancel();
            });
        }).detach();
    } catch (const std::system_error&) {
        lookups.fetch_sub(1);
        return false;
    }
    return true;
}

} // namespace

// Closes the socket when time is up. It may outlive the connection by a turn of the loop.
struct egress_connection::watchdog {
    watchdog(asio::io_context& io, tcp::socket& s) : timer(io), socket(&s) {}
    asio::steady_timer timer;
    tcp::socket* socket; // null: the connection is gone
    bool barked = false;
};

egress_connection::egress_connection(asio::io_context& io, const egress_destination& to, clock::time_point until)
    : io_(io), to_(to), until_(until), socket_(io), watchdog_(std::make_shared<watchdog>(io, socket_)) {
    watchdog_->timer.expires_at(until);
    watchdog_->timer.async_wait([dog = watchdog_](error_code ec) {
        if (!ec && dog->socket != nullptr) {
            dog->barked = true;
            error_code ignored;
            dog->socket->close(ignored);
        }
    });
}

egress_connection::~egress_connection() {
    watchdog_->socket = nullptr;
    watchdog_->timer.cancel();
}

bool egress_connection::fail(std::string why) {
    why_ = std::move(why);
    return false;
}

bool egress_connection::fail(error_code ec) {
    if (watchdog_->barked || clock::now() >= until_) {
        return fail("timeout");
    }
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated || ec == http::error::end_of_stream ||
        ec == http::error::partial_message) {
        return fail("closed without an answer");
    }
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow || ec == http::error::body_limit) {
        return fail("the answer is too large");
    }
    if (ec.category() == http::make_error_code(http::error::bad_version).category()) {
        return fail("what answers is no HTTP/1.1");
    }
    return fail(ec.category() == asio::error::get_ssl_category() ? "TLS fails" : ec.message());
}

asio::awaitable<bool> egress_connection::connect() {
    auto names = std::make_shared<lookup>(io_);
    names->error = resolve(to_.host, to_.port, AI_NUMERICHOST, names->found);
    if (names->error != 0) {
        if (!begin_lookup(io_, to_.host, to_.port, names)) {
            co_return fail("name: no thread to look it up");
        }
        names->done.expires_at(until_);
        co_await names->done.async_wait(in_place);
        if (!names->is_done) {
            co_return fail("timeout");
        }
    }
    if (names->error != 0) {
        co_return fail(std::string("name: ") + ::gai_strerror(names->error));
    }
    for (const tcp::endpoint& address : names->found) {
        error_code ec;
        socket_.close(ec);
        if (clock::now() >= until_) {
            co_return fail("timeout");
        }
        const auto [failed] = co_await socket_.async_connect(address, in_place);
        if (!failed) {
            co_return true;
        }
        fail(failed);
    }
    co_return false;
}

asio::awaitable<bool> egress_connection::shake_hands() {
    SSL* const session = SSL_new(to_.trust.get());
    if (session == nullptr) {
        co_return fail("no memory for TLS");
    }
    tls_.emplace(socket_, session);
    X509_VERIFY_PARAM* const rules = SSL_get0_param(session);
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, to_.host.c_str()) != 1) {
        ERR_clear_error();
        std::string name = to_.host; // SSL_set_tlsext_host_name, without its cast
        SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
        if (X509_VERIFY_PARAM_set1_host(rules, to_.host.c_str(), to_.host.size()) != 1) {
            co_return fail("no memory for TLS");
        }
    }
    const auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, in_place);
    if (!failed) {
        co_return true;
    }
    const long verdict = SSL_get_verify_result(session);
    ERR_clear_error();
    if (verdict != X509_V_OK) {
        co_return fail(std::string("certificate: ") + X509_verify_cert_error_string(verdict));
    }
    co_return fail(failed);
}

} // namespace pawl::app
