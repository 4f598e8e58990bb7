// Whose pages and mails they are: --brand-*.
#pragma once

#include "app/config/colour.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace pawl::app {

inline constexpr std::size_t brand_name_size_max = 64;

struct brand_settings {
    std::string name;                  // empty: none
    std::string logo_file;             // empty: our own mark
    std::optional<colour> light, dark; // of links and buttons; none: those of pages.css
};

} // namespace pawl::app
