// How many logins may be tried: attempts are counted before the password is looked at, and taken back when it was
// right. Design and what it withstands: docs/decisions/0004-throttle.md.
//
// Three counts of failures and two of what goes well, each over a sliding window:
//   - account from address: `account.attempts` failures. Somebody who fails on an account from his address shuts
//     himself out, not its owner.
//   - address: `address.attempts` failures on whatever accounts.
//   - account from anywhere: strangers_factor * `account.attempts`, against a guess spread over many addresses. It does
//     not hold back addresses from which the account was signed in within the last 30 days: its owner still gets in.
//   - What goes well, with larger limits of its own: of the account from anywhere and of the address: a password
//     that is known must not open sessions and take hashes without end. Only who knows the password, or signs up,
//     adds to them.
// A request without an address (a Unix socket whose peer is not believed) has no count of failures: strangers and
// owners look the same there, so any count would be one that a stranger uses up (docs/threat-model.md).
//
// An IPv6 address stands for its /64, which is one customer. An account is a login name, known or not, so a refusal
// tells nothing about who exists.
//
// Memory is taken at construction and never grows (7 MiB at the default size). Pure: time is a parameter. Not
// synchronised: callers hold a lock around each call (app/login_limiter), which takes about a microsecond.
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

struct throttle_limit {
    std::uint32_t attempts = 0; // 0: no limit; more than attempt_table::attempts_max counts as that
    seconds window{300};
    friend bool operator==(const throttle_limit&, const throttle_limit&) = default;
};

struct throttle_limits {
    throttle_limit account{10, seconds(300)};
    throttle_limit address{100, seconds(300)};
    throttle_limit success_account{100, seconds(300)};
    throttle_limit success_address{1000, seconds(300)};
    friend bool operator==(const throttle_limits&, const throttle_limits&) = default;
};

class throttle {
public:
    static constexpr std::uint32_t strangers_factor = 10;
    static constexpr std::size_t slots_default = 32768; // of each count

    // `random` gives the key that accounts and addresses are hashed under.
    throttle(const throttle_limits& limits, random_source& random, std::size_t slots = slots_default);

    // Counts an attempt on `account` (a folded login name) before it is made. Nothing: go ahead. Else: how long to wait
    // (at least 1 s), and nothing was counted. Successes are looked at here and counted once they are some: those under
    // way at one moment may exceed their limit by as many as are hashed at once.
    std::optional<seconds> reserve(std::string_view account, const peer_address& address, timestamp_ms now);
    // The attempt was not made after all (no room in the queue, say): it does not count.
    void give_back(std::string_view account, const peer_address& address, timestamp_ms now);
    // It went well (a sign-up, a password given once more): it counts as a success and as no failure.
    void passed(std::string_view account, const peer_address& address, timestamp_ms now);
    // The same, of a login: the address is one of the account's own from now on.
    void succeeded(std::string_view account, const peer_address& address, timestamp_ms now);

private:
    struct keys {
        std::uint64_t account, address, pair; // never 0
        bool has_address;
    };
    keys keys_of(std::string_view account, const peer_address& address) const;
    void take_back(const keys& k, timestamp_ms now);
    void count_success(const keys& k, timestamp_ms now);
    std::uint64_t hash(std::span<const std::uint8_t> bytes) const;

    std::uint32_t pair_limit_, account_limit_, address_limit_;    // 0: no limit
    std::uint32_t account_successes_max_, address_successes_max_; // the same
    std::array<std::uint8_t, 16> key_{};
    attempt_table pairs_, accounts_, addresses_;
    attempt_table account_successes_, address_successes_;
    familiar_table familiar_;
};

} // namespace pawl
