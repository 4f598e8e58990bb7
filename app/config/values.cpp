#include "app/config/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <span>

namespace pawl::app {

namespace {

struct suffix {
    std::string_view text;
    std::int64_t factor;
};
// Largest first: formatting takes the first that divides.
constexpr std::array duration_suffixes{suffix{"d", 86400}, suffix{"h", 3600}, suffix{"m", 60}, suffix{"s", 1}};
constexpr std::array size_suffixes{suffix{"GiB", 1LL << 30}, suffix{"MiB", 1LL << 20}, suffix{"KiB", 1LL << 10}};

std::optional<std::int64_t> parse_scaled(std::string_view text, std::span<const suffix> suffixes) {
    std::int64_t factor = 1;
    for (const suffix& s : suffixes) {
        if (text.ends_with(s.text)) {
            factor = s.factor;
            text.remove_suffix(s.text.size());
            break;
        }
    }
    const auto count = parse_count(text);
    if (!count || *count > std::numeric_limits<std::int64_t>::max() / factor) {
        return std::nullopt;
    }
    return *count * factor;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Parses an address literal of one family; `text` carries no brackets.
std::optional<peer_address> parse_literal(std::string_view text, bool v6) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (text.empty() || text.size() >= buffer.size()) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), buffer.begin());
    peer_address out;
    if (v6) {
        if (inet_pton(AF_INET6, buffer.data(), out.bytes.data()) != 1) {
            return std::nullopt;
        }
        return out;
    }
    out.bytes[10] = out.bytes[11] = 0xff; // ::ffff:a.b.c.d
    if (inet_pton(AF_INET, buffer.data(), out.bytes.data() + 12) != 1) {
        return std::nullopt;
    }
    return out;
}

bool is_mapped_v4(const peer_address& a) {
    return std::all_of(a.bytes.begin(), a.bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
           a.bytes[10] == 0xff && a.bytes[11] == 0xff;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = parse_count(text);
    if (!port || *port > 65535 || text.size() > 5) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(*port);
}

// host[:port]; std::nullopt if it is not. The host is a DNS name, an IPv4 address or an IPv6 one in brackets.
struct authority_parts {
    std::string_view host, port;
};

std::optional<authority_parts> split_authority(std::string_view text) {
    authority_parts parts;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || !parse_literal(text.substr(1, close - 1), true)) {
            return std::nullopt;
        }
        parts.host = text.substr(0, close + 1);
    } else {
        parts.host = text.substr(0, text.find(':'));
        if (parts.host.empty() || parts.host.size() > 253 || parts.host.front() == '.' || parts.host.front() == '-' ||
            !std::ranges::all_of(parts.host, [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; })) {
            return std::nullopt;
        }
    }
    text.remove_prefix(parts.host.size());
    if (!text.empty()) {
        parts.port = text.substr(1);
        const auto number = parse_port(parts.port);
        if (text.front() != ':' || !number || *number == 0) {
            return std::nullopt;
        }
    }
    return parts;
}

struct url_parts {
    std::string_view authority, rest; // rest is empty or starts with '/', '?' or '#'
};

// scheme://host[:port]rest. No user, nothing but visible ASCII.
std::optional<url_parts> split_url(std::string_view text) {
    if (!std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; })) {
        return std::nullopt;
    }
    const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
    if (scheme == 0) {
        return std::nullopt;
    }
    text.remove_prefix(scheme);
    const auto end = std::min(text.find_first_of("/?#"), text.size());
    const url_parts parts{text.substr(0, end), text.substr(end)};
    return split_authority(parts.authority) ? std::optional(parts) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> parse_count(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text[0] == '-' || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<seconds> parse_duration(std::string_view text) {
    const auto value = parse_scaled(text, duration_suffixes);
    return value ? std::optional(seconds(*value)) : std::nullopt;
}

std::string format_duration(seconds s) {
    for (const suffix& unit : duration_suffixes) {
        if (s.count() != 0 && s.count() % unit.factor == 0) {
            return std::to_string(s.count() / unit.factor) + std::string(unit.text);
        }
    }
    return "0s";
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    return parse_scaled(text, size_suffixes);
}

std::string format_size(std::int64_t bytes) {
    for (const suffix& unit : size_suffixes) {
        if (bytes != 0 && bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor) + std::string(unit.text);
        }
    }
    return std::to_string(bytes);
}

