#include "app/egress/http_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace pawl::app {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr auto in_place = asio::as_tuple(asio::use_awaitable);
constexpr unsigned status_min = 100, status_max = 599, status_final = 200;
constexpr std::size_t read_ahead_max = 64 * 1024;

std::string text_of(const egress_request& request) {
    std::string out = request.method + " " + request.path + " HTTP/1.1\r\nHost: " + request.authority + "\r\n";
    for (const auto& [name, value] : request.fields) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
    out += "Accept-Encoding: identity\r\nContent-Length: " + std::to_string(request.body.size()) +
           "\r\nConnection: close\r\n\r\n" + request.body;
    return out;
}

// The answer, after those of 1xx that announce it. A new parser for each.
asio::awaitable<bool> read_answer(egress_connection& over, std::size_t body_max, egress_answer& out) {
    boost::beast::flat_buffer buffer(egress_header_size_max + read_ahead_max);
    for (unsigned interim = 0; interim <= egress_interim_answers_max; ++interim) {
        http::response_parser<http::string_body> parser;
        parser.header_limit(egress_header_size_max);
        if (body_max > 0) {
            parser.body_limit(body_max);
        } else { // it is not read, however long it says that it is
            parser.body_limit(boost::none);
        }
        const auto [no_header, header_size] = co_await http::async_read_header(over, buffer, parser, in_place);
        if (no_header) {
            co_return over.fail(no_header);
        }
        const unsigned status = parser.get().result_int();
        if (status < status_min || status > status_max) {
            co_return over.fail(http::make_error_code(http::error::bad_status));
        }
        if (status < status_final) {
            continue;
        }
        if (body_max > 0) {
            const auto [no_body, body_size] = co_await http::async_read(over, buffer, parser, in_place);
            if (no_body) {
                co_return over.fail(no_body);
            }
            out.body = std::move(parser.get().body());
        }
        out.status = status;
        co_return true;
    }
    co_return over.fail("no answer but interim ones");
}

} // namespace

asio::awaitable<egress_answer> exchange_http(asio::io_context& io, const egress_destination& to,
                                             egress_request request) {
    egress_connection over(io, to, std::chrono::steady_clock::now() + egress_time_max);
    egress_answer out;
    bool good = co_await over.connect();
    if (good && to.trust) {
        good = co_await over.shake_hands();
    }
    if (good) {
        const std::string text = text_of(request);
        const auto [failed, size] = co_await asio::async_write(over, asio::buffer(text), in_place);
        good = !failed || over.fail(failed);
    }
    if (good) {
        good = co_await read_answer(over, request.answer_size_max, out);
    }
    if (!good) {
        out = {0, over.why(), {}};
    }
    co_return out;
}

} // namespace pawl::app
