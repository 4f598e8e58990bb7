// HTTP to a server over a stream of Beast's: one connection, kept; one request at a time, with time limits.
#pragma once

#include "core/version.hpp"
#include "tools/client/admin_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace pawl::tools {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// A kept connection that rested longer is not used again: the server closes idle ones after 30 s, and whether a request
// on one that is closing was done can't be known.
constexpr std::chrono::seconds idle_time_max{10};

[[noreturn]] inline void unreachable(const std::string& place, const std::string& why) {
    throw tool_error(exit_unreachable, place + ": " + why);
}

// Runs one asynchronous operation to its end: only those have Beast's time limits.
template <class Start>
error_code finish(asio::io_context& context, Start start) {
    error_code result = asio::error::would_block;
    start([&result](error_code ec, const auto&...) { result = ec; });
    context.restart();
    context.run();
    return result;
}

inline http::verb verb_of(app::http_method method) {
    switch (method) {
    case app::http_method::get:
        return http::verb::get;
    case app::http_method::post:
        return http::verb::post;
    case app::http_method::put:
        return http::verb::put;
    case app::http_method::patch:
        return http::verb::patch;
    case app::http_method::delete_:
        return http::verb::delete_;
    default:
        return http::verb::head;
    }
}

struct http_place {
    std::string name;   // for people
    std::string host;   // Host
    std::string prefix; // before every target: a path the server is mounted at
    std::string bearer; // empty: none
};

// `Stream` is one of the three above; `Connect` makes and connects one: std::unique_ptr<Stream>(io_context&).
template <class Stream, class Connect>
class http_client final : public admin_client {
public:
    http_client(http_place place, Connect connect) : place_(std::move(place)), connect_(std::move(connect)) {
        stream_ = connect_(context_); // so that a wrong place is known before anything is asked of a person
        used_at_ = std::chrono::steady_clock::now();
    }

    admin_answer call(app::http_method method, std::string target, std::string json_body) override {
        if (std::chrono::steady_clock::now() - used_at_ > idle_time_max) {
            stream_.reset();
        }
        if (!stream_) {
            stream_ = connect_(context_);
        }
        http::request<http::string_body> request(verb_of(method), place_.prefix + target, 11);
        add_who_asks(request);
        request.set(http::field::accept, "application/json");
        if (!json_body.empty()) {
            request.set(http::field::content_type, "application/json");
            request.body() = std::move(json_body);
        }
        if (!request.body().empty() || method != app::http_method::get) {
            request.content_length(request.body().size());
        }
        return exchange(request);
    }

    stream_end stream(std::string target, std::string last_id,
                      const std::function<bool(std::string_view)>& take) override {
        if (!stream_) {
            stream_ = connect_(context_);
        }
        http::request<http::empty_body> request(http::verb::get, place_.prefix + target, 11);
        add_who_asks(request);
        request.set(http::field::accept, "text/event-stream");
        if (!last_id.empty()) {
            request.set("Last-Event-ID", last_id);
        }
        beast::get_lowest_layer(*stream_).expires_after(answer_time_);
        error_code failed = finish(context_, [&](auto done) { http::async_write(*stream_, request, std::move(done)); });
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(boost::none);
        parser.header_limit(answer_header_size_max);
        beast::flat_buffer buffer;
        if (!failed) {
            failed = finish(context_,
                            [&](auto done) { http::async_read_header(*stream_, buffer, parser, std::move(done)); });
        }
        if (failed) {
            stream_.reset();
            unreachable(place_.name, "no answer: " + failed.message());
        }
        stream_end out = is_stream(parser.get()) ? read_stream(buffer, parser, take)
                                                 : stream_end{refusal_of(buffer, std::move(parser)), false, {}};
        stream_.reset(); // what is left of a stream is not read
        return out;
    }

    void set_answer_time(std::chrono::seconds limit) override { answer_time_ = limit; }
    std::string place() const override { return place_.name; }

private:
    template <class Request>
    void add_who_asks(Request& request) const {
        request.set(http::field::host, place_.host);
        request.set(http::field::user_agent, "pawlctl/" + std::string(program_version));
        if (!place_.bearer.empty()) {
            request.set(http::field::authorization, "Bearer " + place_.bearer);
        }
    }

    static bool is_stream(const http::response<http::buffer_body>& head) {
        return head.result() == http::status::ok && head[http::field::content_type].starts_with("text/event-stream");
    }

    admin_answer refusal_of(beast::flat_buffer& buffer, http::response_parser<http::buffer_body>&& head) {
        http::response_parser<http::string_body> parser(std::move(head));
        parser.body_limit(answer_size_max);
        const error_code failed =
            finish(context_, [&](auto done) { http::async_read(*stream_, buffer, parser, std::move(done)); });
        if (failed) {
            unreachable(place_.name, "no answer: " + failed.message());
        }
        return {parser.get().result_int(), std::move(parser.get().body())};
    }

    stream_end read_stream(beast::flat_buffer& buffer, http::response_parser<http::buffer_body>& parser,
                           const std::function<bool(std::string_view)>& take) {
        std::array<char, 16 * 1024> piece{};
        while (!parser.is_done()) {
            parser.get().body().data = piece.data();
            parser.get().body().size = piece.size();
            parser.get().body().more = true;
            beast::get_lowest_layer(*stream_).expires_after(stream_silence_max);
            const error_code failed =
                finish(context_, [&](auto done) { http::async_read_some(*stream_, buffer, parser, std::move(done)); });
            const std::size_t got = piece.size() - parser.get().body().size;
            if (got > 0 && !take({piece.data(), got})) {
                return {{}, true, {}};
            }
            if (failed && failed != http::error::need_buffer) {
                return {{}, false, "the connection was lost: " + failed.message()};
            }
        }
        return {{}, false, "the server ended the stream"};
    }

    admin_answer exchange(const http::request<http::string_body>& request) {
        auto& socket = beast::get_lowest_layer(*stream_);
        socket.expires_after(answer_time_);
        // What could not be sent may have been answered: a server that refuses a large body closes early.
        const error_code sent =
            finish(context_, [&](auto done) { http::async_write(*stream_, request, std::move(done)); });
        http::response_parser<http::string_body> parser;
        parser.body_limit(answer_size_max);
        parser.header_limit(answer_header_size_max);
        beast::flat_buffer buffer;
        const error_code received =
            finish(context_, [&](auto done) { http::async_read(*stream_, buffer, parser, std::move(done)); });
        if (received) {
            stream_.reset();
            unreachable(place_.name, "no answer: " + (sent ? sent : received).message());
        }
        used_at_ = std::chrono::steady_clock::now();
        if (!parser.get().keep_alive() || sent) {
            stream_.reset();
        }
        return {parser.get().result_int(), std::move(parser.get().body())};
    }

    http_place place_;
    Connect connect_;
    std::chrono::seconds answer_time_ = answer_time_max;
    asio::io_context context_{1};
    std::unique_ptr<Stream> stream_;
    std::chrono::steady_clock::time_point used_at_;
};

template <class Stream, class Connect>
std::unique_ptr<admin_client> client_of(http_place place, Connect connect) {
    return std::make_unique<http_client<Stream, Connect>>(std::move(place), std::move(connect));
}

} // namespace pawl::tools
