// Passwords: the rules for new ones (NIST SP 800-63B-4), and hashes, our own and imported.
#pragma once

#include "core/random_source.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr std::size_t password_size_max = 1024; // bytes after NFC

struct password_rules {
    std::size_t length_min = 8; // code points after NFC
};

// NFC of a password. Text that is not well-formed (core/unicode.hpp), or over password_size_max bytes, comes back
// empty: it verifies as wrong and is refused as new.
secret_string normalize_password(std::string_view typed);

// Why a new password (as typed) is not acceptable: a sentence fragment; nothing if it is. Rules: length, at most
// password_size_max, valid UTF-8, not in the blocklist of common passwords, not the account's own email or username.
std::optional<std::string> check_new_password(std::string_view typed, const password_rules& rules,
                                              std::string_view email, std::string_view username);

// Argon2id cost, p = 1 (RFC 9106). Text form "m=19456,t=2,p=1".
struct argon2_cost {
    std::uint32_t memory_kib = 19456;
    std::uint32_t passes = 2;
    friend constexpr bool operator==(const argon2_cost&, const argon2_cost&) = default;
};
std::optional<argon2_cost> argon2_cost_from_text(std::string_view text);

// What a stored hash may cost at most; one above it is refused when stored, imported or loaded (no memory or time
// bombs).
inline constexpr std::uint32_t hash_memory_kib_max = 1U << 20U; // 1 GiB
inline constexpr std::uint32_t hash_passes_max = 64;
inline constexpr std::uint32_t hash_lanes_max = 16;
inline constexpr unsigned bcrypt_cost_max = 16;
inline constexpr std::uint32_t pbkdf2_rounds_max = 10'000'000;

enum class hash_scheme : std::uint8_t { unknown, argon2id, argon2i, argon2d, bcrypt, pbkdf2_sha256 };
// Parses without verifying; unknown also for a hash above the caps.
hash_scheme scheme_of(std::string_view stored);

// Blocking, tens of milliseconds: hash threads only. `password` is normalised.
std::string hash_password_blocking(const secret_string& password, const argon2_cost& cost, random_source& random);
// Our own and imported: $argon2id$/$argon2i$/$argon2d$ PHC (any lanes), $2a$/$2b$/$2y$ bcrypt (72 bytes count, as
// everywhere), PBKDF2-SHA256 of passlib ($pbkdf2-sha256$) and Django (pbkdf2_sha256$). False for unknown ones, and for
// the empty password whatever the hash. Throws bad_alloc where there is no memory for the hash: that is no verdict.
bool verify_password_blocking(const secret_string& password, std::string_view stored);
// Not argon2id at exactly this cost with p = 1.
bool needs_rehash(std::string_view stored, const argon2_cost& cost);
// A well-formed hash of this cost that no password verifies against, for users who do not exist.
std::string dummy_hash(const argon2_cost& cost);

} // namespace pawl
