// Bytes that a number decides: what --rng-seed puts in place of chance. Not for secrets: the number is one.
#pragma once

#include "core/hmac_sha256.hpp"
#include "core/random_source.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace pawl::app {

// HMAC-SHA-256 under a key made of seed, realm and purpose, over the number of the call: two sources of the same three
// give the same bytes, call for call. Any thread; which call is which is then up to the threads.
class repeatable_random final : public random_source {
public:
    repeatable_random(std::uint64_t seed, std::string_view realm, std::string_view purpose, std::uint64_t calls = 0);
    void fill(std::span<std::uint8_t> out) override;
    // How many calls there were: where to go on from.
    std::uint64_t calls() const noexcept { return calls_.load(std::memory_order_relaxed); }
    void go_on_from(std::uint64_t calls) noexcept { calls_.store(calls, std::memory_order_relaxed); }

private:
    hmac_sha256 mac_;
    std::atomic<std::uint64_t> calls_;
};

} // namespace pawl::app
