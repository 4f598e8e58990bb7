#include "core/password/stored_hash.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <span>

namespace pawl {

namespace {

constexpr std::size_t salt_size_max = 128;
constexpr std::size_t argon2_salt_size_min = 8; // RFC 9106 3.1
constexpr std::size_t argon2_hash_size_min = 12, argon2_hash_size_max = 64;
constexpr std::uint32_t argon2_kib_per_lane_min = 8; // RFC 9106 3.1
constexpr std::size_t bcrypt_text_size = 60;
constexpr unsigned bcrypt_cost_min = 4;
constexpr std::size_t sha256_size = 32;

bool consume(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

// Up to the next `end`, which is taken too; nothing where there is none.
std::optional<std::string_view> consume_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view field = text.substr(0, at);
    text.remove_prefix(at + 1);
    return field;
}

// A decimal number without sign or leading zero, from `least` to `most`.
std::optional<std::uint32_t> consume_number(std::string_view& text, std::uint32_t least, std::uint32_t most) {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 10 && text[digits] >= '0' && text[digits] <= '9') {
        value = 10 * value + static_cast<std::uint64_t>(text[digits] - '0');
        ++digits;
    }
    if (digits == 0 || (digits > 1 && text[0] == '0') || value < least || value > most) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return static_cast<std::uint32_t>(value);
}

std::optional<std::vector<std::uint8_t>> decode(std::string_view text, int variant) {
    // libsodium 1.0.18 takes some bytes above 0x7F for letters of the alphabet.
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
        return std::nullopt;
    }
    std::vector<std::uint8_t> bytes(text.size() + 1); // never a null pointer
    std::size_t size = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr, variant) !=
        0) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string encode(std::span<const std::uint8_t> bytes) {
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back(); // the NUL
    return text;
}

