// A QR code (ISO/IEC 18004) as a picture in the page itself: SVG, black on white whatever the page's colours are.
#pragma once

#include <string>
#include <string_view>

namespace pawl::app {

// `label`: what it is, for readers who don't see it. Empty where the text is longer than a code can be.
std::string qr_picture(std::string_view text, std::string_view label);

} // namespace pawl::app
