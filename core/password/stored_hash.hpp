// Stored password hashes as text: our own PHC form, and those of other systems. Strict: one text per value, and no cost
// above the caps of password.hpp, so that a stored or imported hash can't be a memory or time bomb. Pure; any thread.
#pragma once

#include "core/password/password.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl {

// No stored hash is longer; the longest well-formed one of ours is about 100 bytes.
inline constexpr std::size_t stored_hash_size_max = 512;

// $argon2id$v=19$m=19456,t=2,p=1$salt$hash (and argon2i, argon2d; v=16, which may be absent), base64 without padding.
struct argon2_hash {
    hash_scheme kind{};
    std::uint32_t version = 0; // 16 or 19
    std::uint32_t memory_kib = 0, passes = 0, lanes = 0;
    std::vector<std::uint8_t> salt, hash;
};

// $2b$12$ and 53 characters; also $2a$ and $2y$.
struct bcrypt_hash {
    unsigned cost = 0; // log2 of the rounds
    std::string text;  // the whole of it, which is what crypt(3) takes as its setting
};

// passlib: $pbkdf2-sha256$rounds$salt$hash; Django: pbkdf2_sha256$rounds$salt$hash.
struct pbkdf2_hash {
    std::uint32_t rounds = 0;
    std::vector<std::uint8_t> salt, hash;
};

using stored_hash = std::variant<argon2_hash, bcrypt_hash, pbkdf2_hash>;

// Nothing for text that is none of these, not canonical, or above a cap.
std::optional<stored_hash> parse_stored_hash(std::string_view text);

// The PHC text of an Argon2 hash.
std::string to_text(const argon2_hash& hash);

} // namespace pawl
