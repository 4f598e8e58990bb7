// The outer layer of a token: JWS compact serialisation (RFC 7515 7.1). For core/jwt/*.cpp only.
#pragma once

#include "core/jwt/json_tape.hpp"
#include "core/jwt/key_ring.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pawl {

// 4 KiB of claims (core/service/user_claims.hpp), a third longer in base64url, with the longest header and signature.
inline constexpr std::size_t compact_jws_size_max = 6400;

// The three parts, still encoded, and what a signature is over: the first two with their dot. Views into the token.
struct compact_parts {
    std::string_view header, payload, signature, signing_input;
};

// Nothing for what is over compact_jws_size_max or has not exactly three parts.
std::optional<compact_parts> split_compact(std::string_view token);

// One decoded part as a JSON object, with the memory it lies in. About 12 KiB: for the stack. Not copyable: the tape
// points into it.
class json_part {
public:
    json_part() : tape_(items_, characters_) {}
    json_part(const json_part&) = delete;
    json_part& operator=(const json_part&) = delete;

    // True where `part` is strict base64url of a strict JSON object of at most 112 values, nested at most 4 deep.
    bool read(std::string_view part);

    // After read() gave true. Null if there is none.
    const json_item* find(std::string_view name) const { return tape_.find(tape_.root(), name); }
    // The first element of an array or object in it and the next one; null at the end.
    const json_item* first(const json_item& parent) const { return tape_.first(parent); }
    const json_item* next(const json_item& parent, const json_item& child) const { return tape_.next(parent, child); }
    // std::nullopt if the member is absent or not a string.
    std::optional<std::string_view> text(std::string_view name) const;
    // std::nullopt if the member is absent or not an integer in [0, high].
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t high) const;

private:
    static constexpr std::size_t items_max = 112, depth_max = 4;
    static constexpr std::size_t bytes_max = compact_jws_size_max / 4 * 3;
    std::array<json_item, items_max> items_;
    std::array<char, bytes_max> characters_;
    json_tape tape_;
};

// A header member that would change what the signature is over, bring its own key or have one fetched, or say that the
// payload is something else than a JSON object: crit, b64, jku, jwk, x5u, x5c, x5t, x5t#S256, zip, enc, cty. Others
// that are unknown are ignored (RFC 7515 4).
bool has_forbidden_member(const json_part& header);

// Strict base64url, then the key. False for a signature over 512 bytes (RSA of 4096 bits).
bool signature_is_good(const jws_key& key, const compact_parts& parts);

} // namespace pawl
