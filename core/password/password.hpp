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
    bool blocklist = true;      // refuses common ones, sequences, repetitions, and the account's own names
};

// NFC of a password. Text that is not well-formed (core/text/unicode.hpp), or over password_size_max bytes, comes back
// empty: it verifies as wrong and is refused as new.
secret_string normalize_password(std::string_view typed);

// Why a new password (as typed) is not acceptable: a sentence fragment; nothing if it is. Rules: length, at most
// password_size_max, valid UTF-8; with the blocklist: not a common password, not the account's own email or username.
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
// Of scrypt; its memory is bounded by hash_memory_kib_max as well.
inline constexpr std::uint32_t scrypt_log2_n_max = 20, scrypt_r_max = 32, scrypt_p_max = 16;

enum class hash_scheme : std::uint8_t {
    unknown,
    argon2id,
    argon2i,
    argon2d,
    bcrypt,
    bcrypt_of_digest, // bcrypt of a digest of the password (passlib, Django)
    pbkdf2_sha256,
    pbkdf2_sha512,
    scrypt,
    firebase_scrypt,
};
// Parses without verifying; unknown also for a hash above the caps.
hash_scheme scheme_of(std::string_view stored);

// Blocking, tens of milliseconds: hash threads only. `password` is normalised.
std::string hash_password_blocking(const secret_string& password, const argon2_cost& cost, random_source& random);
// Our own and imported ones: all that stored_hash.hpp names. False for unknown ones, and for the empty password
// whatever the hash. Throws bad_alloc where there is no memory for the hash: that is no verdict.
bool verify_password_blocking(const secret_string& password, std::string_view stored);
// Whether every byte of a password that matched counted for this hash: bcrypt by itself reads 72 of them, so what
// follows may be anything, and must not become the password.
bool counts_whole(const secret_string& password, std::string_view stored);
// Not argon2id at exactly this cost with p = 1.
bool needs_rehash(std::string_view stored, const argon2_cost& cost);
// A well-formed hash of this cost that no password verifies against, for users who do not exist.
std::string dummy_hash(const argon2_cost& cost);
// The same, of what it costs to verify against `stored`: hashes that cost the same give the same text. Empty where
// `stored` can't be verified.
std::string dummy_like(std::string_view stored);

} // namespace pawl
