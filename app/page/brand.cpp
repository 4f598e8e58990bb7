#include "app/page/brand.hpp"

#include "app/page/picture.hpp"
#include "app/web/assets.hpp"
#include "storage/exit_code.hpp"
#include "storage/plain_file.hpp"

#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

namespace pawl::app {

namespace {

page_brand& kept() {
    static page_brand brand;
    return brand;
}

// Weak: it tells one file of another, to one server's visitors (FNV-1a, 64 bits).
std::string etag_of(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : bytes) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    char text[32];
    std::snprintf(text, sizeof text, "W/\"%016llx\"", static_cast<unsigned long long>(hash));
    return text;
}

} // namespace

std::string branded_style(std::string_view style, const brand_settings& settings) {
    std::string out(style);
    if (settings.light) {
        out += "\n:root { --link: " + settings.light->text() + "; --on-link: " + light_scheme.on_link.text() + "; }\n";
    }
    if (settings.dark) {
        out += "@media (prefers-color-scheme: dark) {\n    :root { --link: " + settings.dark->text() +
               "; --on-link: " + dark_scheme.on_link.text() + "; }\n}\n";
    }
    return out;
}

page_brand read_brand(const brand_settings& settings) {
    page_brand out;
    out.name = settings.name;
    if (!settings.logo_file.empty()) {
        const auto refuse = [&](const std::string& why) {
            return storage::refused(storage::exit_code::usage, "--brand-logo " + settings.logo_file + " " + why);
        };
        std::error_code ec;
        out.logo = storage::read_plain_file(settings.logo_file, picture_size_max, ec);
        if (ec) {
            throw refuse("can't be read: " + storage::describe_plain_file_error(ec));
        }
        const checked_picture checked = check_picture(out.logo);
        if (checked.kind == picture_kind::none) {
            throw refuse(checked.why);
        }
        out.logo_type = checked.kind == picture_kind::png ? "image/png" : "image/svg+xml";
        out.logo_etag = etag_of(out.logo);
    }
    if (settings.light || settings.dark) {
        out.style = branded_style(plain_text(*find_asset("page/pages.css")), settings);
        out.style_etag = etag_of(out.style);
    }
    return out;
}

void set_brand(page_brand brand) {
    kept() = std::move(brand);
}

const page_brand& brand_of_pages() {
    return kept();
}

} // namespace pawl::app
