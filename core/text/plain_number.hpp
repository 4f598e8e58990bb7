// A number as a program writes it: decimal digits without sign, blank or leading zero.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace pawl {

// At most `max`; std::nullopt for anything else.
template <std::unsigned_integral Number>
std::optional<Number> plain_number(std::string_view text, Number max) noexcept {
    Number value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = failed == std::errc() && end == text.data() + text.size();
    const bool is_plain = is_whole && (text.size() == 1 || text.front() != '0');
    return is_plain && value <= max ? std::optional(value) : std::nullopt;
}

} // namespace pawl
