#include "core/provider/client_stamp.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace pawl {

namespace {

std::size_t put_little_endian(std::uint8_t* out, std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return size;
}

} // namespace

std::uint64_t client_stamp(std::uint64_t history_mark, client_number number, std::uint32_t epoch) {
    std::array<std::uint8_t, 16> text{};
    std::size_t at = put_little_endian(text.data(), history_mark, 8);
    at += put_little_endian(text.data() + at, number.value, 4);
    put_little_endian(text.data() + at, epoch, 4);
    std::array<std::uint8_t, 8> digest{};
    if (crypto_generichash_blake2b(digest.data(), digest.size(), text.data(), text.size(), nullptr, 0) != 0) {
        std::abort(); // sizes are constants that it takes
    }
    std::uint64_t stamp = 0;
    for (const std::uint8_t byte : digest) {
        stamp = stamp << 8U | byte;
    }
    return stamp;
}

} // namespace pawl
