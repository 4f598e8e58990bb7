// The operator's logo, which every page shows: an SVG that runs nothing and leads nowhere, or a PNG. Pages show it as
// an image, in which browsers run no scripts and load nothing; this holds where somebody opens the picture itself, too.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t picture_size_max = std::size_t{64} * 1024;
inline constexpr unsigned picture_side_max = 2048; // pixels of a PNG
inline constexpr std::size_t svg_depth_max = 32;   // elements within elements

enum class picture_kind : unsigned char { none, svg, png };
struct checked_picture {
    picture_kind kind = picture_kind::none;
    std::string why; // of none: a sentence fragment, with the place where it has one
};
checked_picture check_picture(std::string_view bytes);

} // namespace pawl::app
