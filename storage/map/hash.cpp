#include "storage/map/hash.hpp"

#include <sodium.h>

#include <stdexcept>

namespace pawl::storage {

static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);

keyed_hash::keyed_hash() {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium could not be initialised");
    }
    crypto_shorthash_keygen(key_.data());
}

std::uint64_t keyed_hash::operator()(std::string_view text) const noexcept {
    std::array<std::uint8_t, crypto_shorthash_BYTES> out{};
    crypto_shorthash(out.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key_.data());
    std::uint64_t h = 0;
    std::memcpy(&h, out.data(), sizeof h);
    return h;
}

} // namespace pawl::storage
