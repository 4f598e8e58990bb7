// The rules of --brand-*.
#include "app/config/validate_parts.hpp"
#include "core/user/names.hpp"

#include <array>
#include <cstdio>

namespace pawl::app {

namespace {

// std::nullopt in `out` where it is not given.
option_error take_colour(option_values& v, option_id id, const colour_scheme& scheme, std::optional<colour>& out) {
    if (!v.has(id)) {
        return std::nullopt;
    }
    out = parse_colour(v.text(id));
    if (!out) {
        return v.complain(id, "must be # and six hex digits");
    }
    const double contrast = contrast_in(scheme, *out);
    if (contrast < legible_contrast) {
        std::array<char, 160> why{};
        std::snprintf(why.data(), why.size(),
                      "is not legible: its contrast with %s and with the text of buttons, %s, is %.2f, less than 4.5",
                      scheme.card.text().c_str(), scheme.on_link.text().c_str(), contrast);
        return v.complain(id, why.data());
    }
    return std::nullopt;
}

} // namespace

option_error check_brand(option_values& v, config& out) {
    using enum option_id;
    brand_settings& brand = out.brand;
    if (v.has(brand_name)) {
        std::string why;
        const auto name = check_personal_name(v.text(brand_name), why);
        if (!name || name->empty() || name->size() > brand_name_size_max) {
            return v.complain(brand_name, "must be 1 to 64 bytes of text without control characters");
        }
        brand.name = *name;
    }
    brand.logo_file = v.has(brand_logo) ? v.text(brand_logo) : std::string();
    if (auto error = take_colour(v, brand_colour, light_scheme, brand.light)) {
        return error;
    }
    if (auto error = take_colour(v, brand_colour_dark, dark_scheme, brand.dark)) {
        return error;
    }
    if (brand.light && !brand.dark) {
        brand.dark = lightened_for_dark(*brand.light);
    }
    return std::nullopt;
}

} // namespace pawl::app
