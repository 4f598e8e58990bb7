// What the configuration says of the process's own log.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::app {

enum class log_level : std::uint8_t { debug, info, warn, error };
enum class log_format : std::uint8_t { text, json };

std::string_view to_text(log_level level); // "debug", "info", "warn", "error"
std::optional<log_level> log_level_from_text(std::string_view text);

} // namespace pawl::app
