// Times on the wire: RFC 3339, written in UTC with whole seconds.
#pragma once

#include "core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// "2026-11-21T23:44:00Z". Years 0 to 9999; what is outside is written as the nearest.
std::string to_rfc3339(timestamp t);
// The same with milliseconds: "2026-11-21T23:44:00.123Z".
std::string to_rfc3339_ms(timestamp_ms t);
void append_rfc3339(std::string& text, timestamp t);

// Date, `T`, time, optional fraction (milliseconds count, more is cut), `Z` or an offset; upper or lower case. No leap
// second. std::nullopt for anything else, or an instant outside of the years 1970 to 9999 in UTC.
std::optional<timestamp_ms> from_rfc3339(std::string_view text);

} // namespace pawl
