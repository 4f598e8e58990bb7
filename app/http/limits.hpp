// Every bound of the HTTP side, named. docs/decisions/0006-http-gate.md says how a request is held to them.
#pragma once

#include <chrono>
#include <cstddef>

namespace pawl::app {

// What one request may take. A request beyond any of these is answered and its connection closed.
inline constexpr std::size_t header_block_size_max = 8 * 1024; // request line, fields and the empty line; else 431
inline constexpr std::size_t target_size_max = 1024;           // else 414
// The same of the paths that take long targets (app/http/request_target.hpp).
inline constexpr std::size_t long_header_block_size_max = 16 * 1024;
inline constexpr std::size_t long_target_size_max = 6 * 1024;
inline constexpr std::size_t header_count_max = 64;     // else 431
inline constexpr std::size_t body_size_max = 16 * 1024; // else 413
inline constexpr std::size_t cookie_lines_max = 16; // Cookie fields, which HTTP/2 proxies send one a cookie; else 431
// A chunked body: what its framing may take. Beyond chunked_wire_size_max in all 413, else 400.
inline constexpr std::size_t chunk_size_digits_max = 8;     // hex digits of one size
inline constexpr std::size_t chunk_extension_size_max = 64; // bytes after a size, skipped
inline constexpr std::size_t chunk_line_size_max = chunk_size_digits_max + chunk_extension_size_max + 2; // with CR LF
inline constexpr std::size_t chunked_wire_size_max = 128 * 1024;
inline constexpr std::size_t method_size_max = 16;     // longer than any registered method; else 400
inline constexpr std::size_t request_id_size_max = 64; // of an X-Request-Id that a client brings along
inline constexpr std::size_t agent_read_max = 1024;    // bytes of a User-Agent that are looked at

// A connection's input buffer: what an idle connection holds, and the most one message needs.
inline constexpr std::size_t input_buffer_size_initial = 4 * 1024;
inline constexpr std::size_t input_buffer_size_max = long_header_block_size_max + body_size_max + chunk_line_size_max;
// An output buffer larger than this is given back once its response is written.
inline constexpr std::size_t output_buffer_size_kept = 16 * 1024;

// After an answer that ends a connection with bytes of the client still under way: read and thrown away, so that the
// answer isn't lost to a reset.
inline constexpr std::size_t linger_size_max = 256 * 1024;
inline constexpr std::chrono::milliseconds linger_time_max{1000};

// How long each phase of a connection may take. One set per server; tests pass shorter ones.
struct phase_deadlines {
    std::chrono::milliseconds header{5'000};    // from a request's first byte to the end of its header; else 408
    std::chrono::milliseconds body{5'000};      // from there to the end of its body; else 408
    std::chrono::milliseconds idle{75'000};     // between requests, and before the first; closed without a word
    std::chrono::milliseconds write{10'000};    // one response; closed
    std::chrono::milliseconds drain{10'000};    // requests in flight at a stop
    std::chrono::milliseconds handshake{5'000}; // of TLS, from the accept on; closed
};
// Deadlines are looked at this often at most and at least (the sweep of one io thread).
inline constexpr std::chrono::milliseconds sweep_interval_max{500};
inline constexpr std::chrono::milliseconds sweep_interval_min{5};

// How many connections at once. Over the limit: 503 and closed.
struct connection_caps {
    std::size_t total = 8192;    // lowered to what RLIMIT_NOFILE leaves
    std::size_t per_peer = 1024; // by IPv4 address or IPv6 /64; not for Unix sockets nor trusted proxies
};
inline constexpr std::size_t descriptors_reserved = 64; // of RLIMIT_NOFILE, for files, timers and listeners
inline constexpr int listen_backlog = 1024;
inline constexpr int accept_batch_max = 64; // connections taken before other work of the thread has its turn
inline constexpr std::chrono::milliseconds accept_pause{100}; // after EMFILE and its like
inline constexpr unsigned io_threads_max = 256;

// How often the wall clock is looked at: a leap is told of, and adopted or not, that much later.
inline constexpr std::chrono::seconds clock_look_interval{1};
// How often the certificate's files are looked at; SIGHUP reads them at once.
inline constexpr std::chrono::seconds certificate_look_interval{10};
// Strict-Transport-Security where we speak TLS ourselves, with a certificate that others vouch for: a year.
inline constexpr std::chrono::seconds strict_transport_age{365 * 86400};

// GET /admin/events.
inline constexpr std::size_t event_streams_max = 32;  // at once; else 503
inline constexpr std::size_t event_catch_ups_max = 4; // of them reading the disk, a segment in memory each; else 503
inline constexpr std::size_t event_ring_bytes_max = 8 * 1024 * 1024; // of the log in memory, for all who watch together
inline constexpr std::size_t event_records_at_once = 2048;           // looked at before others have their turn
inline constexpr std::size_t event_text_at_once = 64 * 1024;         // written at once, and one event more
inline constexpr std::chrono::milliseconds event_heartbeat{15'000};
inline constexpr std::chrono::milliseconds event_reconnect_time{2'000}; // what clients are told to wait

// Hops of Forwarded or X-Forwarded-For that are looked at, from the right.
inline constexpr std::size_t forwarded_hops_max = 32;
inline constexpr std::chrono::seconds cors_preflight_age{600};

static_assert(input_buffer_size_initial <= header_block_size_max);
static_assert(target_size_max < header_block_size_max && long_target_size_max < header_block_size_max);
static_assert(header_block_size_max < long_header_block_size_max);

} // namespace pawl::app
