#include "core/token/refresh_token.hpp"

#include "core/family/word.hpp"
#include "core/text/encoding.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace pawl {

namespace {

constexpr std::size_t version_at = 0, key_id_at = 1, family_at = 2, generation_at = 18, mac_at = 22, token_size = 54;
static_assert(generation_at == family_at + sizeof(family_id::bytes));
static_assert(token_size == mac_at + sha256_size);
static_assert(refresh_token_text_size == refresh_token_prefix.size() + token_size / 3 * 4);

using token_bytes = std::array<std::uint8_t, token_size>;

sha256_digest mac_of(const refresh_key& key, const token_bytes& token) {
    const std::span<const std::uint8_t> covered = std::span(token).first<mac_at>();
    return key.mac.keyed() ? key.mac.compute(covered) : hmac_sha256(key.key).compute(covered);
}

} // namespace

secret_string mint_refresh_token(const key_ring& keys, const refresh_token_place& place) {
    BOOST_ASSERT(!keys.refresh_keys.empty());
    BOOST_ASSERT(place.generation <= family_word::generation_max);
    const refresh_key& key = keys.refresh_keys.back();
    token_bytes token;
    token[version_at] = refresh_token_version;
    token[key_id_at] = key.id;
    std::copy(place.family.bytes.begin(), place.family.bytes.end(), token.begin() + family_at);
    for (std::size_t i = 0; i < 4; ++i) {
        token[generation_at + i] = static_cast<std::uint8_t>(place.generation >> (24 - 8 * i));
    }
    const sha256_digest mac = mac_of(key, token);
    std::copy(mac.begin(), mac.end(), token.begin() + mac_at);
    std::array<char, refresh_token_text_size> text;
    refresh_token_prefix.copy(text.data(), refresh_token_prefix.size());
    base64url_encode_into(token, std::span(text).subspan(refresh_token_prefix.size()));
    secret_string secret(std::string_view(text.data(), text.size()));
    wipe(text.data(), text.size());
    wipe(token.data(), token.size());
    return secret;
}

std::optional<refresh_token_place> check_refresh_token(const key_ring& keys, std::string_view token) {
    token_bytes bytes;
    if (token.size() != refresh_token_text_size || !token.starts_with(refresh_token_prefix) ||
        !base64url_decode_into(token.substr(refresh_token_prefix.size()), bytes) ||
        bytes[version_at] != refresh_token_version) {
        return std::nullopt;
    }
    const auto key = std::find_if(keys.refresh_keys.begin(), keys.refresh_keys.end(),
                                  [&bytes](const refresh_key& k) { return k.id == bytes[key_id_at]; });
    if (key == keys.refresh_keys.end() ||
        !constant_time_equal(mac_of(*key, bytes), std::span(bytes).subspan<mac_at>())) {
        return std::nullopt;
    }
    refresh_token_place place;
    std::copy_n(bytes.begin() + family_at, place.family.bytes.size(), place.family.bytes.begin());
    for (std::size_t i = 0; i < 4; ++i) {
        place.generation = place.generation << 8U | bytes[generation_at + i];
    }
    return place.generation <= family_word::generation_max ? std::optional(place) : std::nullopt;
}

} // namespace pawl
