// A second factor as the user's record has it: what it is. What its use changes is a word of its own
// (core/factor/word.hpp). No secret is in it: secrets are derived from a factor key and the salt.
#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pawl {

// Stored on disk: numbers are never reused. 3 is kept for passkeys, 4 for TOTP secrets that were made elsewhere.
enum class factor_kind : std::uint8_t { totp = 1, recovery = 2 };

enum class totp_algorithm : std::uint8_t { sha1 = 1, sha256 = 2, sha512 = 3 };

inline constexpr std::size_t factors_max = 20, factor_name_size_max = 64, factor_salt_size = 16;
inline constexpr std::uint64_t totp_step_max = (std::uint64_t{1} << 40U) - 1;
inline constexpr std::uint8_t recovery_codes_max = 24; // bits of its word

struct user_factor {
    std::uint32_t number = 0; // from 1, of one user; never given again
    factor_kind kind = factor_kind::totp;
    std::uint8_t key_id = 0; // of the factor key that its secrets derive from
    timestamp created_at{};
    std::string name; // as typed; may be empty
    std::array<std::uint8_t, factor_salt_size> salt{};
    // Of a TOTP; 0 in a recovery set.
    std::uint8_t digits = 0, period = 0; // period in seconds
    std::uint8_t algorithm = 0;          // totp_algorithm
    std::uint64_t proven_step = 0;       // of the code that it was set up with: used, as all before it
    // Of a recovery set; 0 in a TOTP.
    std::uint8_t count = 0; // of its codes

    friend bool operator==(const user_factor&, const user_factor&) = default;
};

// As key URIs and --totp say it: "SHA1".
constexpr const char* name_of(totp_algorithm algorithm) noexcept {
    return algorithm == totp_algorithm::sha1 ? "SHA1" : algorithm == totp_algorithm::sha256 ? "SHA256" : "SHA512";
}

constexpr bool is_sound_totp(std::uint8_t digits, std::uint8_t period, std::uint8_t algorithm) {
    return digits >= 6 && digits <= 8 && period >= 15 && period <= 120 && algorithm >= 1 && algorithm <= 3;
}

} // namespace pawl
