#include "core/throttle/throttle.hpp"

#include "core/throttle/network.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace pawl {

namespace {

constexpr std::uint32_t bounded(std::uint64_t limit) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, attempt_table::attempts_max));
}

// Where nothing is limited nothing is counted: a table of one bucket, for who asks it.
constexpr std::size_t slots_for(const throttle_limit& limit, std::size_t slots) {
    return limit.attempts == 0 ? 1 : slots;
}

} // namespace

throttle::throttle(const throttle_limits& limits, random_source& random, std::size_t slots)
    : pair_limit_(bounded(limits.account.attempts)),
      account_limit_(bounded(std::uint64_t{limits.account.attempts} * strangers_factor)),
      address_limit_(bounded(limits.address.attempts)),
      account_successes_max_(bounded(limits.success_account.attempts)),
      address_successes_max_(bounded(limits.success_address.attempts)),
      pairs_(slots_for(limits.account, slots), limits.account.window),
      accounts_(slots_for(limits.account, slots), limits.account.window),
      addresses_(slots_for(limits.address, slots), limits.address.window),
      account_successes_(slots_for(limits.success_account, slots), limits.success_account.window),
      address_successes_(slots_for(limits.success_address, slots), limits.success_address.window),
      familiar_(slots_for(limits.account, slots / 2)) {
    static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<decltype(key_)>);
    random.fill(key_);
}

// SipHash-2-4: attackers choose names and addresses, but not where they fall.
std::uint64_t throttle::hash(std::span<const std::uint8_t> bytes) const {
    std::array<std::uint8_t, crypto_shorthash_BYTES> digest{};
    crypto_shorthash(digest.data(), bytes.data(), bytes.size(), key_.data());
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value == 0 ? 1 : value; // 0 means an empty place
}

throttle::keys throttle::keys_of(std::string_view account, const peer_address& address) const {
    const peer_address network = network_of(address);
    keys k{};
    k.has_address = address != peer_address{};
    k.account = hash({reinterpret_cast<const std::uint8_t*>(account.data()), account.size()});
    k.address = hash(network.bytes);
    std::array<std::uint8_t, 8 + 16> both{};
    std::memcpy(both.data(), &k.account, 8);
    std::copy(network.bytes.begin(), network.bytes.end(), both.begin() + 8);
    k.pair = hash(both);
    return k;
}

std::optional<seconds> throttle::reserve(std::string_view account, const peer_address& address, timestamp_ms now) {
    const keys k = keys_of(account, address);
    const bool limit_address = address_limit_ > 0 && k.has_address;
    const bool limit_account = pair_limit_ > 0 && k.has_address;
    milliseconds wait{0};
    const auto look = [&](const attempt_table& table, std::uint64_t key, std::uint32_t limit) {
        wait = std::max(wait, table.wait(key, limit, now));
    };
    if (limit_address) {
        look(addresses_, k.address, address_limit_);
    }
    if (limit_account) {
        look(pairs_, k.pair, pair_limit_);
        if (!familiar_.knows(k.account, k.pair, now)) {
            look(accounts_, k.account, account_limit_);
        }
    }
    if (account_successes_max_ > 0) {
        look(account_successes_, k.account, account_successes_max_);
    }
    if (address_successes_max_ > 0 && k.has_address) {
        look(address_successes_, k.address, address_successes_max_);
    }
    if (wait > milliseconds(0)) {
        return std::chrono::ceil<seconds>(wait);
    }
    if (limit_address) {
        addresses_.add(k.address, now);
    }
    if (limit_account) {
        pairs_.add(k.pair, now);
        accounts_.add(k.account, now);
    }
    return std::nullopt;
}

void throttle::take_back(const keys& k, timestamp_ms now) {
    if (!k.has_address) {
        return; // nothing was counted
    }
    addresses_.remove(k.address, now);
    pairs_.remove(k.pair, now);
    accounts_.remove(k.account, now);
}

void throttle::count_success(const keys& k, timestamp_ms now) {
    if (account_successes_max_ > 0) {
        account_successes_.add(k.account, now);
    }
    if (address_successes_max_ > 0 && k.has_address) {
        address_successes_.add(k.address, now);
    }
}

void throttle::give_back(std::string_view account, const peer_address& address, timestamp_ms now) {
    take_back(keys_of(account, address), now);
}

void throttle::passed(std::string_view account, const peer_address& address, timestamp_ms now) {
    const keys k = keys_of(account, address);
    take_back(k, now);
    count_success(k, now);
}

void throttle::succeeded(std::string_view account, const peer_address& address, timestamp_ms now) {
    const keys k = keys_of(account, address);
    take_back(k, now);
    count_success(k, now);
    if (k.has_address) {
        familiar_.remember(k.account, k.pair, now);
    }
}

} // namespace pawl
