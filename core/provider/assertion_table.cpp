#include "core/provider/assertion_table.hpp"

#include "core/throttle/throttle_table.hpp" // zero_array

#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <span>

namespace pawl {

namespace {

// A word of the table: the window in the upper 16 bits, 0 in none, and below it a tag or a count.
constexpr unsigned value_bits = 48;
constexpr std::uint64_t value_mask = (std::uint64_t{1} << value_bits) - 1;
constexpr std::uint64_t window_numbers = 65535; // 1 to this, then again from 1: a round takes 485 days

using atomic_word = std::atomic_ref<std::uint64_t>;
static_assert(atomic_word::is_always_lock_free);

constexpr std::uint64_t window_of(std::uint64_t word) {
    return word >> value_bits;
}
constexpr std::uint64_t value_of(std::uint64_t word) {
    return word & value_mask;
}
constexpr std::uint64_t word_of(std::uint64_t window, std::uint64_t value) {
    return window << value_bits | value;
}

// One more, unless `limit` are counted in this window already.
bool count_one(std::uint64_t& counter, std::uint64_t window, std::uint64_t limit) {
    const atomic_word word(counter);
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t counted = window_of(seen) == window ? value_of(seen) : 0;
        if (counted >= limit) {
            return false;
        }
        if (word.compare_exchange_weak(seen, word_of(window, counted + 1), std::memory_order_relaxed)) {
            return true;
        }
    }
}

void count_one_less(std::uint64_t& counter, std::uint64_t window) {
    const atomic_word word(counter);
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    while (window_of(seen) == window && value_of(seen) > 0 &&
           !word.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) {
    }
}

} // namespace

struct assertion_table::half {
    explicit half(std::size_t slots) : words(slots), of_clients(counters_size) {}

    zero_array<std::uint64_t> words;      // window and tag
    zero_array<std::uint64_t> of_clients; // window and count, by the client's number
    std::uint64_t of_all = 0;             // window and count
};

struct assertion_table::memory {
    explicit memory(std::size_t slots) : halves{half(slots), half(slots)} {}
    std::array<half, 2> halves;
};

struct assertion_table::place {
    std::uint64_t window = 0;
    std::uint64_t after = 0; // the window that has its half next
    std::size_t half = 0;
    std::uint64_t word = 0;  // what its slot holds
    std::size_t first = 0;   // the slot where the search begins
    std::size_t counter = 0; // of its client
};

assertion_table::assertion_table(random_source& random, std::size_t slots) : slots_(std::max<std::size_t>(slots, 16)) {
    static_assert(2 * (slots_default + counters_size) * sizeof(std::uint64_t) + sizeof(memory) <= bytes_max);
    static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<decltype(key_)>);
    random.fill(key_);
}

assertion_table::~assertion_table() {
    delete memory_.load(std::memory_order_acquire);
}

assertion_table::memory* assertion_table::memory_at_first_use() {
    if (memory* const there = find_memory()) {
        return there;
    }
    std::unique_ptr<memory> made;
    try {
        made = std::make_unique<memory>(slots_);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
    memory* seen = nullptr;
    const bool is_ours = memory_.compare_exchange_strong(seen, made.get(), std::memory_order_acq_rel);
    return is_ours ? made.release() : seen; // of threads that meet here one is faster
}

// SipHash-2-4 of the client's number (4 B) and the jti: clients choose their jti, not where it falls, and none can use
// up another's.
assertion_table::place assertion_table::place_of(client_number client, std::string_view id, timestamp ends_at) const {
    constexpr std::size_t id_kept = 255;
    std::array<std::uint8_t, sizeof client.value + id_kept> text{};
    for (std::size_t i = 0; i < sizeof client.value; ++i) {
        text[i] = static_cast<std::uint8_t>(client.value >> (8 * i));
    }
    const std::size_t size = std::min(id.size(), id_kept);
    std::copy_n(id.begin(), size, text.begin() + sizeof client.value);
    std::uint64_t hash = 0;
    static_assert(sizeof hash == crypto_shorthash_BYTES);
    crypto_shorthash(reinterpret_cast<std::uint8_t*>(&hash), text.data(), sizeof client.value + size, key_.data());

    const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(ends_at.time_since_epoch() / window, 0));
    place out;
    out.window = number % window_numbers + 1;
    out.after = (number + 2) % window_numbers + 1;
    out.half = static_cast<std::size_t>(number % 2);
    out.word = word_of(out.window, hash & value_mask);
    out.first = static_cast<std::size_t>((hash >> 32U) * slots_ >> 32U);
    out.counter = client.value & (counters_size - 1);
    return out;
}

bool assertion_table::is_used(client_number client, std::string_view id, timestamp ends_at) const {
    memory* const all = find_memory();
    if (all == nullptr) {
        return false;
    }
    const place at = place_of(client, id, ends_at);
    std::uint64_t* const words = all->halves[at.half].words.data();
    for (std::size_t i = 0; i < slots_; ++i) {
        const std::uint64_t seen = atomic_word(words[(at.first + i) % slots_]).load(std::memory_order_acquire);
        if (seen == at.word) {
            return true;
        }
        if (window_of(seen) != at.window) {
            return false;
        }
    }
    return false;
}

assertion_table::outcome assertion_table::mark(client_number client, std::string_view id, timestamp ends_at,
                                               timestamp now) {
    if (ends_at <= now || ends_at > now + window) {
        return outcome::full; // its half may be another window's by now, or still
    }
    memory* const all = memory_at_first_use();
    if (all == nullptr) {
        return outcome::full;
    }
    const place at = place_of(client, id, ends_at);
    half& mine = all->halves[at.half];
    if (!count_one(mine.of_clients.data()[at.counter], at.window, client_capacity())) {
        return is_used(client, id, ends_at) ? outcome::used : outcome::too_many;
    }
    outcome found = outcome::full;
    if (count_one(mine.of_all, at.window, capacity())) {
        found = outcome::used;
        for (std::size_t i = 0; i < slots_; ++i) { // it ends: capacity() is less than slots_
            const atomic_word slot(mine.words.data()[(at.first + i) % slots_]);
            std::uint64_t seen = slot.load(std::memory_order_acquire);
            if (window_of(seen) != at.window && window_of(seen) != at.after &&
                slot.compare_exchange_strong(seen, at.word, std::memory_order_acq_rel, std::memory_order_acquire)) {
                return outcome::first;
            }
            if (seen == at.word) { // it was there, or another thread was faster
                break;
            }
            if (window_of(seen) == at.after) { // this thread stood still for minutes
                found = outcome::full;
                break;
            }
        }
        count_one_less(mine.of_all, at.window);
    } else if (is_used(client, id, ends_at)) {
        found = outcome::used;
    }
    count_one_less(mine.of_clients.data()[at.counter], at.window);
    return found;
}

std::size_t assertion_table::count(timestamp ends_at) const {
    memory* const all = find_memory();
    if (all == nullptr) {
        return 0;
    }
    const place at = place_of({}, {}, ends_at);
    const std::uint64_t seen = atomic_word(all->halves[at.half].of_all).load(std::memory_order_relaxed);
    return window_of(seen) == at.window ? static_cast<std::size_t>(value_of(seen)) : 0;
}

} // namespace pawl
