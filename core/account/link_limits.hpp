// How many mails with links may be asked for: of one address or user 3 in 15 minutes and 10 a day, and from one network
// 20 an hour. Who is over the limit of an address is told nothing: the answer is the same and no mail goes out, so that
// a stranger neither fills a mailbox nor learns whose it is. Only the caller's own network is told, since that says
// nothing of anyone else.
//
// A stranger could use up the mails of an address to keep its owner out. So requests from a network in which the user
// has a session are counted apart.
//
// Memory is taken at construction and never grows: link_limits::memory bytes. Pure: time is a parameter. Not
// synchronised: app/worker/link_limiter holds a lock around each call.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/random_source.hpp"
#include "core/throttle/throttle_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

struct link_limit {
    std::uint32_t mails;
    seconds window;
};
inline constexpr link_limit links_of_an_address{3, seconds(15 * 60)}, links_of_an_address_a_day{10, seconds(86400)},
    links_of_a_network{20, seconds(3600)};

class link_limits {
public:
    static constexpr std::size_t slots = 8192; // of each of the three counts; under 1 MiB together

    // `random` gives the key that addresses and networks are hashed under.
    explicit link_limits(random_source& random);

    // Counts a request of that network. Nothing: go on. Else: how long to wait (at least 1 s), and nothing was counted.
    // A request without an address (all zero) is not counted.
    std::optional<seconds> take_of_network(const peer_address& from, timestamp_ms now);
    // Whether a mail to `address` (folded) may be sent, and counts it if so. `familiar`: the caller's network, where
    // the user has a session in it; such a request has a count of its own.
    bool take_of_address(std::string_view address, const std::optional<peer_address>& familiar, timestamp_ms now);

private:
    std::uint64_t hash(std::string_view what, const peer_address& network) const;

    std::array<std::uint8_t, 16> key_{};
    attempt_table quarters_, days_, networks_;
};

} // namespace pawl
