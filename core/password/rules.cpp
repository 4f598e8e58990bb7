// The rules for new passwords. No composition rules, no expiry: NIST SP 800-63B-4 3.1.1.2.
#include "core/password/common_passwords.hpp"
#include "core/password/password.hpp"
#include "core/text/unicode.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <charconv>

namespace pawl {

namespace {

constexpr char fold(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether `password`, A-Z folded, is `folded`; leaves no copy of the password behind.
bool is_folded(std::string_view password, std::string_view folded) {
    return std::equal(password.begin(), password.end(), folded.begin(), folded.end(),
                      [](char a, char b) { return fold(a) == b; });
}

// "aaaaaaaa", "12345678", "hgfedcba": every byte is one step from the byte before, the same step all along.
bool is_sequence(std::string_view password) {
    for (const int step : {-1, 0, 1}) {
        const auto breaks = [step](char a, char b) { return b - a != step; };
        if (std::adjacent_find(password.begin(), password.end(), breaks) == password.end()) {
            return true;
        }
    }
    return false;
}

// "abcabcabc", "12121212": a unit of at most 4 bytes, again and again.
bool is_repetition(std::string_view password) {
    constexpr std::size_t unit_max = 4;
    for (std::size_t unit = 1; unit <= unit_max && 2 * unit <= password.size(); ++unit) {
        if (std::equal(password.begin() + static_cast<std::ptrdiff_t>(unit), password.end(), password.begin())) {
            return true;
        }
    }
    return false;
}

// The email, what precedes its '@', or the username. A very short one of these would not be long enough anyway.
bool is_own_name(std::string_view password, std::string_view email, std::string_view username) {
    const std::string folded_email = fold_login_name(email);
    const std::string_view local_part = std::string_view(folded_email).substr(0, folded_email.find('@'));
    return is_folded(password, folded_email) || is_folded(password, local_part) ||
           is_folded(password, fold_login_name(username));
}

template <class Number>
bool consume_number(std::string_view& text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

} // namespace

secret_string normalize_password(std::string_view typed) {
    if (typed.size() > nfc_size_factor * password_size_max) {
        return {};
    }
    std::optional<secret_string> normal = to_nfc_secret(typed);
    if (!normal || normal->size() > password_size_max) {
        return {};
    }
    return std::move(*normal);
}

std::optional<std::string> check_new_password(std::string_view typed, const password_rules& rules,
                                              std::string_view email, std::string_view username) {
    const std::string too_long = "must be at most " + std::to_string(password_size_max) + " bytes long";
    if (typed.size() > nfc_size_factor * password_size_max) {
        return too_long;
    }
    const std::optional<secret_string> normal = to_nfc_secret(typed);
    if (!normal) {
        return "must be well-formed text in UTF-8";
    }
    const std::string_view password = normal->reveal();
    if (password.size() > password_size_max) {
        return too_long;
    }
    if (password.empty() && rules.length_min <= 1) { // never the empty one: at a login it matches no hash
        return "must not be empty";
    }
    if (count_code_points(password) < rules.length_min) {
        return "must be at least " + std::to_string(rules.length_min) + " characters long";
    }
    if (!rules.blocklist) {
        return std::nullopt;
    }
    if (is_own_name(password, email, username)) {
        return "must not be the email or the username";
    }
    if (is_common_password(password)) {
        return "is a common password or word; choose another";
    }
    if (is_sequence(password) || is_repetition(password)) {
        return "is a sequence or a repetition; choose another";
    }
    return std::nullopt;
}

std::optional<argon2_cost> argon2_cost_from_text(std::string_view text) {
    constexpr std::uint32_t memory_kib_min = 8; // RFC 9106 3.1
    argon2_cost cost;
    const auto consume = [&text](std::string_view prefix) {
        const bool found = text.starts_with(prefix);
        text.remove_prefix(found ? prefix.size() : 0);
        return found;
    };
    const bool good = consume("m=") && consume_number(text, cost.memory_kib) && consume(",t=") &&
                      consume_number(text, cost.passes) && consume(",p=1") && text.empty();
    if (!good || cost.memory_kib < memory_kib_min || cost.memory_kib > hash_memory_kib_max || cost.passes < 1 ||
        cost.passes > hash_passes_max) {
        return std::nullopt;
    }
    return cost;
}

} // namespace pawl
