// The two ways over HTTP: a URL, and the admin socket.
#include "app/process/authorities.hpp"
#include "tools/client/http_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

namespace pawl::tools {

namespace {

using asio::ip::tcp;
using local = asio::local::stream_protocol;
using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;
using socket_stream = beast::basic_stream<local, asio::any_io_executor>;

constexpr std::size_t token_file_size_max = 16 * 1024;

// --- A URL.

struct url_parts {
    bool tls = false;
    std::string host, port; // host without brackets
    http_place place;
};

url_parts split_url(const std::string& url) {
    const auto wrong = [&url](const char* rule) {
        throw tool_error(static_cast<int>(storage::exit_code::usage), "--url \"" + clean(url) + "\": " + rule);
    };
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https") || parsed->host().empty()) {
        wrong("must be http://HOST[:PORT] or https://HOST[:PORT]");
    }
    if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment()) {
        wrong("must have no user, query or fragment");
    }
    url_parts out;
    out.tls = parsed->scheme() == "https";
    out.host = parsed->host_address();
    out.port = parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : out.tls ? "443" : "80";
    out.place.name = url;
    out.place.host = std::string(parsed->encoded_host_and_port());
    out.place.prefix = std::string(parsed->encoded_path());
    while (out.place.prefix.ends_with('/')) {
        out.place.prefix.pop_back();
    }
    return out;
}

bool is_loopback(const std::string& host) {
    error_code ec;
    const auto address = asio::ip::make_address(host, ec);
    return ec ? host == "localhost" : address.is_loopback();
}

// --token-file, else $PAWLCTL_TOKEN.
std::string read_token(const global_options& global) {
    const auto wrong = [](const std::string& line) {
        throw tool_error(static_cast<int>(storage::exit_code::usage), line);
    };
    std::string text;
    if (!global.token_file.empty()) {
        std::ifstream file(global.token_file, std::ios::binary);
        text.resize(token_file_size_max);
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (text.empty()) {
            wrong("--token-file " + global.token_file + ": can't be read, or is empty");
        }
    } else if (const char* const given = std::getenv("PAWLCTL_TOKEN"); given != nullptr) {
        text = given;
    } else {
        wrong("--url needs an administrator's access token: --token-file, or PAWLCTL_TOKEN in the environment");
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
        text.pop_back();
    }
    if (text.empty() ||
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") !=
            std::string::npos) {
        wrong("the access token is none: a line of letters, digits and -._~+/= is expected");
    }
    return text;
}

void connect_tcp(asio::io_context& context, beast::tcp_stream& stream, const url_parts& to) {
    tcp::resolver resolver(context);
    tcp::resolver::results_type found;
    const error_code looked_up = finish(context, [&](auto done) {
        resolver.async_resolve(to.host, to.port, [&found, done](error_code ec, tcp::resolver::results_type results) {
            found = std::move(results);
            done(ec);
        });
    });
    if (looked_up) {
        unreachable(to.place.name, looked_up.message());
    }
    stream.expires_after(connect_time_max);
    const error_code connected = finish(context, [&](auto done) { stream.async_connect(found, std::move(done)); });
    if (connected) {
        unreachable(to.place.name, connected.message());
    }
}

std::shared_ptr<asio::ssl::context> tls_context(const global_options& global) {
    auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    error_code ec;
    tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    tls->set_verify_mode(asio::ssl::verify_peer);
    if (!global.ca_file.empty()) {
        tls->load_verify_file(global.ca_file, ec);
    }
    if (ec || (global.ca_file.empty() && !app::trust_this_system(tls->native_handle()))) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         "--ca-file " + global.ca_file + ": no certificates in PEM can be read there");
    }
    return tls;
}

void shake_hands(asio::io_context& context, tls_stream& stream, const url_parts& to) {
    error_code not_an_address;
    asio::ip::make_address(to.host, not_an_address);
    if (not_an_address) { // SSL_set_tlsext_host_name, without its cast
        std::string name = to.host;
        SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    }
    stream.set_verify_callback(asio::ssl::host_name_verification(to.host));
    const error_code shaken =
        finish(context, [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); });
    if (shaken) {
        const long verdict = SSL_get_verify_result(stream.native_handle());
        unreachable(to.place.name, verdict == X509_V_OK ? "no TLS: " + shaken.message()
                                                        : std::string("its certificate is not trusted: ") +
                                                              X509_verify_cert_error_string(verdict));
    }
}

std::unique_ptr<admin_client> connect_parts(url_parts to, std::shared_ptr<asio::ssl::context> context_of_tls) {
    const http_place place = to.place;
    if (!to.tls) {
        const auto connect = [to = std::move(to)](asio::io_context& context) {
            auto stream = std::make_unique<plain_stream>(context);
            connect_tcp(context, *stream, to);
            return stream;
        };
        return client_of<plain_stream>(place, connect);
    }
    const auto connect = [to = std::move(to), tls = std::move(context_of_tls)](asio::io_context& context) {
        auto stream = std::make_unique<tls_stream>(context, *tls);
        connect_tcp(context, beast::get_lowest_layer(*stream), to);
        shake_hands(context, *stream, to);
        return stream;
    };
    return client_of<tls_stream>(place, connect);
}

// --- The admin socket.

// Who listens there may be trusted with passwords: ourselves, root, or the directory's owner.
bool is_trusted_peer(int socket, unsigned owner) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == ::geteuid() || peer.uid == 0 || peer.uid == owner);
}

} // namespace

std::unique_ptr<admin_client> connect_url(const global_options& global, bool with_token) {
    url_parts to = split_url(global.url);
    if (with_token) {
        to.place.bearer = read_token(global);
    }
    if (with_token && !to.tls && !global.quiet && !is_loopback(to.host)) {
        std::fprintf(stderr, "pawlctl: note: the token and all answers go to %s unencrypted\n", clean(to.host).c_str());
    }
    auto tls = to.tls ? tls_context(global) : nullptr;
    return connect_parts(std::move(to), std::move(tls));
}

std::unique_ptr<admin_client> connect_probe(const global_options& global, const std::string& url) {
    url_parts to = split_url(url);
    auto tls = to.tls ? tls_context(global) : nullptr;
    if (tls && global.url.empty()) { // an address of this machine, which its certificate does not name
        tls->set_verify_mode(asio::ssl::verify_none);
    }
    return connect_parts(std::move(to), std::move(tls));
}

std::unique_ptr<admin_client> connect_admin_socket(const std::string& path, const std::string& data_dir,
                                                   unsigned owner) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return nullptr;
    }
    {
        asio::io_context context(1);
        local::socket probe(context);
        error_code ec;
        probe.connect(local::endpoint(path), ec);
        if (ec) {
            return nullptr;
        }
        if (!is_trusted_peer(probe.native_handle(), owner)) {
            unreachable(path, "another user's process listens there");
        }
    }
    const std::string name = "the server of " + data_dir;
    const auto connect = [path, name, owner](asio::io_context& context) {
        auto stream = std::make_unique<socket_stream>(context);
        stream->expires_after(connect_time_max);
        const error_code connected =
            finish(context, [&](auto done) { stream->async_connect(local::endpoint(path), std::move(done)); });
        if (connected) {
            unreachable(name, path + ": " + connected.message());
        }
        if (!is_trusted_peer(stream->socket().native_handle(), owner)) {
            unreachable(path, "another user's process listens there");
        }
        return stream;
    };
    return client_of<socket_stream>({name, "localhost", {}, {}}, connect);
}

} // namespace pawl::tools
