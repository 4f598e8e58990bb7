#include "app/http/response.hpp"

#include "app/http/limits.hpp"
#include "core/hex.hpp"
#include "core/secret.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <strings.h>

namespace pawl::app {
namespace {

std::string_view reason_of_success(unsigned status) {
    switch (status) {
    case 100:
        return "Continue";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    default:
        return "Status";
    }
}

std::string_view reason_of_refusal(unsigned status) {
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 417:
        return "Expectation Failed";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Status";
    }
}

// RFC 9110 15: status phrases.
std::string_view reason_of(unsigned status) {
    return status < 400 ? reason_of_success(status) : reason_of_refusal(status);
}

constexpr std::string_view always = "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
constexpr std::string_view default_policy = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
constexpr std::string_view default_caching = "Cache-Control: no-store\r\n";

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_token(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

// Beast 1.81 would not look either (its #3105): nothing but this keeps a value from becoming a header or a response.
bool is_safe_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) {
        const auto b = static_cast<unsigned char>(c);
        return (b < 0x20 && b != '\t') || b == 0x7f;
    });
}

void append_number(std::string& out, std::size_t n) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
}

void append_own_headers(std::string& out, const http_response& response) {
    bool has_policy = false;
    bool has_caching = false;
    for (const auto& [name, value] : response.headers) {
        if (!is_token(name) || !is_safe_value(value) || same_name(name, "content-length") ||
            same_name(name, "transfer-encoding") || same_name(name, "connection")) {
            throw std::logic_error("response header that would break the message: " + std::string(name));
        }
        has_policy |= same_name(name, "content-security-policy");
        has_caching |= same_name(name, "cache-control");
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!has_policy) {
        out.append(default_policy);
    }
    if (!has_caching) {
        out.append(default_caching);
    }
}

// RFC 9112 9.3. Clients that keep connections in a pool stop using one before the time that Keep-Alive says, so none
// sends a request into a connection that is being closed.
void append_persistence(std::string& out, const response_facts& facts) {
    if (!facts.keep_alive) {
        out.append("Connection: close\r\n");
        return;
    }
    if (!facts.http_1_1) {
        out.append("Connection: keep-alive\r\n");
    }
    if (facts.idle_timeout.count() > 0) {
        out.append("Keep-Alive: timeout=");
        append_number(out, static_cast<std::size_t>(facts.idle_timeout.count()));
        out.append("\r\n");
    }
}

} // namespace

std::string_view date_cache::text() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != second_) {
        second_ = now.tv_sec;
        std::tm t{};
        gmtime_r(&second_, &t);
        // Not strftime: names must not depend on a locale.
        static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const int n =
            std::snprintf(text_.data(), text_.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                          days[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                          months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
        size_ = std::min(static_cast<std::size_t>(std::max(n, 0)), text_.size() - 1);
    }
    return {text_.data(), size_};
}

request_id_source::~request_id_source() {
    wipe(bytes_.data(), bytes_.size());
}

void request_id_source::next(std::string& out) {
    constexpr std::size_t id_size = 16;
    static_assert(sizeof bytes_ % id_size == 0);
    if (used_ == bytes_.size()) {
        std::size_t got = 0;
        while (got < bytes_.size()) {
            const ssize_t n = getrandom(bytes_.data() + got, bytes_.size() - got, 0);
            if (n < 0 && errno != EINTR) {
                std::abort(); // since Linux 3.17 there is nothing that fails here but a missing system call
            }
            got += n > 0 ? static_cast<std::size_t>(n) : 0;
        }
        used_ = 0;
    }
    out.resize(id_size * 2);
    put_hex(bytes_.data() + used_, id_size, out.data());
    used_ += id_size;
}

bool is_good_request_id(std::string_view text) {
    return !text.empty() && text.size() <= request_id_size_max && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

void append_response(std::string& out, const http_response& response, const response_facts& facts) {
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out.append(" ").append(reason_of(response.status)).append("\r\nDate: ").append(facts.date);
    out.append("\r\nX-Request-Id: ").append(facts.request_id).append(always);
    if (facts.strict_transport) {
        out.append("Strict-Transport-Security: max-age=");
        append_number(out, static_cast<std::size_t>(strict_transport_age.count()));
        out.append("\r\n");
    }
    append_own_headers(out, response);
    const std::size_t body_size = response.static_body.empty() ? response.body.size() : response.static_body.size();
    const bool may_have_body = response.status >= 200 && response.status != 204 && response.status != 304;
    if (!may_have_body && body_size > 0) {
        throw std::logic_error("a body where the status allows none");
    }
    if (may_have_body) {
        if (!response.content_type.empty()) {
            out.append("Content-Type: ").append(response.content_type).append("\r\n");
        }
        if (!response.stream) { // which ends with the connection
            out.append("Content-Length: ");
            append_number(out, body_size);
            out.append("\r\n");
        }
    }
    append_persistence(out, facts);
    out.append("\r\n");
    if (!facts.head_only) {
        out.append(response.body);
    }
}

} // namespace pawl::app
