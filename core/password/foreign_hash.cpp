// Hashes as passlib, Django, Werkzeug and Firebase write them.
#include "core/password/hash_text.hpp"
#include "core/password/stored_hash.hpp"

#include <array>

namespace pawl {

namespace {

using namespace hash_text;
using bytes = std::vector<std::uint8_t>;

constexpr std::size_t bcrypt_salt_characters = 22, bcrypt_hash_characters = 31;
constexpr std::size_t wide_hash_size = 64; // SHA-512, and what Keycloak derives by SHA-256
constexpr std::size_t scrypt_hash_size_min = 16, scrypt_hash_size_max = 64;
constexpr std::size_t firebase_part_size_max = 128; // signer key and separator; both are 64 bytes or less

constexpr std::size_t size_of(pbkdf2_digest digest) {
    return digest == pbkdf2_digest::sha256 ? 32 : 64;
}

std::optional<stored_hash> pbkdf2_of(pbkdf2_digest digest, std::uint32_t rounds, std::optional<bytes> salt,
                                     std::optional<bytes> hash) {
    if (!salt || salt->size() > salt_size_max || !hash ||
        (hash->size() != size_of(digest) && hash->size() != wide_hash_size)) {
        return std::nullopt;
    }
    return pbkdf2_hash{digest, rounds, *std::move(salt), *std::move(hash)};
}

// `rest` is what follows the name and its dollar: rounds$salt$hash.
std::optional<stored_hash> parse_pbkdf2(std::string_view rest, pbkdf2_digest digest, bool django) {
    const auto rounds = consume_number(rest, 1, pbkdf2_rounds_max);
    if (!rounds || !consume(rest, "$")) {
        return std::nullopt;
    }
    const auto salt = consume_until(rest, '$');
    if (!salt) {
        return std::nullopt;
    }
    return django ? pbkdf2_of(digest, *rounds, text_salt(*salt), decode_base64_padded(rest))
                  : pbkdf2_of(digest, *rounds, decode_passlib(*salt), decode_passlib(rest));
}

// Werkzeug: `rest` is rounds$salt$hex.
std::optional<stored_hash> parse_werkzeug_pbkdf2(std::string_view rest, pbkdf2_digest digest) {
    const auto rounds = consume_number(rest, 1, pbkdf2_rounds_max);
    if (!rounds || !consume(rest, "$")) {
        return std::nullopt;
    }
    const auto salt = consume_until(rest, '$');
    return salt ? pbkdf2_of(digest, *rounds, text_salt(*salt), decode_hex(rest)) : std::nullopt;
}

// Whether scrypt takes these (RFC 7914: N < 2^(128 r / 8)), and their memory (128 N r, and 128 r for each of p) is
// within the cap.
bool is_within_caps(const scrypt_hash& h) {
    const std::uint64_t blocks = (std::uint64_t{1} << h.log2_n) + h.p + 2;
    return h.log2_n < 16 * h.r && 128 * blocks * h.r <= std::uint64_t{hash_memory_kib_max} * 1024;
}

std::optional<stored_hash> scrypt_of(scrypt_hash h, std::optional<bytes> salt, std::optional<bytes> hash) {
    if (!salt || salt->size() > salt_size_max || !hash || hash->size() < scrypt_hash_size_min ||
        hash->size() > scrypt_hash_size_max || !is_within_caps(h)) {
        return std::nullopt;
    }
    h.salt = *std::move(salt);
    h.hash = *std::move(hash);
    return h;
}

// N as a number, a power of two.
std::optional<std::uint32_t> consume_n(std::string_view& rest) {
    const auto n = consume_number(rest, 2, std::uint32_t{1} << scrypt_log2_n_max);
    if (!n || (*n & (*n - 1)) != 0) {
        return std::nullopt;
    }
    std::uint32_t log2_n = 0;
    while ((std::uint32_t{1} << log2_n) < *n) {
        ++log2_n;
    }
    return log2_n;
}

// One number of scrypt's, with what stands before it.
bool consume_into(std::string_view& rest, std::string_view before, std::uint32_t& into, std::uint32_t most) {
    if (!consume(rest, before)) {
        return false;
    }
    const auto value = consume_number(rest, 1, most);
    into = value.value_or(0);
    return value.has_value();
}

// passlib: `rest` is ln=16,r=8,p=1$salt$hash.
std::optional<stored_hash> parse_passlib_scrypt(std::string_view rest) {
    scrypt_hash h;
    if (!consume_into(rest, "ln=", h.log2_n, scrypt_log2_n_max) || !consume_into(rest, ",r=", h.r, scrypt_r_max) ||
        !consume_into(rest, ",p=", h.p, scrypt_p_max) || !consume(rest, "$")) {
        return std::nullopt;
    }
    const auto salt = consume_until(rest, '$');
    return salt ? scrypt_of(std::move(h), decode_base64(*salt), decode_base64(rest)) : std::nullopt;
}

// Django: `rest` is N$salt$r$p$hash.
std::optional<stored_hash> parse_django_scrypt(std::string_view rest) {
    scrypt_hash h;
    const auto log2_n = consume_n(rest);
    if (!log2_n || !consume(rest, "$")) {
        return std::nullopt;
    }
    h.log2_n = *log2_n;
    const auto salt = consume_until(rest, '$');
    if (!salt || !consume_into(rest, "", h.r, scrypt_r_max) || !consume_into(rest, "$", h.p, scrypt_p_max) ||
        !consume(rest, "$")) {
        return std::nullopt;
    }
    return scrypt_of(std::move(h), text_salt(*salt), decode_base64_padded(rest));
}

// Werkzeug: `rest` is N:r:p$salt$hex.
std::optional<stored_hash> parse_werkzeug_scrypt(std::string_view rest) {
    scrypt_hash h;
    const auto log2_n = consume_n(rest);
    if (!log2_n || !consume_into(rest, ":", h.r, scrypt_r_max) || !consume_into(rest, ":", h.p, scrypt_p_max) ||
        !consume(rest, "$")) {
        return std::nullopt;
    }
    h.log2_n = *log2_n;
    const auto salt = consume_until(rest, '$');
    return salt ? scrypt_of(std::move(h), text_salt(*salt), decode_hex(rest)) : std::nullopt;
}

// Firebase: `rest` is n=14,r=8,p=1,ss=separator,sk=key$salt$hash; without a separator, ss= is left out.
std::optional<stored_hash> parse_firebase(std::string_view rest) {
    scrypt_hash h;
    if (!consume_into(rest, "n=", h.log2_n, scrypt_log2_n_max) || !consume_into(rest, ",r=", h.r, scrypt_r_max) ||
        !consume_into(rest, ",p=", h.p, scrypt_p_max) || !consume(rest, ",")) {
        return std::nullopt;
    }
    std::optional<bytes> separator = bytes();
    if (consume(rest, "ss=")) {
        const auto text = consume_until(rest, ',');
        separator = text && !text->empty() ? decode_base64_padded(*text) : std::nullopt;
    }
    if (!separator || separator->size() > firebase_part_size_max || !consume(rest, "sk=")) {
        return std::nullopt;
    }
    const auto key_text = consume_until(rest, '$');
    const auto salt_text = consume_until(rest, '$');
    if (!key_text || !salt_text) {
        return std::nullopt;
    }
    auto key = decode_base64_padded(*key_text);
    auto salt = decode_base64_padded(*salt_text);
    auto hash = decode_base64_padded(rest);
    // The hash is the key, encrypted: they are of one size.
    if (!key || !salt || salt->size() > firebase_part_size_max || !hash || hash->size() != key->size()) {
        return std::nullopt;
    }
    h.signer_key = *std::move(key);
    std::optional<stored_hash> out = scrypt_of(std::move(h), std::move(salt), std::move(hash));
    if (out) {
        auto& whole = std::get<scrypt_hash>(*out).salt; // what scrypt takes is the salt and the separator
        whole.insert(whole.end(), separator->begin(), separator->end());
    }
    return out;
}

// A bcrypt of something else than the password: `text` as crypt writes it.
std::optional<stored_hash> bcrypt_of(std::string_view text, bcrypt_input input) {
    std::optional<stored_hash> out = text.starts_with("$2") ? parse_stored_hash(text) : std::nullopt;
    if (out) {
        std::get<bcrypt_hash>(*out).input = input;
    }
    return out;
}

// passlib: `rest` is t=2b,r=12$salt$hash.
std::optional<stored_hash> parse_passlib_bcrypt_sha256(std::string_view rest) {
    if (!consume(rest, "t=2b,r=")) {
        return std::nullopt;
    }
    const auto cost = consume_number(rest, 1, bcrypt_cost_max);
    if (!cost || !consume(rest, "$")) {
        return std::nullopt;
    }
    const auto salt = consume_until(rest, '$');
    if (!salt || salt->size() != bcrypt_salt_characters || rest.size() != bcrypt_hash_characters) {
        return std::nullopt;
    }
    const std::string digits = (*cost < 10 ? "0" : "") + std::to_string(*cost);
    const std::string text = "$2b$" + digits + "$" + std::string(*salt) + std::string(rest);
    return bcrypt_of(text, bcrypt_input::hmac_sha256);
}

} // namespace

std::optional<stored_hash> parse_foreign_hash(std::string_view text) {
    using enum pbkdf2_digest;
    const auto begins = [&text](std::string_view name) { return consume(text, name); };
    if (begins("$pbkdf2-sha256$")) {
        return parse_pbkdf2(text, sha256, false);
    }
    if (begins("$pbkdf2-sha512$")) {
        return parse_pbkdf2(text, sha512, false);
    }
    if (begins("pbkdf2_sha256$")) {
        return parse_pbkdf2(text, sha256, true);
    }
    if (begins("pbkdf2_sha512$")) {
        return parse_pbkdf2(text, sha512, true);
    }
    if (begins("pbkdf2:sha256:")) {
        return parse_werkzeug_pbkdf2(text, sha256);
    }
    if (begins("pbkdf2:sha512:")) {
        return parse_werkzeug_pbkdf2(text, sha512);
    }
    if (begins("$scrypt$")) {
        return parse_passlib_scrypt(text);
    }
    if (begins("scrypt$")) {
        return parse_django_scrypt(text);
    }
    if (begins("scrypt:")) {
        return parse_werkzeug_scrypt(text);
    }
    if (begins("$fbscrypt$v=1,")) {
        return parse_firebase(text);
    }
    if (begins("$bcrypt-sha256$v=2,")) {
        return parse_passlib_bcrypt_sha256(text);
    }
    if (begins("bcrypt$")) {
        return bcrypt_of(text, bcrypt_input::password);
    }
    if (begins("bcrypt_sha256$")) {
        return bcrypt_of(text, bcrypt_input::sha256);
    }
    if (begins("argon2$argon2")) { // Django: all but the dollar in front is PHC's
        const std::string whole = "$argon2" + std::string(text);
        return parse_stored_hash(whole);
    }
    return std::nullopt;
}

std::string to_text(const pbkdf2_hash& h) {
    const std::string name = h.digest == pbkdf2_digest::sha256 ? "$pbkdf2-sha256$" : "$pbkdf2-sha512$";
    return name + std::to_string(h.rounds) + "$" + encode_passlib(h.salt) + "$" + encode_passlib(h.hash);
}

std::string to_text(const scrypt_hash& h) {
    return "$scrypt$ln=" + std::to_string(h.log2_n) + ",r=" + std::to_string(h.r) + ",p=" + std::to_string(h.p) + "$" +
           encode_base64(h.salt) + "$" + encode_base64(h.hash);
}

} // namespace pawl
