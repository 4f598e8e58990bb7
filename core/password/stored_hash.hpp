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

// No stored hash is longer; the longest well-formed ones (Firebase's, with their signer key) are about 300 bytes.
inline constexpr std::size_t stored_hash_size_max = 512;

// $argon2id$v=19$m=19456,t=2,p=1$salt$hash (and argon2i, argon2d; v=16, which may be absent), base64 without padding.
// Django writes argon2 in front of it.
struct argon2_hash {
    hash_scheme kind{};
    std::uint32_t version = 0; // 16 or 19
    std::uint32_t memory_kib = 0, passes = 0, lanes = 0;
    std::vector<std::uint8_t> salt, hash;
};

// What bcrypt is given in place of the password.
enum class bcrypt_input : std::uint8_t {
    password,    // itself, of which 72 bytes count
    hmac_sha256, // passlib's bcrypt-sha256, version 2: base64 of its HMAC under the salt's text
    sha256,      // Django's bcrypt_sha256: its SHA-256 in hex
};

// $2b$12$ and 53 characters; also $2a$ and $2y$. Django writes bcrypt$ in front of it. passlib:
// $bcrypt-sha256$v=2,t=2b,r=12$ and the 53 characters with a $ between salt and hash. Django: bcrypt_sha256$$2b$12$...
struct bcrypt_hash {
    unsigned cost = 0; // log2 of the rounds
    std::string text;  // as crypt(3) writes it, which is what it takes as its setting, too
    bcrypt_input input = bcrypt_input::password;
};

enum class pbkdf2_digest : std::uint8_t { sha256, sha512 };

// passlib: $pbkdf2-sha256$rounds$salt$hash; Django: pbkdf2_sha256$rounds$salt$hash; Werkzeug: pbkdf2:sha256:rounds and
// $salt$hash, the hash in hex; sha512 in all three. A hash is as long as its digest, or (Keycloak's SHA-256) 64 bytes.
struct pbkdf2_hash {
    pbkdf2_digest digest{};
    std::uint32_t rounds = 0;
    std::vector<std::uint8_t> salt, hash;
};

// passlib: $scrypt$ln=16,r=8,p=1$salt$hash; Django: scrypt$N$salt$r$p$hash; Werkzeug: scrypt:N:r:p and $salt$hash, the
// hash in hex; Firebase as GoTrue writes it: $fbscrypt$v=1,n=14,r=8,p=1,ss=separator,sk=key$salt$hash.
struct scrypt_hash {
    std::uint32_t log2_n = 0, r = 0, p = 0;
    std::vector<std::uint8_t> salt, hash;
    std::vector<std::uint8_t> signer_key; // Firebase: the hash is this, encrypted under what scrypt gives; else empty
};

using stored_hash = std::variant<argon2_hash, bcrypt_hash, pbkdf2_hash, scrypt_hash>;

// std::nullopt for text that is none of these, not canonical, or above a cap.
std::optional<stored_hash> parse_stored_hash(std::string_view text);
// Those of other systems than PHC's Argon2 and crypt's bcrypt. Internal to core/password.
std::optional<stored_hash> parse_foreign_hash(std::string_view text);

// The PHC text of an Argon2 hash.
std::string to_text(const argon2_hash& hash);
// The text in passlib's form.
std::string to_text(const pbkdf2_hash& hash);
// The same; of one without a signer key.
std::string to_text(const scrypt_hash& hash);

} // namespace pawl
