// One connection: what it reads, decides and writes, without the socket. server.cpp's coroutine carries the bytes.
//
// A state machine that answers "what now?" with an action: so framing, deadlines, keep-alive and the end of a
// connection are tested without sockets, and the coroutine around it is one short loop. One request is in flight at a
// time; bytes of the next stay in the buffer until the answer is written.
#pragma once

#include "app/http/chunked_body.hpp"
#include "app/http/head_check.hpp"
#include "app/http/metrics.hpp"
#include "app/http/response.hpp"
#include "app/http/router.hpp"
#include "app/http/server_settings.hpp"
#include "app/process/logging.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl::app {

// What connections of one io thread share. Used by that thread only, but for what is const.
struct connection_host {
    const server_settings& settings;
    const host_list& hosts;
    const router& routing;
    std::span<const route> routes;
    const metrics& names;
    metrics_shard& counters;
    logger& log;
    std::atomic<bool>* told_of_untrusted = nullptr; // of all threads: forwarded headers that are not believed came
    date_cache date{};
    request_id_source ids{};
    bool draining = false; // no keep-alive any more
    // A warning for 503 at most once a second: clients can bring them about.
    std::chrono::steady_clock::time_point quiet_until{};
    std::uint64_t quieted = 0;
};

class connection {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class action : std::uint8_t {
        read,          // into read_space(), then on_read()
        handle,        // await matched_route().handle with request(), then on_response(), on_exception() ...
        write,         // unsent(), then on_written()
        pull,          // await stream().next(), then on_pulled()
        shutdown_send, // say that nothing more will come, then next()
        end,           // close
    };

    // `peer` is the direct peer; all zero for Unix sockets. `admin`: accepted on the admin socket; its Host may be any.
    connection(connection_host& host, const peer_address& peer, time_point now, bool admin = false);
    ~connection(); // wipes the buffer
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // What to do now. To be called after construction and after each event.
    action next(time_point now);

    std::span<char> read_space() const { return {data_.get() + size_, capacity_ - size_}; }
    // `n` bytes came; with `failed` none will come any more (end of stream, reset, cancelled).
    void on_read(bool failed, std::size_t n, time_point now);
    std::string_view unsent() const;
    void on_written(bool failed, std::size_t n, time_point now);

    const route& matched_route() const { return host_.routes[match_.index]; }
    const http_request& request() const { return request_; }
    void on_response(http_response&& response, time_point now);
    void on_exception(std::string_view what, time_point now);
    // 503: the request may go better in a moment.
    void on_no_memory(time_point now);
    void on_signing_failed(std::string_view what, time_point now);

    response_stream& stream() const { return *stream_; }
    // The client is gone.
    void hang_up();
    // What the stream gave; empty: it has ended.
    void on_pulled(std::string bytes, time_point now);

    // Whether the deadline of what is going on has passed; if so, what waits for the socket must be cancelled.
    bool expire(time_point now);
    // The server drains: true where the connection was idle or sent a stream, and what waits on its socket must be
    // cancelled.
    bool drain();
    // The drain's time is over: ends whatever is going on. True where the socket must be cancelled.
    bool cut();

    const peer_address& peer() const { return peer_; }

private:
    enum class phase : std::uint8_t {
        idle,
        header,
        continuing,
        body,
        handling,
        writing,
        pulling,
        shutting,
        lingering,
        ended
    };

    std::string_view buffered() const { return {data_.get(), size_}; }
    void enter(phase p, time_point now);
    void reserve(std::size_t capacity);
    void reserve_for_body();
    action take_header(time_point now);
    action take_body(time_point now);
    action take_chunks(time_point now);
    action dispatch(time_point now);
    std::optional<http_response> without_slash(std::string_view path) const;
    bool is_served_here() const;
    bool skip_empty_line();
    void refuse(head_refusal why, std::optional<std::string_view> origin, time_point now);
    void answer_problem(request_problem problem, std::string_view detail, std::optional<std::string_view> origin,
                        time_point now);
    const host_list& hosts() const;
    void fill_request();
    peer_address who_asks();
    void join_cookies();
    void respond(http_response&& response, time_point now);
    void note_answer(unsigned status, time_point now);
    std::string_view route_name() const;
    action finish(time_point now);

    connection_host& host_;
    const peer_address peer_;
    const bool admin_;

    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;

    phase phase_ = phase::idle;
    time_point deadline_;
    bool timed_out_ = false;    // the deadline passed while reading a request
    bool closing_ = false;      // after this answer
    bool unread_input_ = false; // the client may still be sending: linger
    std::size_t lingered_ = 0;

    header_scanner scanner_;
    bool empty_line_skipped_ = false;
    request_head head_;
    chunked_body chunks_;
    std::size_t block_size_ = 0;
    http_request request_;
    std::string cookies_; // of several lines, joined; request_ has a view of it
    route_match match_;
    bool holds_secret_ = false; // a body, Authorization or Cookie: wiped once answered
    time_point received_at_;

    std::string out_;
    std::size_t sent_ = 0; // of out_, then of static_body_
    std::string_view static_body_;
    std::shared_ptr<response_stream> stream_; // null but while its bytes are sent
};

} // namespace pawl::app
