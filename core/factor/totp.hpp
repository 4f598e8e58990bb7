// One-time passwords by time (RFC 6238) and by set (recovery codes). Their secrets are functions of a factor key and a
// salt; nothing of them is stored. Pure; any thread.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/factor/decide_factor.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "core/user/factor.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr std::size_t totp_secret_size = 20;
inline constexpr std::uint8_t recovery_codes_made = 10;

// What new TOTPs are: --totp. SHA1/6/30 is what all applications can do.
struct totp_kind {
    totp_algorithm algorithm = totp_algorithm::sha1;
    std::uint8_t digits = 6, period = 30;
    friend bool operator==(const totp_kind&, const totp_kind&) = default;
};
// "SHA1/6/30"; std::nullopt for another text.
std::optional<totp_kind> totp_kind_from_text(std::string_view text);

// RFC 4226 5.3, with the HMAC of RFC 6238 1.2.
std::string totp_code(std::span<const std::uint8_t> secret, std::uint64_t step, totp_algorithm algorithm,
                      std::uint8_t digits);

// Of the factor `facts` of that user. std::nullopt if the ring has no such key any more.
std::optional<secret_bytes> totp_secret(const capsule_ring& ring, user_id user, const user_factor& facts);
// Code `index` of a recovery set, as users read it: "xxxxx-xxxxx".
std::optional<secret_string> recovery_code(const capsule_ring& ring, user_id user, const user_factor& facts,
                                           std::uint8_t index);

// What users type, without blanks and dashes, in lower case. Empty where it can be no such code.
secret_string normal_totp(std::string_view typed);
secret_string normal_recovery_code(std::string_view typed);

// What the code (normal) is of that factor, at `now`. In constant time but for which digits the code has.
factor_shown matches_of(const capsule_ring& ring, user_id user, const user_factor& facts, const secret_string& code,
                        timestamp now);

// Base32 (RFC 4648 6) without padding, as key URIs have secrets.
secret_string base32_text(std::span<const std::uint8_t> bytes);
// otpauth://totp/ISSUER:ACCOUNT?secret=..., as authenticator applications read it.
secret_string totp_uri(std::string_view issuer, std::string_view account, std::span<const std::uint8_t> secret,
                       const user_factor& facts);

} // namespace pawl
