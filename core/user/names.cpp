#include "core/user/names.hpp"

#include "core/text/unicode.hpp"

#include <algorithm>

namespace pawl {

namespace {

constexpr std::size_t local_part_size_max = 64; // RFC 5321 4.5.3.1.1
constexpr std::size_t label_size_max = 63;      // RFC 1035 2.3.4

constexpr bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// atext of RFC 5322 3.2.3.
constexpr bool is_atom_character(char c) {
    return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_atom(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_atom_character);
}

bool is_label(std::string_view text) {
    if (text.empty() || text.size() > label_size_max || text.front() == '-' || text.back() == '-') {
        return false;
    }
    return std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

// Whether every part between dots is a `part`; there is always at least one.
bool all_between_dots(std::string_view text, bool (*part)(std::string_view)) {
    while (true) {
        const std::size_t dot = text.find('.');
        if (!part(text.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(dot + 1);
    }
}

// NFC of at most `size_max` bytes without control and invisible characters; std::nullopt and why, if it is not that.
std::optional<std::string> check_text(std::string_view typed, std::size_t size_max, variation_selectors which,
                                      std::string& why) {
    std::optional<std::string> text;
    if (typed.size() <= nfc_size_factor * size_max) {
        text = to_nfc(typed);
        if (!text) {
            why = "must be well-formed text in UTF-8";
            return std::nullopt;
        }
    }
    if (!text || text->size() > size_max) {
        why = "must be at most " + std::to_string(size_max) + " bytes long";
        return std::nullopt;
    }
    if (has_control_characters(*text)) {
        why = "must not contain control characters";
        return std::nullopt;
    }
    if (has_invisible_characters(*text, which)) {
        why = "must not contain characters that can't be seen";
        return std::nullopt;
    }
    return text;
}

} // namespace

std::optional<std::string> check_email(std::string_view typed, std::string& why) {
    if (typed.size() > email_size_max) {
        why = "must be at most " + std::to_string(email_size_max) + " bytes long";
        return std::nullopt;
    }
    const std::size_t at = typed.find('@');
    const bool good = at != std::string_view::npos && at <= local_part_size_max &&
                      all_between_dots(typed.substr(0, at), is_atom) &&
                      all_between_dots(typed.substr(at + 1), is_label);
    if (!good) {
        why = "must be an email address, such as name@example.org";
        return std::nullopt;
    }
    return std::string(typed);
}

std::optional<std::string> check_username(std::string_view typed, std::string_view email, std::string& why) {
    if (typed.empty()) {
        why = "must not be empty";
        return std::nullopt;
    }
    std::optional<std::string> name = check_text(typed, username_size_max, variation_selectors::refused, why);
    if (!name) {
        return std::nullopt;
    }
    if (has_outer_space(*name)) {
        why = "must not begin or end with a space";
        return std::nullopt;
    }
    // One namespace: a name with an '@' could be somebody else's address.
    if (name->find('@') != std::string::npos && fold_login_name(*name) != fold_login_name(email)) {
        why = "must not contain @ unless it is the email of the account";
        return std::nullopt;
    }
    return name;
}

std::optional<std::string> check_personal_name(std::string_view typed, std::string& why) {
    return check_text(typed, personal_name_size_max, variation_selectors::taken, why);
}

std::string fold_login_name(std::string_view name) {
    // Longer text can't be a stored name in any form; it is not worth the sorting of its marks.
    if (name.size() <= nfc_size_factor * username_size_max) {
        if (const std::optional<std::string> composed = to_nfc(name)) {
            return fold_ascii(*composed);
        }
    }
    return fold_ascii(name);
}

} // namespace pawl
