#include "storage/log/crc32c.hpp"

#include "storage/record/bytes.hpp"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace pawl::storage {
namespace {

constexpr std::uint32_t polynomial_reflected = 0x82f63b78;

// table[k][b]: the effect of byte b followed by k zero bytes ("slicing by 8").
constexpr auto make_tables() {
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial_reflected : 0);
        }
        tables[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t b = 0; b < 256; ++b) {
            const std::uint32_t before = tables[k - 1][b];
            tables[k][b] = (before >> 8U) ^ tables[0][before & 0xffU];
        }
    }
    return tables;
}
constexpr auto tables = make_tables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::span<const std::uint8_t> bytes,
                                                             std::uint32_t crc) noexcept {
    std::uint64_t state = ~crc;
    const std::uint8_t* p = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; p += 8, left -= 8) {
        state = _mm_crc32_u64(state, load_le<std::uint64_t>(p));
    }
    auto narrow = static_cast<std::uint32_t>(state);
    for (; left > 0; ++p, --left) {
        narrow = _mm_crc32_u8(narrow, *p);
    }
    return ~narrow;
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) std::uint32_t crc32c_armv8(std::span<const std::uint8_t> bytes,
                                                           std::uint32_t crc) noexcept {
    std::uint32_t state = ~crc;
    const std::uint8_t* p = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; p += 8, left -= 8) {
        state = __crc32cd(state, load_le<std::uint64_t>(p));
    }
    for (; left > 0; ++p, --left) {
        state = __crc32cb(state, *p);
    }
    return ~state;
}
#endif

using crc_function = std::uint32_t (*)(std::span<const std::uint8_t>, std::uint32_t) noexcept;

crc_function choose() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") != 0) {
        return &crc32c_sse42;
    }
#elif defined(__aarch64__)
    if ((::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0) {
        return &crc32c_armv8;
    }
#endif
    return &crc32c_portable;
}

} // namespace

std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t crc) noexcept {
    std::uint32_t state = ~crc;
    const std::uint8_t* p = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; p += 8, left -= 8) {
        const std::uint64_t word = load_le<std::uint64_t>(p) ^ state;
        state = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            state ^= tables[7 - k][(word >> (8 * k)) & 0xffU];
        }
    }
    for (; left > 0; ++p, --left) {
        state = (state >> 8U) ^ tables[0][(state ^ *p) & 0xffU];
    }
    return ~state;
}

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc) noexcept {
    static const crc_function best = choose();
    return best(bytes, crc);
}

} // namespace pawl::storage
