#include "app/config/log_settings.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pawl::app {

namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

} // namespace

std::string_view to_text(log_level level) {
    return level_names[static_cast<std::size_t>(level)];
}

std::optional<log_level> log_level_from_text(std::string_view text) {
    const auto found = std::find(level_names.begin(), level_names.end(), text);
    if (found == level_names.end()) {
        return std::nullopt;
    }
    return static_cast<log_level>(found - level_names.begin());
}

} // namespace pawl::app
