// SHA-256 and HMAC-SHA-256 (RFC 2104, FIPS 180-4) for the hot paths: one immutable keyed state that any number of
// threads may use at once, nothing allocated. On OpenSSL's block functions (assembly where the processor has some).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pawl {

inline constexpr std::size_t sha256_size = 32;
using sha256_digest = std::array<std::uint8_t, sha256_size>;

sha256_digest sha256(std::span<const std::uint8_t> message) noexcept;

// A key, absorbed once: what is kept is the state after the two pads, a fifth of the work of hashing a short message.
class hmac_sha256 {
public:
    hmac_sha256() = default; // keyed() is false; computing with it is a broken invariant
    explicit hmac_sha256(std::span<const std::uint8_t> key) noexcept;
    hmac_sha256(const hmac_sha256&) = default;
    hmac_sha256& operator=(const hmac_sha256&) = default;
    ~hmac_sha256(); // wipes

    bool keyed() const noexcept { return keyed_; }
    sha256_digest compute(std::span<const std::uint8_t> message) const noexcept;
    // True where `mac` is the message's; in constant time, false for any other length.
    bool verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> mac) const noexcept;

private:
    std::array<std::uint32_t, 8> inner_{}; // SHA-256 state after the key XOR ipad
    std::array<std::uint32_t, 8> outer_{}; // ... XOR opad
    bool keyed_ = false;
};

} // namespace pawl
