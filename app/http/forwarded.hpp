// Whom a request is from, when proxies stand between. Pure.
#pragma once

#include "app/config/proxy_trust.hpp"
#include "core/family/family.hpp"

#include <span>
#include <string_view>

namespace pawl::app {

// The client's address: the direct peer, unless that is a trusted proxy. Then the right-most hop that is not trusted
// (RFC 7239 5.2 `for=`, or X-Forwarded-For), going left only through hops that are trusted themselves. Where a hop is
// unknown, obfuscated or garbled, the last good one stands. Lines are the header's field lines in the order received.
// When both headers are there and don't agree, one of them is not the proxy's: the direct peer stands.
peer_address client_address(const peer_address& direct, std::span<const std::string_view> forwarded_lines,
                            std::span<const std::string_view> x_forwarded_for_lines, const proxy_trust& trusted);

} // namespace pawl::app
