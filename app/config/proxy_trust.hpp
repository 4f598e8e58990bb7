// Whose forwarded headers are believed (--trusted-proxy). Pure.
#pragma once

#include "core/family/family.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pawl::app {

// An IPv4 address as mapped IPv6, or an IPv6 address; std::nullopt for other text.
std::optional<peer_address> peer_address_from_text(std::string_view text);

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

} // namespace pawl::app
