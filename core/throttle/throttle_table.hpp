// Two bounded tables for core/throttle: attempts within a sliding window by key, and addresses an account was signed in
// from. Both take all their memory when they are made, and the system gives it page by page as it is used. A key is a
// 64-bit hash under a secret key: whoever chooses names and addresses can't choose where they fall. Plain values, no
// synchronisation.
#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace pawl {

// An array of all-zero values in pages that the system has not filled in yet: what is never used costs nothing.
template <class T>
class zero_array {
public:
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    explicit zero_array(std::size_t size) : values_(static_cast<T*>(allocate(size, sizeof(T)))), size_(size) {}
    T* data() noexcept { return values_.get(); }
    const T* data() const noexcept { return values_.get(); }
    std::size_t size() const noexcept { return size_; }

private:
    struct free_memory {
        void operator()(T* values) const noexcept { std::free(values); }
    };
    static void* allocate(std::size_t count, std::size_t size) {
        void* const memory = std::calloc(count, size);
        return memory != nullptr ? memory : throw std::bad_alloc();
    }
    std::unique_ptr<T[], free_memory> values_;
    std::size_t size_;
};

// How many attempts a key made in the last `window`. The window is cut into sub-windows, and attempts are counted by
// sub-window and forgotten a whole one at a time: an attempt counts for at least the window and at most an eighth more.
//
// When the bucket of a new key is full, the key with the fewest attempts there makes room. So a key that made n
// attempts is forgotten early only where every other key of its bucket made n too: to wash one out, an attacker who
// doesn't know the bucket has to make about n attempts with as many keys as the table has slots.
class attempt_table {
public:
    static constexpr std::uint32_t attempts_max = 65535; // of one key in one window; limits stay at or below it

    // `slots`: rounded up to a power of two.
    attempt_table(std::size_t slots, seconds window);

    // How long until fewer than `limit` attempts count; zero if that is so now. `limit` >= 1.
    milliseconds wait(std::uint64_t key, std::uint32_t limit, timestamp_ms now) const;
    void add(std::uint64_t key, timestamp_ms now);
    // Takes the latest attempt back, if it is still counted.
    void remove(std::uint64_t key, timestamp_ms now);

private:
    static constexpr std::size_t ways = 8;
    static constexpr std::int64_t parts = 8; // sub-windows of one window; the one more is only partly within it

    struct slot {
        std::uint64_t key = 0;                         // 0: empty
        std::int64_t newest = 0;                       // number of the sub-window that counts[0] is
        std::array<std::uint16_t, parts + 1> counts{}; // counts[i]: sub-window newest - i
    };

    std::int64_t part_of(timestamp_ms now) const;
    std::size_t bucket_of(std::uint64_t key) const;
    const slot* find(std::uint64_t key) const;
    slot* find(std::uint64_t key);
    slot& find_or_make(std::uint64_t key, std::int64_t part);
    static void advance(slot& s, std::int64_t part);
    static bool forgotten(const slot& s, std::int64_t part);
    static std::uint32_t total(const slot& s, std::int64_t part);

    milliseconds part_length_;
    zero_array<slot> slots_; // zeros: empty
};

// From which addresses an account was signed in lately. A bucket belongs to accounts, and no account holds more than
// `per_account` places in it, so signing in to one account from many addresses washes out nobody else's.
class familiar_table {
public:
    static constexpr seconds lifetime{30 * 86400};
    static constexpr std::size_t per_account = 4; // the latest ones

    explicit familiar_table(std::size_t slots);

    // `account` and `pair` are hashes of the account, and of account and address.
    bool knows(std::uint64_t account, std::uint64_t pair, timestamp_ms now) const;
    void remember(std::uint64_t account, std::uint64_t pair, timestamp_ms now);

private:
    static constexpr std::size_t ways = 8;

    struct slot {
        std::uint64_t account = 0;
        std::uint64_t pair = 0; // 0: empty
        timestamp_ms last{};
    };

    std::size_t bucket_of(std::uint64_t account) const;

    zero_array<slot> slots_; // zeros: empty
};

} // namespace pawl
