// CRC32C (Castagnoli) as in RFC 3720 B.4: finds every 1-bit error and every burst up to 32 bits.
#pragma once

#include <cstdint>
#include <span>

namespace pawl::storage {

// Continues from `crc`: crc32c(b, crc32c(a)) == crc32c(a || b). Uses the processor's instruction where it has one.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) noexcept;

// The same without the instruction: for processors that lack it, and for the test that compares the two.
std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) noexcept;

} // namespace pawl::storage
