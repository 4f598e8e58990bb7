#include "app/dev/repeatable_random.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace pawl::app {

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void put(std::span<std::uint8_t, 8> out, std::uint64_t value) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

} // namespace

// A realm's name has no '/', so no two places give one text.
repeatable_random::repeatable_random(std::uint64_t seed, std::string_view realm, std::string_view purpose,
                                     std::uint64_t calls)
    : mac_(bytes_of("pawl --rng-seed/" + std::to_string(seed) + "/" + std::string(realm) + "/" + std::string(purpose))),
      calls_(calls) {}

void repeatable_random::fill(std::span<std::uint8_t> out) {
    std::array<std::uint8_t, 16> message{};
    const std::span place(message);
    put(place.first<8>(), calls_.fetch_add(1, std::memory_order_relaxed));
    for (std::uint64_t block = 0; !out.empty(); ++block) {
        put(place.last<8>(), block);
        const sha256_digest bytes = mac_.compute(message);
        const std::size_t n = std::min(out.size(), bytes.size());
        std::copy_n(bytes.begin(), n, out.begin());
        out = out.subspan(n);
    }
}

} // namespace pawl::app
