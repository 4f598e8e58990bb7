// Colours of pages: how they are written, and whether text is legible on them (WCAG 2.2, 1.4.3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

struct colour {
    std::uint8_t red = 0, green = 0, blue = 0; // sRGB

    std::string text() const; // "#1f5f9a"
    friend bool operator==(const colour&, const colour&) = default;
};
// "#" and six hex digits of either case.
std::optional<colour> parse_colour(std::string_view text);

// 1 to 21, whichever of the two is the text.
double contrast_of(const colour& a, const colour& b);
inline constexpr double legible_contrast = 4.5; // of text of usual size, 1.4.3

// What pages have behind and on the colour of links and buttons (app/page/pages.css).
struct colour_scheme {
    colour card;    // links stand on it
    colour on_link; // the text of buttons
};
inline constexpr colour_scheme light_scheme{{0xff, 0xff, 0xff}, {0xff, 0xff, 0xff}};
inline constexpr colour_scheme dark_scheme{{0x1a, 0x22, 0x2b}, {0x10, 0x20, 0x2f}};
// The lower of both contrasts.
double contrast_in(const colour_scheme& scheme, const colour& c);
// For dark pages: `c`, with as much white in it as makes it legible there.
colour lightened_for_dark(const colour& c);

} // namespace pawl::app
