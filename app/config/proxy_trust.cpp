#include "app/config/proxy_trust.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pawl::app {

std::optional<peer_address> peer_address_from_text(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN] = {};
    if (text.empty() || text.size() >= sizeof buffer) {
        return std::nullopt;
    }
    std::memcpy(buffer, text.data(), text.size());
    peer_address a;
    if (inet_pton(AF_INET, buffer, a.bytes.data() + 12) == 1) {
        a.bytes[10] = a.bytes[11] = 0xff;
        return a;
    }
    if (inet_pton(AF_INET6, buffer, a.bytes.data()) == 1) {
        return a;
    }
    return std::nullopt;
}

bool address_block::contains(const peer_address& a) const {
    const unsigned whole = prefix / 8;
    if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, a.bytes.begin())) {
        return false;
    }
    const unsigned rest = prefix % 8;
    return rest == 0 || ((base.bytes[whole] ^ a.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<address_block> address_block_from_text(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view address_text = text.substr(0, slash);
    const std::optional<peer_address> base = peer_address_from_text(address_text);
    if (!base) {
        return std::nullopt;
    }
    const bool v4 = address_text.find(':') == std::string_view::npos;
    unsigned bits = v4 ? 32 : 128;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        unsigned given = 0;
        const char* const last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, given);
        if (digits.empty() || error != std::errc() || end != last || given > bits) {
            return std::nullopt;
        }
        bits = given;
    }
    address_block block{*base, v4 ? bits + 96 : bits};
    for (unsigned bit = block.prefix; bit < 128; ++bit) {
        if ((block.base.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
            return std::nullopt;
        }
    }
    return block;
}

bool is_trusted(const peer_address& a, std::span<const address_block> trusted) {
    return std::any_of(trusted.begin(), trusted.end(), [&](const address_block& b) { return b.contains(a); });
}

} // namespace pawl::app
