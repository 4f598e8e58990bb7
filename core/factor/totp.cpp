#include "core/factor/totp.hpp"

#include "core/text/ascii.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace pawl {

namespace {

constexpr std::string_view totp_label = "totp", recovery_label = "recovery";
// 32 letters and digits that are not mistaken for each other: no l, no o, no 0, no 1.
constexpr std::string_view recovery_alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
static_assert(recovery_alphabet.size() == 32);
constexpr std::size_t recovery_characters = 10, recovery_group = 5;
constexpr unsigned bits_a_character = 5;
constexpr std::string_view base32_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const EVP_MD* digest_of(totp_algorithm algorithm) {
    return algorithm == totp_algorithm::sha1     ? EVP_sha1()
           : algorithm == totp_algorithm::sha256 ? EVP_sha256()
                                                 : EVP_sha512();
}

void append_number(secret_bytes& to, std::uint64_t value, std::size_t size) {
    for (std::size_t shift = size * 8; shift > 0; shift -= 8) {
        to.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
    }
}

// What the secret is of: label, user, factor.
secret_bytes info_of(std::string_view label, user_id user, std::uint32_t factor) {
    secret_bytes info(label.begin(), label.end());
    append_number(info, user.value, 8);
    append_number(info, factor, 4);
    return info;
}

// Five bits a character, the highest first; the last is filled with zeros.
std::string in_alphabet(std::span<const std::uint8_t> bytes, std::string_view alphabet) {
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        held = held << 8U | byte;
        for (bits += 8; bits >= bits_a_character;) {
            bits -= bits_a_character;
            out += alphabet[held >> bits & 31U];
        }
    }
    if (bits > 0) {
        out += alphabet[held << (bits_a_character - bits) & 31U];
    }
    return out;
}

bool equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

secret_string without(std::string_view typed, bool (*belongs)(char)) {
    constexpr std::size_t typed_size_max = 32;
    std::string out;
    for (const char c : typed.substr(0, typed_size_max + 1)) {
        if (c == ' ' || c == '-') {
            continue;
        }
        if (!belongs(to_lower(c)) || typed.size() > typed_size_max) {
            return {};
        }
        out += to_lower(c);
    }
    return secret_string(out);
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        if (is_alpha(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
}

factor_shown totp_matches(const capsule_ring& ring, user_id user, const user_factor& facts, std::string_view code,
                          timestamp now) {
    factor_shown out;
    const std::optional<secret_bytes> secret = totp_secret(ring, user, facts);
    if (!secret) {
        return out;
    }
    const std::uint64_t step_now = totp_step_at(now, facts.period);
    for (std::uint32_t i = 0; i < 1 + 2 * totp_steps_around; ++i) {
        const std::string right = totp_code(*secret, step_now + i - totp_steps_around,
                                            static_cast<totp_algorithm>(facts.algorithm), facts.digits);
        out.matches |= equal(right, code) ? 1U << i : 0U;
    }
    return out;
}

} // namespace

std::optional<totp_kind> totp_kind_from_text(std::string_view text) {
    for (const totp_algorithm algorithm : {totp_algorithm::sha1, totp_algorithm::sha256, totp_algorithm::sha512}) {
        for (std::uint8_t digits = 6; digits <= 8; ++digits) {
            for (const std::uint8_t period : {std::uint8_t{30}, std::uint8_t{60}}) {
                const std::string one =
                    name_of(algorithm) + ("/" + std::to_string(digits)) + "/" + std::to_string(period);
                if (one == text) {
                    return totp_kind{algorithm, digits, period};
                }
            }
        }
    }
    return std::nullopt;
}

std::string totp_code(std::span<const std::uint8_t> secret, std::uint64_t step, totp_algorithm algorithm,
                      std::uint8_t digits) {
    std::array<std::uint8_t, 8> message{};
    for (std::size_t i = message.size(); i > 0; --i, step >>= 8U) {
        message[i - 1] = static_cast<std::uint8_t>(step);
    }
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    if (HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(),
             mac.data(), &size) == nullptr) {
        throw std::runtime_error("an HMAC could not be computed");
    }
    const std::size_t at = mac[size - 1] & 15U;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = number << 8U | mac[at + i];
    }
    number &= 0x7FFF'FFFFU;
    std::string code(digits, '0');
    for (std::size_t i = code.size(); i > 0; --i, number /= 10) {
        code[i - 1] = static_cast<char>('0' + number % 10);
    }
    wipe(mac.data(), mac.size());
    return code;
}

std::optional<secret_bytes> totp_secret(const capsule_ring& ring, user_id user, const user_factor& facts) {
    secret_bytes out(totp_secret_size);
    return ring.derive_secret(facts.key_id, facts.salt, info_of(totp_label, user, facts.number), out)
               ? std::optional(std::move(out))
               : std::nullopt;
}

std::optional<secret_string> recovery_code(const capsule_ring& ring, user_id user, const user_factor& facts,
                                           std::uint8_t index) {
    secret_bytes info = info_of(recovery_label, user, facts.number);
    info.push_back(index);
    secret_bytes bytes((recovery_characters * bits_a_character + 7) / 8);
    if (!ring.derive_secret(facts.key_id, facts.salt, info, bytes)) {
        return std::nullopt;
    }
    std::string text = in_alphabet(bytes, recovery_alphabet).substr(0, recovery_characters);
    text.insert(recovery_group, "-");
    secret_string out(text);
    wipe(text.data(), text.size());
    return out;
}

secret_string normal_totp(std::string_view typed) {
    return without(typed, [](char c) { return is_digit(c); });
}

secret_string normal_recovery_code(std::string_view typed) {
    return without(typed, [](char c) { return recovery_alphabet.find(c) != std::string_view::npos; });
}

factor_shown matches_of(const capsule_ring& ring, user_id user, const user_factor& facts, const secret_string& code,
                        timestamp now) {
    if (code.empty()) {
        return {};
    }
    if (facts.kind == factor_kind::totp) {
        return totp_matches(ring, user, facts, code.reveal(), now);
    }
    factor_shown out;
    for (std::uint8_t i = 0; i < facts.count && i < recovery_codes_max; ++i) {
        const std::optional<secret_string> right = recovery_code(ring, user, facts, i);
        if (right && equal(normal_recovery_code(right->reveal()).reveal(), code.reveal())) {
            out.matches |= 1U << i;
        }
    }
    return out;
}

secret_string base32_text(std::span<const std::uint8_t> bytes) {
    std::string text = in_alphabet(bytes, base32_alphabet);
    secret_string out(text);
    wipe(text.data(), text.size());
    return out;
}

secret_string totp_uri(std::string_view issuer, std::string_view account, std::span<const std::uint8_t> secret,
                       const user_factor& facts) {
    std::string uri = "otpauth://totp/";
    append_escaped(uri, issuer);
    uri += ':';
    append_escaped(uri, account);
    uri += "?secret=";
    uri += base32_text(secret).reveal();
    uri += "&issuer=";
    append_escaped(uri, issuer);
    uri += std::string("&algorithm=") + name_of(static_cast<totp_algorithm>(facts.algorithm));
    uri += "&digits=" + std::to_string(facts.digits) + "&period=" + std::to_string(facts.period);
    secret_string out(uri);
    wipe(uri.data(), uri.size());
    return out;
}

} // namespace pawl
