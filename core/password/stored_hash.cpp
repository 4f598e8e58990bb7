#include "core/password/stored_hash.hpp"

#include "core/password/hash_text.hpp"

#include <algorithm>
#include <array>

namespace pawl {

namespace {

using namespace hash_text;

constexpr std::size_t argon2_salt_size_min = 8; // RFC 9106 3.1
constexpr std::size_t argon2_hash_size_min = 12, argon2_hash_size_max = 64;
constexpr std::uint32_t argon2_kib_per_lane_min = 8; // RFC 9106 3.1
constexpr std::size_t bcrypt_text_size = 60;
constexpr unsigned bcrypt_cost_min = 4;

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
    auto salt = decode_base64(*salt_text);
    auto hash = decode_base64(rest);
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
    return bcrypt_hash{*cost, std::string(text), bcrypt_input::password};
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
    if (consume(rest, "$argon2")) {
        return parse_argon2(text.substr(1));
    }
    return parse_foreign_hash(text);
}

std::string to_text(const argon2_hash& h) {
    const auto name =
        std::find_if(argon2_names.begin(), argon2_names.end(), [&h](const argon2_name& n) { return n.kind == h.kind; });
    std::string text = "$" + std::string(name->text) + "$v=" + std::to_string(h.version);
    text += "$m=" + std::to_string(h.memory_kib) + ",t=" + std::to_string(h.passes) + ",p=" + std::to_string(h.lanes);
    return text + "$" + encode_base64(h.salt) + "$" + encode_base64(h.hash);
}

} // namespace pawl
