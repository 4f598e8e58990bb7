// The texts that option values are written in, and what they mean. Pure; every parser gives nothing for text it does
// not take, and takes no text in two ways.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

// Decimal digits only, no sign, no spaces; std::nullopt if it would not fit.
std::optional<std::int64_t> parse_count(std::string_view text);

// Integer seconds, or an integer with a suffix s, m, h or d: "90", "90s", "15m", "36h", "14d".
std::optional<seconds> parse_duration(std::string_view text);
// In the largest unit that divides it: 1209600 s is "14d", 90 s is "90s".
std::string format_duration(seconds s);

// Bytes: an integer, or with a suffix KiB, MiB or GiB.
std::optional<std::int64_t> parse_size(std::string_view text);
std::string format_size(std::int64_t bytes);

// "1", "true", "yes", "on" and their opposites, in any case.
std::optional<bool> parse_flag(std::string_view text);

// So many attempts within so long: "10/5m"; "off" is no limit (count 0).
struct attempt_limit {
    std::uint32_t count = 0;
    seconds window{0};
    bool limited() const { return count != 0; }
    friend bool operator==(const attempt_limit&, const attempt_limit&) = default;
};
inline constexpr std::int64_t attempt_count_max = 1'000'000;
inline constexpr seconds attempt_window_max{86400};
std::optional<attempt_limit> parse_attempt_limit(std::string_view text);
std::string format_attempt_limit(const attempt_limit& limit);

// Where to listen: "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (127.0.0.1; ::1 on a host without IPv4),
// "unix:/path".
struct listen_address {
    std::string unix_path; // not empty: a Unix socket, and the rest means nothing
    peer_address address;
    bool is_v6 = false;        // written as IPv6, so that [::] and 0.0.0.0 stay different
    bool is_localhost = false; // the host's loopback address, whichever of the two it has
    std::uint16_t port = 0;

    bool is_unix() const { return !unix_path.empty(); }
    bool is_loopback() const;    // 127.0.0.0/8 or ::1
    bool is_unspecified() const; // 0.0.0.0 or [::]
    std::string host() const;    // "127.0.0.1", "::1"; empty for a Unix socket
    std::string text() const;    // as an option is written
    std::string to_bind() const; // for bind_listener: as text(), but "localhost:8080" for the host's loopback
    std::string url() const;     // "http://127.0.0.1:8080", no slash at the end; empty for a Unix socket
};
inline constexpr std::size_t unix_path_size_max = 107; // sun_path less its NUL
std::optional<listen_address> parse_listen_address(std::string_view text);

// "https://app.example.com" or "http://localhost:3000": scheme, host, optional port; lower case, nothing behind.
bool is_origin(std::string_view text);
// An http or https URL that may be an issuer (RFC 8414 2): no query, no fragment, no user, visible ASCII, <= 512 bytes.
bool is_issuer(std::string_view text);
inline constexpr std::size_t issuer_size_max = 512;
// A host as the Host header carries it, with or without a port: a DNS name, an IPv4 address or an IPv6 one in brackets.
bool is_host(std::string_view text);
// The host[:port] of an http(s) URL, in lower case; empty where it is none.
std::string authority_of_url(std::string_view url);

} // namespace pawl::app