// passlib's base64: '.' for '+', no padding.
std::optional<std::vector<std::uint8_t>> decode_passlib(std::string_view text) {
    if (text.find('+') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string standard(text);
    std::replace(standard.begin(), standard.end(), '.', '+');
    return decode(standard, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

struct argon2_name {
    std::string_view text;
    hash_scheme kind;
};
constexpr std::array<argon2_name, 3> argon2_names{{
    {"argon2id", hash_scheme::argon2id},
    {"argon2i", hash_scheme::argon2i},
    {"argon2d", hash_scheme::argon2d},
}};

// m=..,t=..,p=.. of `rest`, with the dollar behind it, within the caps.
bool consume_cost(std::string_view& rest, argon2_hash& h) {
    if (!consume(rest, "m=")) {
        return false;
    }
    const auto memory = consume_number(rest, argon2_kib_per_lane_min, hash_memory_kib_max);
    if (!memory || !consume(rest, ",t=")) {
        return false;
    }
    const auto passes = consume_number(rest, 1, hash_passes_max);
    if (!passes || !consume(rest, ",p=")) {
        return false;
    }
    const auto lanes = consume_number(rest, 1, hash_lanes_max);
    if (!lanes || *memory < argon2_kib_per_lane_min * *lanes || !consume(rest, "$")) {
        return false;
    }
    h.memory_kib = *memory;
    h.passes = *passes;
    h.lanes = *lanes;
    return true;
}

// `rest` is what follows the first dollar.
std::optional<stored_hash> parse_argon2(std::string_view rest) {
    const auto name = consume_until(rest, '$');
    const auto known = std::find_if(argon2_names.begin(), argon2_names.end(),
                                    [&name](const argon2_name& n) { return name && n.text == *name; });
    if (known == argon2_names.end()) {
        return std::nullopt;
    }
    argon2_hash h;
    h.kind = known->kind;
    h.version = consume(rest, "v=19$") ? 19 : 16;
    if (h.version == 16) {
        consume(rest, "v=16$"); // the first version of Argon2 wrote none
    }
    if (!consume_cost(rest, h)) {
        return std::nullopt;
    }
    const auto salt_text = consume_until(rest, '$');
    if (!salt_text) {
        return std::nullopt;
    }
    auto salt = decode(*salt_text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    auto hash = decode(rest, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    if (!salt || salt->size() < argon2_salt_size_min || salt->size() > salt_size_max || !hash ||
        hash->size() < argon2_hash_size_min || hash->size() > argon2_hash_size_max) {
        return std::nullopt;
    }
    h.salt = std::move(*salt);
    h.hash = std::move(*hash);
    return h;
}

constexpr bool is_bcrypt_character(char c) {
    return c == '.' || c == '/' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::optional<stored_hash> parse_bcrypt(std::string_view text) {
    std::string_view rest = text;
    if (text.size() != bcrypt_text_size || !(consume(rest, "$2a$") || consume(rest, "$2b$") || consume(rest, "$2y$"))) {
        return std::nullopt;
    }
    const auto cost_text = consume_until(rest, '$'); // always two digits, so a leading zero belongs
    if (!cost_text || cost_text->size() != 2 || !std::all_of(rest.begin(), rest.end(), is_bcrypt_character)) {
        return std::nullopt;
    }
    std::string_view digits = *cost_text;
    if (digits.front() == '0') {
        digits.remove_prefix(1);
    }
    const auto cost = consume_number(digits, bcrypt_cost_min, bcrypt_cost_max);
    if (!cost || !digits.empty()) {
        return std::nullopt;
    }
    return bcrypt_hash{*cost, std::string(text)};
}

// `rest` is what follows the name and its dollar.
std::optional<stored_hash> parse_pbkdf2(std::string_view rest, bool django) {
    pbkdf2_hash h;
    const auto rounds = consume_number(rest, 1, pbkdf2_rounds_max);
    if (!rounds || !consume(rest, "$")) {
        return std::nullopt;
    }
    h.rounds = *rounds;
    const auto salt_text = consume_until(rest, '$');
    if (!salt_text) {
        return std::nullopt;
    }
    std::optional<std::vector<std::uint8_t>> salt, hash;
    if (django) {
        if (!std::all_of(salt_text->begin(), salt_text->end(), [](char c) { return c > ' ' && c < '\x7F'; })) {
            return std::nullopt;
        }
        salt = std::vector<std::uint8_t>(salt_text->begin(), salt_text->end()); // the text itself is the salt
        hash = decode(rest, sodium_base64_VARIANT_ORIGINAL);
    } else {
        salt = decode_passlib(*salt_text);
        hash = decode_passlib(rest);
    }
    if (!salt || salt->size() > salt_size_max || !hash || hash->size() != sha256_size) {
        return std::nullopt;
    }
    h.salt = std::move(*salt);
    h.hash = std::move(*hash);
    return h;
}

} // namespace

std::optional<stored_hash> parse_stored_hash(std::string_view text) {
    if (text.size() > stored_hash_size_max) {
        return std::nullopt;
    }
    std::string_view rest = text;
    if (consume(rest, "$2")) {
        return parse_bcrypt(text);
    }
    if (consume(rest, "$pbkdf2-sha256$")) {
        return parse_pbkdf2(rest, false);
    }
    if (consume(rest, "pbkdf2_sha256$")) {
        return parse_pbkdf2(rest, true);
    }
    if (consume(rest, "$")) {
        return parse_argon2(rest);
    }
    return std::nullopt;
}

std::string to_text(const argon2_hash& h) {
    const auto name =
        std::find_if(argon2_names.begin(), argon2_names.end(), [&h](const argon2_name& n) { return n.kind == h.kind; });
    std::string text = "$" + std::string(name->text) + "$v=" + std::to_string(h.version);
    text += "$m=" + std::to_string(h.memory_kib) + ",t=" + std::to_string(h.passes) + ",p=" + std::to_string(h.lanes);
    return text + "$" + encode(h.salt) + "$" + encode(h.hash);
}

} // namespace pawl
