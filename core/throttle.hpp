// How many logins may be tried: attempts are counted before the password is looked at, and taken back when it was
// right. Design and what it withstands: docs/decisions/0004-throttle.md.
//
// Three counts, each over a sliding window:
//   - account from address: `account.attempts` failures. Somebody who fails on an account from his address shuts
//     himself out, not its owner.
//   - address: `address.attempts` failures on whatever accounts.
//   - account from anywhere: strangers_factor * `account.attempts`, against a guess spread over many addresses. It does
//     not hold back addresses from which the account was signed in within the last 30 days: its owner still gets in.
// An IPv6 address stands for its /64, which is one customer. An account is a login name, known or not, so a refusal
// tells nothing about who exists.
//
// Memory is taken at construction and never grows (4 MiB at the default size). Pure: time is a parameter. Not
// synchronised: callers hold a lock around each call (app/login_limiter), which takes about a microsecond.
#pragma once

#include "core/clock.hpp"
#include "core/family/family.hpp"
#include "core/random_source.hpp"
#include "core/throttle_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

struct throttle_limit {
    std::uint32_t attempts = 0; // 0: no limit; more than attempt_table::attempts_max counts as that
    seconds window{300};
};

struct throttle_limits {
    throttle_limit account{10, seconds(300)};
    throttle_limit address{100, seconds(300)};
};

class throttle {
public:
    static constexpr std::uint32_t strangers_factor = 10;
    static constexpr std::size_t slots_default = 32768; // of each count

    // `random` gives the key that accounts and addresses are hashed under.
    throttle(const throttle_limits& limits, random_source& random, std::size_t slots = slots_default);

    // Counts an attempt on `account` (a folded login name) before it is made. Nothing: go ahead. Else: how long to wait
    // (at least 1 s), and nothing was counted. An all-zero address has no address limit.
    std::optional<seconds> reserve(std::string_view account, const peer_address& address, timestamp_ms now);
    // The attempt was not made after all (no room in the queue, say): it does not count.
    void give_back(std::string_view account, const peer_address& address, timestamp_ms now);
    // The password was right: it does not count, and the address is one of the account's own from now on.
    void succeeded(std::string_view account, const peer_address& address, timestamp_ms now);

private:
    struct keys {
        std::uint64_t account, address, pair; // never 0
        bool has_address;
    };
    keys keys_of(std::string_view account, const peer_address& address) const;
    std::uint64_t hash(std::span<const std::uint8_t> bytes) const;

    std::uint32_t pair_limit_, account_limit_, address_limit_; // 0: no limit
    std::array<std::uint8_t, 16> key_{};
    attempt_table pairs_, accounts_, addresses_;
    familiar_table familiar_;
};

} // namespace pawl
