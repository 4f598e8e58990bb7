// Bodies of the form multipart/form-data (RFC 7578), as FormData of browsers and some HTTP libraries send them. Text
// parameters only: a part with a file name is refused.
#pragma once

#include "app/http/parameters.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t multipart_parts_max = 64;
inline constexpr std::size_t multipart_boundary_size_max = 70; // RFC 2046 5.1.1

// The boundary parameter of a Content-Type, without quotes; empty where it has none, or none that is allowed.
std::string_view multipart_boundary(std::string_view content_type);

// `boundary` is not empty. Strict: nothing before the first boundary nor after the last, CR LF everywhere, names in
// quotes. The same refusals as read_form(), and the same names may repeat.
body_result read_multipart(std::string_view body, std::string_view boundary,
                           std::span<const std::string_view> may_repeat = {});

} // namespace pawl::app
