// From an http_response to the bytes on the wire, and what every response carries.
#pragma once

#include "app/http/message.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace pawl::app {

// The Date header's value (RFC 9110 5.6.7), made once a second. One thread.
class date_cache {
public:
    // Valid until the next call.
    std::string_view text();

private:
    std::time_t second_ = -1;
    std::array<char, 40> text_{};
    std::size_t size_ = 0;
};

// Request ids: 128 random bits in 32 lower-case hex digits, from getrandom(2) in batches. One thread.
class request_id_source {
public:
    ~request_id_source();
    void next(std::string& out);

private:
    std::array<std::uint8_t, 4096> bytes_{};
    std::size_t used_ = sizeof bytes_;
};

// Whether a client's X-Request-Id may be taken over: [A-Za-z0-9._-], 1 to request_id_size_max.
bool is_good_request_id(std::string_view text);

struct response_facts {
    std::string_view date;
    std::string_view request_id;
    bool http_1_1 = true;
    bool keep_alive = true;
    bool head_only = false;               // answers HEAD: the length of a body, but none
    bool strict_transport = false;        // Strict-Transport-Security
    std::chrono::seconds idle_timeout{0}; // said as Keep-Alive: timeout= where it is kept alive; 0: not said
};

// Appends status line, headers and body (not static_body: that is sent from where it lies). Adds Date, X-Request-Id,
// nosniff, Referrer-Policy, and unless the response has its own: Content-Security-Policy and Cache-Control: no-store.
// Throws std::logic_error where a header would split the response: a defect of ours.
void append_response(std::string& out, const http_response& response, const response_facts& facts);

} // namespace pawl::app
