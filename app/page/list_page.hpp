// A long list, page by page: its number comes back in a query. Pure.
#pragma once

#include "core/text/plain_number.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::app {

inline constexpr std::uint32_t list_pages_max = 9999; // what a query may ask for

struct list_page {
    std::size_t first = 0, end = 0;      // of the entries
    std::uint32_t number = 1, count = 1; // of the pages; the first is 1
};

// Digits; 1 for anything else.
inline std::uint32_t list_page_from(std::string_view text) noexcept {
    return std::max(plain_number(text, list_pages_max).value_or(1), std::uint32_t{1});
}

// Of `entries`, `size` (not 0) a page. A page behind the last is the last: entries go while they are read.
constexpr list_page page_of_list(std::size_t entries, std::size_t size, std::uint32_t wanted) noexcept {
    const std::size_t pages = std::clamp<std::size_t>((entries + size - 1) / size, 1, list_pages_max);
    const std::size_t number = std::clamp<std::size_t>(wanted, 1, pages);
    return {std::min((number - 1) * size, entries), std::min(number * size, entries),
            static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(pages)};
}

} // namespace pawl::app
