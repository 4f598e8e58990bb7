// What the server asks of its egress worker, and what it is told. Each end reads what the other says as it reads
// clients: one value or none. Pure.
#pragma once

#include "app/egress/limits.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

// The places that a worker reaches: the hosts and ports of the configuration, which it knows since before it could be
// taken over. A request names one of them, never a host.
enum class egress_place : std::uint8_t { webhook = 1, relay };

// One HTTP request. Redirects are not followed.
struct egress_request {
    egress_place to = egress_place::webhook;
    std::string method = "POST";
    std::string path;                                        // with the query
    std::string authority;                                   // Host
    std::vector<std::pair<std::string, std::string>> fields; // but Host, Content-Length, Connection, Accept-Encoding
    std::size_t answer_size_max = 0;                         // of the answer's body; 0: it is not read
    std::string body;
};

struct egress_answer {
    unsigned status = 0; // of HTTP; 0: there was no answer
    std::string why;     // where there was none, for the log
    std::string body;
};

// How a worker is closed in: the first that it says, with the id 0.
struct egress_hello {
    bool files = false, calls = false;
    int landlock = 0;
    std::string why; // where one of them is not
};

// std::nullopt if it breaks a bound, or a text would break out of its place in a header.
std::optional<secret_bytes> to_message(const egress_request& request);
std::optional<egress_request> egress_request_from(std::span<const std::uint8_t> message);

// `why` is cut at egress_why_size_max, `body` at egress_body_size_max.
secret_bytes to_message(const egress_answer& answer);
// `body_max`: what was asked for.
std::optional<egress_answer> egress_answer_from(std::span<const std::uint8_t> message, std::size_t body_max);

secret_bytes to_message(const egress_hello& hello);
std::optional<egress_hello> egress_hello_from(std::span<const std::uint8_t> message);

} // namespace pawl::app
