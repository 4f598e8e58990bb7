#include "tools/replay/connection.hpp"

#include "core/version.hpp"
#include "tools/client/admin_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <optional>
#include <utility>

namespace pawl::tools {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using steady = std::chrono::steady_clock;

} // namespace

struct replay_connection::state {
    asio::io_context context{1};
    std::optional<beast::tcp_stream> stream;
    beast::flat_buffer buffer;
    std::string url, host, port, name;

    // Runs one asynchronous operation to its end: only those have Beast's time limits.
    template <class Start>
    error_code finish(Start start) {
        error_code result = asio::error::would_block;
        start([&result](error_code ec, const auto&...) { result = ec; });
        context.restart();
        context.run();
        return result;
    }

    void connect() {
        asio::ip::tcp::resolver resolver(context);
        error_code ec;
        const auto found = resolver.resolve(host, port, ec);
        if (!ec) {
            stream.emplace(context);
            stream->expires_after(connect_time_max);
            ec = finish([&](auto done) { stream->async_connect(found, std::move(done)); });
        }
        if (ec) {
            throw tool_error(exit_unreachable, url + ": " + ec.message());
        }
        stream->socket().set_option(asio::ip::tcp::no_delay(true), ec);
    }

    error_code exchange(const http::request<http::string_body>& request, http::response<http::string_body>& response) {
        stream->expires_after(answer_time_max);
        error_code ec = finish([&](auto done) { http::async_write(*stream, request, std::move(done)); });
        if (!ec) {
            buffer.clear();
            http::response_parser<http::string_body> parser;
            parser.body_limit(answer_size_max);
            ec = finish([&](auto done) { http::async_read(*stream, buffer, parser, std::move(done)); });
            response = parser.release();
        }
        return ec;
    }
};

replay_connection::replay_connection(const std::string& url) : state_(std::make_unique<state>()) {
    const auto parsed = boost::urls::parse_uri(url);
    if (!parsed || parsed->scheme() != "http" || parsed->host().empty() || parsed->has_userinfo() ||
        parsed->has_query() || (!parsed->encoded_path().empty() && parsed->encoded_path() != "/")) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         "--to \"" + clean(url) + "\": must be http://HOST[:PORT]");
    }
    state_->url = url;
    state_->host = parsed->host_address();
    state_->port = parsed->has_port() && !parsed->port().empty() ? std::string(parsed->port()) : "80";
    state_->name = std::string(parsed->encoded_host_and_port());
}

replay_connection::~replay_connection() = default;

replay_answer replay_connection::call(const char* method, std::string_view target, std::string_view json,
                                      std::string_view bearer) {
    http::request<http::string_body> request;
    request.method_string(method);
    request.target(beast::string_view(target.data(), target.size()));
    request.version(11);
    request.set(http::field::host, state_->name);
    request.set(http::field::user_agent, "pawlctl-replay/" + std::string(program_version));
    if (!bearer.empty()) {
        request.set(http::field::authorization, "Bearer " + std::string(bearer));
    }
    if (!json.empty()) {
        request.set(http::field::content_type, "application/json");
        request.body() = std::string(json);
    }
    request.content_length(request.body().size());
    const steady::time_point began = steady::now();
    http::response<http::string_body> response;
    const bool kept = state_->stream.has_value();
    if (!kept) {
        state_->connect();
    }
    error_code ec = state_->exchange(request, response);
    if (ec && kept) { // the server closed it while it was idle
        state_->connect();
        ec = state_->exchange(request, response);
    }
    if (ec) {
        state_->stream.reset();
        throw tool_error(exit_unreachable, state_->url + ": no answer: " + ec.message());
    }
    if (!response.keep_alive()) {
        state_->stream.reset();
    }
    return {response.result_int(), std::move(response.body()),
            std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - began)};
}

} // namespace pawl::tools
