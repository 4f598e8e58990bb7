// Every bound of the way out, named.
#pragma once

#include <chrono>
#include <cstddef>

namespace pawl::app {

inline constexpr std::size_t egress_exchanges_max = 64;             // under way at once
inline constexpr std::chrono::milliseconds egress_time_max{15'000}; // one exchange, from its name to its answer
inline constexpr std::chrono::milliseconds egress_time_slack{
    2'000};                                                      // after which a worker that is silent is not believed
inline constexpr std::size_t egress_header_size_max = 8 * 1024;  // of what a receiver answers
inline constexpr std::size_t egress_body_size_max = 1024 * 1024; // of a request to or an answer of an HTTP server
inline constexpr std::size_t egress_text_size_max = 8 * 1024;    // a path, a header's value
inline constexpr std::size_t egress_fields_max = 32;             // header fields of a request
inline constexpr std::size_t egress_why_size_max = 1024;         // why there was no answer
inline constexpr unsigned egress_interim_answers_max = 4;        // 1xx before the answer

// A message between the server and its worker, and the packets that it is cut into: below the 208 KiB that a socket of
// Linux takes by default.
inline constexpr std::size_t egress_message_size_max = egress_body_size_max + 768 * 1024;
inline constexpr std::size_t egress_packet_size_max = 32 * 1024;

// Deaths of workers within a minute; after more, none is made for a minute.
inline constexpr std::size_t egress_deaths_max = 5;
inline constexpr std::chrono::seconds egress_deaths_window{60};
inline constexpr std::chrono::seconds egress_pause{60};
// How often a worker looks whether the resolver's files were replaced.
inline constexpr std::chrono::seconds egress_renewal_interval{10};

} // namespace pawl::app
