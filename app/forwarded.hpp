// Whom a request is from, when proxies stand between. Pure.
#pragma once

#include "core/family/family.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pawl::app {

// A range of addresses, IPv4 as mapped IPv6.
struct address_block {
    peer_address base;
    unsigned prefix = 128; // bits of the 16 bytes
    bool contains(const peer_address& a) const;
};

// "10.0.0.0/8", "2001:db8::/32", or one address. Nothing for other text, or where bits after the prefix are set.
std::optional<address_block> address_block_from_text(std::string_view text);

bool is_trusted(const peer_address& a, std::span<const address_block> trusted);

// Whose forwarded headers are believed. Who can write to a Unix socket is decided by the socket's mode, not here.
struct proxy_trust {
    std::vector<address_block> blocks;
    bool unix_sockets = false; // peers on Unix sockets, which have no address

    bool trusts(const peer_address& direct) const {
        return is_trusted(direct, blocks) || (unix_sockets && direct == peer_address{});
    }
};
inline constexpr std::string_view trusted_unix = "unix"; // as --trusted-proxy has it

// The client's address: the direct peer, unless that is a trusted proxy. Then the right-most hop that is not trusted
// (RFC 7239 5.2 `for=`, or X-Forwarded-For), going left only through hops that are trusted themselves. Where a hop is
// unknown, obfuscated or garbled, the last good one stands. Lines are the header's field lines in the order received.
// When both headers are there and don't agree, one of them is not the proxy's: the direct peer stands.
peer_address client_address(const peer_address& direct, std::span<const std::string_view> forwarded_lines,
                            std::span<const std::string_view> x_forwarded_for_lines, const proxy_trust& trusted);

} // namespace pawl::app
