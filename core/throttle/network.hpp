// What is counted as one network: an IPv4 address, or the /64 of an IPv6 one, which is one customer.
#pragma once

#include "core/family/family.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace pawl {

inline constexpr std::size_t ipv6_network_bytes = 8; // a /64

inline peer_address network_of(const peer_address& a) {
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(mapped.begin(), mapped.end(), a.bytes.begin())) {
        return a;
    }
    peer_address network;
    std::copy_n(a.bytes.begin(), ipv6_network_bytes, network.bytes.begin());
    return network;
}

} // namespace pawl
