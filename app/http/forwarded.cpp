#include "app/http/forwarded.hpp"

#include "app/http/limits.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace pawl::app {
namespace {

bool is_port(std::string_view text) {
    unsigned number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return !text.empty() && text.size() <= 5 && error == std::errc() && end == last && number <= 65535;
}

// A node of RFC 7239 6 that is an address: "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80"; a bare IPv6 address as
// X-Forwarded-For has it.
std::optional<peer_address> node_address(std::string_view node) {
    if (node.starts_with('[')) {
        const std::size_t end = node.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view port = node.substr(end + 1);
        if (!port.empty() && (port[0] != ':' || !is_port(port.substr(1)))) {
            return std::nullopt;
        }
        const std::string_view inner = node.substr(1, end - 1);
        return inner.find(':') == std::string_view::npos ? std::nullopt : peer_address_from_text(inner);
    }
    const std::size_t colon = node.find(':');
    if (colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos) {
        return is_port(node.substr(colon + 1)) ? peer_address_from_text(node.substr(0, colon)) : std::nullopt;
    }
    return peer_address_from_text(node);
}

// The `for` of one forwarded-element, unquoted; empty where there is none or the element is malformed.
std::string_view for_of(std::string_view element) {
    std::string_view found;
    while (!element.empty()) {
        bool quoted = false;
        std::size_t end = 0;
        for (; end < element.size() && (quoted || element[end] != ';'); ++end) {
            quoted ^= element[end] == '"';
        }
        const std::string_view pair = trim(element.substr(0, end));
        element.remove_prefix(std::min(end + 1, element.size()));
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            return {};
        }
        const std::string_view name = pair.substr(0, equals);
        std::string_view value = pair.substr(equals + 1);
        if (name.size() != 3 || strncasecmp(name.data(), "for", 3) != 0) {
            continue;
        }
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        if (!found.empty()) {
            return {}; // RFC 7239 4: once per element
        }
        found = value;
    }
    return found;
}

// The start of the last comma-separated element of `line`; quotes hide commas (RFC 7239 only). Quotes are paired from
// the right, where the trusted proxy wrote: one left open by a client further left can't swallow what the proxy
// appended.
std::size_t last_element(std::string_view line, bool quotes) {
    bool quoted = false;
    for (std::size_t i = line.size(); i > 0; --i) {
        quoted ^= quotes && line[i - 1] == '"';
        if (line[i - 1] == ',' && !quoted) {
            return i;
        }
    }
    return 0;
}

peer_address walk(const peer_address& direct, std::span<const std::string_view> lines, bool rfc_7239,
                  std::span<const address_block> trusted) {
    peer_address last_good = direct;
    std::size_t hops = 0;
    for (std::size_t n = lines.size(); n-- > 0;) {
        std::string_view line = lines[n];
        while (!trim(line).empty()) {
            if (++hops > forwarded_hops_max) {
                return last_good;
            }
            const std::size_t begin = last_element(line, rfc_7239);
            const std::string_view element = trim(line.substr(begin));
            line = line.substr(0, begin == 0 ? 0 : begin - 1);
            const std::optional<peer_address> hop = node_address(rfc_7239 ? for_of(element) : element);
            if (!hop || *hop == peer_address{}) { // "::" is the address of no one, and here it means none
                return last_good;
            }
            if (!is_trusted(*hop, trusted)) {
                return *hop;
            }
            last_good = *hop;
        }
    }
    return last_good;
}

} // namespace

peer_address client_address(const peer_address& direct, std::span<const std::string_view> forwarded_lines,
                            std::span<const std::string_view> x_forwarded_for_lines, const proxy_trust& trusted) {
    if ((forwarded_lines.empty() && x_forwarded_for_lines.empty()) || !trusted.trusts(direct)) {
        return direct;
    }
    const peer_address a = walk(direct, forwarded_lines, true, trusted.blocks);
    const peer_address b = walk(direct, x_forwarded_for_lines, false, trusted.blocks);
    if (x_forwarded_for_lines.empty() || a == b) {
        return a;
    }
    return forwarded_lines.empty() ? b : direct;
}

} // namespace pawl::app
