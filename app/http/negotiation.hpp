// Accept and Accept-Encoding (RFC 9110 12.5).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pawl::app {

inline constexpr unsigned quality_max = 1000;

// The weight in thousandths that `header` gives to the first of `candidates` it names, compared without case; 0 where
// it names none. Candidates go from the most specific: {"text/html", "text/*", "*/*"}. Parameters other than q are
// ignored; a malformed q counts as 0.
unsigned quality(std::string_view header, std::span<const std::string_view> candidates);

// A browser: it weighs HTML higher than JSON.
bool prefers_html(std::optional<std::string_view> accept);
bool accepts_gzip(std::optional<std::string_view> accept_encoding);

} // namespace pawl::app
