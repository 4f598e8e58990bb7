// Whose pages these are: name, logo and colours of --brand-*. They are the process's, set once before it serves, and
// read from then on by any thread.
#pragma once

#include "app/config/brand_settings.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

struct page_brand {
    std::string name{}; // empty: none
    std::string logo{}; // bytes; empty: our own mark
    std::string_view logo_type{};
    std::string logo_etag{};
    std::string style{}; // of /pages.css, whole; empty: as it is embedded
    std::string style_etag{};
};

// Reads and checks the logo. Throws refused(usage).
page_brand read_brand(const brand_settings& settings);
// The style sheet with these colours. Pure.
std::string branded_style(std::string_view style, const brand_settings& settings);

void set_brand(page_brand brand); // before the first request
const page_brand& brand_of_pages();

} // namespace pawl::app
