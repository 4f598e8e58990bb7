#include "core/account/link_limits.hpp"

#include "core/throttle/network.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace pawl {

link_limits::link_limits(random_source& random)
    : quarters_(slots, links_of_an_address.window), days_(slots, links_of_an_address_a_day.window),
      networks_(slots, links_of_a_network.window) {
    static_assert(crypto_generichash_KEYBYTES_MIN == std::tuple_size_v<decltype(key_)>);
    random.fill(key_);
}

// Keyed: a client chooses addresses, but not where they fall.
std::uint64_t link_limits::hash(std::string_view what, const peer_address& network) const {
    crypto_generichash_state state;
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> digest{};
    crypto_generichash_init(&state, key_.data(), key_.size(), digest.size());
    crypto_generichash_update(&state, network.bytes.data(), network.bytes.size());
    crypto_generichash_update(&state, reinterpret_cast<const std::uint8_t*>(what.data()), what.size());
    crypto_generichash_final(&state, digest.data(), digest.size());
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value == 0 ? 1 : value; // 0 means an empty place
}

std::optional<seconds> link_limits::take_of_network(const peer_address& from, timestamp_ms now) {
    if (from == peer_address{}) {
        return std::nullopt;
    }
    const std::uint64_t key = hash({}, network_of(from));
    const milliseconds wait = networks_.wait(key, links_of_a_network.mails, now);
    if (wait > milliseconds(0)) {
        return std::chrono::ceil<seconds>(wait);
    }
    networks_.add(key, now);
    return std::nullopt;
}

bool link_limits::take_of_address(std::string_view address, const std::optional<peer_address>& familiar,
                                  timestamp_ms now) {
    const std::uint64_t key = hash(address, familiar ? network_of(*familiar) : peer_address{});
    if (quarters_.wait(key, links_of_an_address.mails, now) > milliseconds(0) ||
        days_.wait(key, links_of_an_address_a_day.mails, now) > milliseconds(0)) {
        return false;
    }
    quarters_.add(key, now);
    days_.add(key, now);
    return true;
}

} // namespace pawl
