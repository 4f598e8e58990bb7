// Client assertions that were taken (RFC 7523 3, jti): each is taken once. Kept is a 64-bit keyed fingerprint of client
// and jti until the assertion is not taken any more for its dates.
//
// Time is cut into windows as long as the longest life of an assertion. What ends within a window is kept in that
// window's half of the table; the half of window n is used again by window n + 2, when all of n has ended. A slot says
// which window it is of, so nothing is ever cleared: a slot of another window is free. Within one window slots only go
// from free to taken, by one compare-exchange, so of two equal assertions at one moment exactly one is first.
//
// Bounded: all memory is taken at the first use and never grows; a full window, and a client that has its quarter of
// one, are refused rather than forgotten. Any thread; no locks.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/random_source.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace pawl {

class assertion_table {
public:
    static constexpr std::size_t bytes_max = std::size_t{8} * 1024 * 1024; // in all
    // No assertion ends later than this after now: core/jwt/client_assertion.hpp.
    static constexpr seconds window{640};

    enum class outcome : std::uint8_t {
        first,   // it was not known, and is from now on
        used,    // it was taken before
        full,    // the window has no room
        too_many // this client has its part of the window
    };

    // `random` gives the key of the fingerprints. `slots` of each half, for tests.
    explicit assertion_table(random_source& random, std::size_t slots = slots_default);
    ~assertion_table();
    assertion_table(const assertion_table&) = delete;
    assertion_table& operator=(const assertion_table&) = delete;

    // Whether it was taken, without taking it: an early answer, which mark() may still contradict.
    bool is_used(client_number client, std::string_view id, timestamp ends_at) const;
    // Takes it. `ends_at` is after `now`, and at most `window` after it: else `full`.
    outcome mark(client_number client, std::string_view id, timestamp ends_at, timestamp now);

    // How many of the window in which `ends_at` lies were taken; for metrics and tests.
    std::size_t count(timestamp ends_at) const;
    std::size_t capacity() const noexcept { return slots_ / 4 * 3; } // of one window
    std::size_t client_capacity() const noexcept { return capacity() / 4; }

    static constexpr std::size_t counters_size = 32768; // a power of two; of clients, by number
    // What the counters and a few words more leave.
    static constexpr std::size_t slots_default = bytes_max / sizeof(std::uint64_t) / 2 - counters_size - 64;

private:
    struct memory; // both halves
    struct half;
    struct place; // where one assertion goes

    place place_of(client_number client, std::string_view id, timestamp ends_at) const;
    memory* find_memory() const noexcept { return memory_.load(std::memory_order_acquire); }
    memory* memory_at_first_use(); // null for want of memory

    std::array<std::uint8_t, 16> key_{};
    const std::size_t slots_;
    std::atomic<memory*> memory_{nullptr};
};

} // namespace pawl
