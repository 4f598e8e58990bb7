// What all access tokens have in common, of users and of clients: the header, how they are put together and opened. For
// core/jwt/*.cpp only.
#pragma once

#include "core/jwt/access_token.hpp"
#include "core/jwt/compact_jws.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

inline constexpr std::int64_t numeric_date_max = (std::int64_t{1} << 53) - 1; // what every JSON reader holds exactly
inline constexpr std::size_t id_text_size_max = 128;                          // of jti and client_id

void append_claim_number(std::string& out, std::uint64_t number);
void append_claim_date(std::string& out, timestamp when);
constexpr timestamp date_of(std::int64_t date) {
    return timestamp(seconds(date));
}

inline constexpr std::size_t claim_audiences_max = 17; // the APIs of a client, and our own
// A text where there is one, else a list.
void append_claim_audiences(std::string& out, std::span<const std::string> audiences);
// The same again: a text, or a list of texts that is not empty; each once. False for anything else.
bool read_claim_audiences(const json_part& payload, std::vector<std::string>& audiences);

// The later of iat and `nbf`. std::nullopt if that is there and no date.
std::optional<timestamp> read_not_before(const json_part& payload, timestamp issued_at);
// issued_in_future, expired or good: all else about the token is.
access_token_check check_moment(timestamp not_before, timestamp expires_at, timestamp now, seconds leeway);

// The token of these claims: the key's header, `json`, the signature. The memory is a spare text's.
std::string sign_access_token(const jws_key& key, token_type type, std::string_view json);

// `good` where the header is one that we write and the signature is good; `payload` is then the part with the claims. A
// signature that is `proven` is not checked again; the header is.
access_token_check open_access_token(const key_ring& keys, std::string_view token, bool takes_plain_type,
                                     signature_state signature, std::string_view& payload);

} // namespace pawl