std::optional<bool> parse_flag(std::string_view text) {
    const std::string word = lower(text);
    if (word == "1" || word == "true" || word == "yes" || word == "on") {
        return true;
    }
    if (word == "0" || word == "false" || word == "no" || word == "off") {
        return false;
    }
    return std::nullopt;
}

std::optional<attempt_limit> parse_attempt_limit(std::string_view text) {
    if (text == "off") {
        return attempt_limit{};
    }
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto count = parse_count(text.substr(0, slash));
    const auto window = parse_duration(text.substr(slash + 1));
    if (!count || *count < 1 || *count > attempt_count_max || !window || window->count() < 1 ||
        *window > attempt_window_max) {
        return std::nullopt;
    }
    return attempt_limit{static_cast<std::uint32_t>(*count), *window};
}

std::string format_attempt_limit(const attempt_limit& limit) {
    return limit.limited() ? std::to_string(limit.count) + "/" + format_duration(limit.window) : "off";
}

bool listen_address::is_loopback() const {
    if (is_unix()) {
        return false;
    }
    if (is_mapped_v4(address)) {
        return address.bytes[12] == 127;
    }
    return address.bytes[15] == 1 &&
           std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool listen_address::is_unspecified() const {
    const auto first = is_mapped_v4(address) ? address.bytes.begin() + 12 : address.bytes.begin();
    return !is_unix() && std::all_of(first, address.bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::string listen_address::host() const {
    if (is_unix()) {
        return {};
    }
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (is_v6) {
        inet_ntop(AF_INET6, address.bytes.data(), buffer.data(), buffer.size());
    } else {
        inet_ntop(AF_INET, address.bytes.data() + 12, buffer.data(), buffer.size());
    }
    return buffer.data();
}

std::string listen_address::text() const {
    if (is_unix()) {
        return "unix:" + unix_path;
    }
    return (is_v6 ? "[" + host() + "]" : host()) + ":" + std::to_string(port);
}

std::string listen_address::to_bind() const {
    return is_localhost ? "localhost:" + std::to_string(port) : text();
}

std::string listen_address::url() const {
    return is_unix() ? std::string() : "http://" + text();
}

std::optional<listen_address> parse_listen_address(std::string_view text) {
    listen_address out;
    if (text.starts_with("unix:")) {
        out.unix_path = text.substr(5);
        if (out.unix_path.empty() || out.unix_path.size() > unix_path_size_max ||
            out.unix_path.find('\0') != std::string::npos) {
            return std::nullopt;
        }
        return out;
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parse_port(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    out.is_v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (out.is_v6) {
        host = host.substr(1, host.size() - 2);
    }
    out.is_localhost = host == "localhost";
    const auto address = parse_literal(out.is_localhost ? std::string_view("127.0.0.1") : host, out.is_v6);
    if (!port || !address) {
        return std::nullopt;
    }
    out.address = *address;
    out.port = *port;
    return out;
}

bool is_origin(std::string_view text) {
    const auto parts = split_url(text);
    return parts && parts->rest.empty() && text.size() <= issuer_size_max && lower(text) == text;
}

bool is_issuer(std::string_view text) {
    const auto parts = split_url(text);
    return parts && text.size() <= issuer_size_max && parts->rest.find_first_of("?#") == std::string_view::npos;
}

bool is_host(std::string_view text) {
    return !text.empty() && split_authority(text).has_value();
}

std::string authority_of_url(std::string_view url) {
    const auto parts = split_url(url);
    return parts ? lower(parts->authority) : std::string();
}

} // namespace pawl::app
