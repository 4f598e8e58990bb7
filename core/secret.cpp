#include "core/secret.hpp"

#include <sodium.h>

namespace pawl {

void wipe(void* data, std::size_t size) noexcept {
    sodium_memzero(data, size);
}

bool constant_time_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace pawl
