// Small steps over header text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace pawl {

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

// Without optional white space (RFC 9110 5.6.3) at either end.
constexpr std::string_view trim(std::string_view text) {
    constexpr std::string_view white_space = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

// What stands before the first `separator` of `rest`, which is left with what stands after it.
constexpr std::string_view take_until(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

} // namespace pawl
