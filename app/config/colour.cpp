#include "app/config/colour.hpp"

#include "core/text/ascii.hpp"

#include <algorithm>
#include <cmath>

namespace pawl::app {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Of one channel: WCAG 2.2, "relative luminance".
double linear(std::uint8_t channel) {
    const double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}
double luminance(const colour& c) {
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

} // namespace

std::string colour::text() const {
    std::string out = "#";
    for (const std::uint8_t channel : {red, green, blue}) {
        out += hex_digits[channel >> 4U];
        out += hex_digits[channel & 15U];
    }
    return out;
}

std::optional<colour> parse_colour(std::string_view text) {
    if (text.size() != 7 || text[0] != '#') {
        return std::nullopt;
    }
    std::uint8_t channels[3] = {};
    for (std::size_t i = 0; i < 3; ++i) {
        const char high = text[1 + 2 * i], low = text[2 + 2 * i];
        if (!is_hex(high) || !is_hex(low)) {
            return std::nullopt;
        }
        channels[i] = static_cast<std::uint8_t>(hex_value(high) * 16 + hex_value(low));
    }
    return colour{channels[0], channels[1], channels[2]};
}

double contrast_of(const colour& a, const colour& b) {
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

double contrast_in(const colour_scheme& scheme, const colour& c) {
    return std::min(contrast_of(c, scheme.card), contrast_of(c, scheme.on_link));
}

colour lightened_for_dark(const colour& c) {
    constexpr int steps = 20;
    for (int step = 0; step < steps; ++step) {
        const auto mixed = [&](std::uint8_t channel) {
            return static_cast<std::uint8_t>(channel + (255 - channel) * step / steps);
        };
        const colour lighter{mixed(c.red), mixed(c.green), mixed(c.blue)};
        if (contrast_in(dark_scheme, lighter) >= legible_contrast) {
            return lighter;
        }
    }
    return {0xff, 0xff, 0xff};
}

} // namespace pawl::app
