// Whose pages and mails they are: colours that are legible, logos that do nothing.
#include "app/config/config.hpp"
#include "app/mail/compose.hpp"
#include "app/page/brand.hpp"
#include "app/page/pages.hpp"
#include "app/page/picture.hpp"
#include "app/web/assets.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace pawl;
using namespace pawl::app;

namespace {

std::variant<loaded_config, std::string> load(std::vector<std::string> arguments) {
    config_inputs inputs;
    inputs.arguments = std::move(arguments);
    inputs.read_file = [](const std::string&, std::string&) { return std::optional<std::string>(); };
    return load_config(inputs);
}
brand_settings good(std::vector<std::string> arguments) {
    const auto loaded = load(std::move(arguments));
    const std::string* const why = std::get_if<std::string>(&loaded);
    BOOST_TEST_REQUIRE((why == nullptr), (why == nullptr ? "" : *why));
    return std::get<loaded_config>(loaded).value.brand;
}
std::string why_not(std::vector<std::string> arguments) {
    const auto loaded = load(std::move(arguments));
    const std::string* const why = std::get_if<std::string>(&loaded);
    return why == nullptr ? "(good)" : *why;
}
bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string drawing(std::string_view inner, std::string_view attributes = {}) {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + std::string(attributes) + ">" + std::string(inner) + "</svg>";
}
std::string why_no_picture(std::string_view bytes) {
    const checked_picture checked = check_picture(bytes);
    BOOST_TEST((checked.kind == picture_kind::none) == !checked.why.empty());
    return checked.why;
}
std::string chunk(std::string_view type, std::string_view data) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += static_cast<char>(data.size() >> static_cast<unsigned>(shift) & 0xFFU);
    }
    return out + std::string(type) + std::string(data) + "crc!";
}
std::string png(unsigned width, unsigned height) {
    const auto number = [](unsigned n) {
        return std::string{static_cast<char>(n >> 24U), static_cast<char>(n >> 16U), static_cast<char>(n >> 8U),
                           static_cast<char>(n)};
    };
    return std::string("\x89PNG\r\n\x1a\n", 8) +
           chunk("IHDR", number(width) + number(height) + std::string("\x08\x06\0\0\0", 5)) + chunk("IDAT", "x") +
           chunk("IEND", "");
}

struct branded { // for one test: other tests of the process have no brand
    explicit branded(page_brand b) { set_brand(std::move(b)); }
    ~branded() { set_brand({}); }
    branded(const branded&) = delete;
    branded& operator=(const branded&) = delete;
};

} // namespace

BOOST_AUTO_TEST_SUITE(brand)

BOOST_AUTO_TEST_CASE(a_colour_has_one_text) {
    BOOST_TEST(parse_colour("#1f5f9A").value().text() == "#1f5f9a");
    for (const char* const bad : {"", "#", "1f5f9a", "#1f5f9", "#1f5f9ab", "#1f5f9g", "#fff", "red", " #1f5f9a"}) {
        BOOST_TEST(!parse_colour(bad), bad);
    }
}

BOOST_AUTO_TEST_CASE(contrast_is_that_of_wcag) {
    const colour white{255, 255, 255}, black{};
    BOOST_TEST(contrast_of(white, black) == 21.0, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(contrast_of(white, white) == 1.0);
    BOOST_TEST(contrast_of({0x76, 0x76, 0x76}, white) == 4.54, boost::test_tools::tolerance(0.001));
    BOOST_TEST(contrast_of({0x77, 0x77, 0x77}, white) == 4.48, boost::test_tools::tolerance(0.001));
    BOOST_TEST(contrast_of(black, {255, 0, 0}) == 5.252, boost::test_tools::tolerance(0.001));
}

BOOST_AUTO_TEST_CASE(the_schemes_are_those_of_the_style_sheet) {
    const std::string_view style = plain_text(*find_asset("page/pages.css"));
    const std::string_view light = style.substr(0, style.find("@media")), dark = style.substr(style.find("@media"));
    const auto is = [](std::string_view part, std::string_view name, const colour& c) {
        return has(part, std::string(name) + ": " + c.text() + ";");
    };
    BOOST_TEST((is(light, "--card", light_scheme.card) && is(light, "--on-link", light_scheme.on_link)));
    BOOST_TEST((is(dark, "--card", dark_scheme.card) && is(dark, "--on-link", dark_scheme.on_link)));
    BOOST_TEST(is(light, "--link", default_mail_colour));
    BOOST_TEST(contrast_in(light_scheme, *parse_colour("#1f5f9a")) >= legible_contrast);
    BOOST_TEST(contrast_in(dark_scheme, *parse_colour("#7fb8ea")) >= legible_contrast);
}

BOOST_AUTO_TEST_CASE(a_dark_colour_follows_from_the_other_and_is_legible) {
    for (unsigned i = 0; i < 512; ++i) { // eight values of each channel
        const auto channel = [&](unsigned shift) { return static_cast<std::uint8_t>((i >> shift & 7U) * 255 / 7); };
        const colour lighter = lightened_for_dark({channel(6), channel(3), channel(0)});
        BOOST_TEST(contrast_in(dark_scheme, lighter) >= legible_contrast, lighter.text());
    }
    BOOST_TEST(lightened_for_dark(*parse_colour("#ffcc00")).text() == "#ffcc00");
}

BOOST_AUTO_TEST_CASE(options_of_the_brand_are_taken_or_refused) {
    const brand_settings none = good({});
    BOOST_TEST((none.name.empty() && none.logo_file.empty() && !none.light && !none.dark));
    const brand_settings all = good({"--brand-name", "Example & Söhne", "--brand-logo", "logo.svg", "--brand-colour",
                                     "#8A1538", "--brand-colour-dark=#f0a0b0"});
    BOOST_TEST(all.name == "Example & Söhne");
    BOOST_TEST(all.logo_file == "logo.svg");
    BOOST_TEST(all.light->text() == "#8a1538");
    BOOST_TEST(all.dark->text() == "#f0a0b0");
    BOOST_TEST(contrast_in(dark_scheme, good({"--brand-colour", "#000000"}).dark.value()) >= legible_contrast);
    BOOST_TEST(!good({"--brand-colour-dark", "#ffffff"}).light);
    BOOST_TEST(good({"--brand-colour", "#767676"}).light->text() == "#767676"); // 4.54
    BOOST_TEST(has(why_not({"--brand-colour", "#777777"}), " is not legible"));
    BOOST_TEST(has(why_not({"--brand-colour", "#777777"}), "4.48"));
    BOOST_TEST(has(why_not({"--brand-colour-dark", "#1f5f9a"}), " is not legible"));
    BOOST_TEST(has(why_not({"--brand-colour", "blue"}), "must be # and six hex digits"));
    BOOST_TEST(has(why_not({"--brand-name", std::string(65, 'a')}), " must be 1 to 64 bytes"));
    BOOST_TEST(why_not({"--brand-name", "a\nb"}) != "(good)");
}

BOOST_AUTO_TEST_CASE(a_drawing_is_taken) {
    for (const std::string& text :
         {drawing(""), drawing("<path d=\"M0 0h1\"/>"),
          "<?xml version=\"1.0\"?>\n<!-- by hand -->\n" + drawing("") + "\n",
          "<?xml version='1.0' encoding='UTF-8' standalone='no'?>" + drawing(""),
          drawing("<title>A &amp; B</title><g><circle r='2'/></g>", "viewBox=\"0 0 1 1\""),
          drawing(
              "<defs><linearGradient id=\"a\"><stop offset=\"0\"/></linearGradient></defs><rect fill=\"url(#a)\"/>"),
          drawing("<use href=\"#a\"/><use xlink:href='#b'/>", "xmlns:xlink=\"http://www.w3.org/1999/xlink\""),
          drawing("<style>.a{fill:#fff}</style><g id=\"curl\"/><g style=\"fill:url(#b)\"/>"),
          std::string(plain_text(*find_asset("pawl.svg")))}) {
        BOOST_TEST(why_no_picture(text) == "", text);
        BOOST_TEST((check_picture(text).kind == picture_kind::svg));
    }
}

BOOST_AUTO_TEST_CASE(a_drawing_that_could_do_something_is_refused) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {drawing("<script>alert(1)</script>"), "element <script>"},
        {drawing("<SCRIPT/>"), "element <SCRIPT>"},
        {drawing("<svg:script/>"), "element <svg:script>"},
        {drawing("<foreignObject/>"), "element"},
        {drawing("<image href=\"#a\"/>"), "element"},
        {drawing("<animate/>"), "element"},
        {drawing("<a href=\"#x\"/>"), "element <a>"},
        {drawing("<svg/>"), "element <svg>"},
        {drawing("", "onload=\"a\""), "attribute onload"},
        {drawing("<g ONCLICK='a'/>"), "attribute onclick"},
        {drawing("<g\nonclick\n='a'/>"), "without a value"},
        {drawing("<use href=\"https://a.example/\"/>"), "has a link"},
        {drawing("<use xlink:href=\"javascript:a\"/>"), "has a link"},
        {drawing("<use HREF=\"data:a\"/>"), "has a link"},
        {drawing("", "xml:base=\"https://a.example/\""), "attribute xml:base"},
        {drawing("<rect fill=\"url(https://a.example/)\"/>"), "refers to something elsewhere"},
        {drawing("<rect style=\"fill:URL( '#a')\"/>"), "refers to something elsewhere"},
        {drawing("<rect style=\"fill:u\\72l(x)\"/>"), "a style with"},
        {drawing("<rect style=\"fill:ur/**/l(x)\"/>"), "a style with"},
        {drawing("<style>@import 'a';</style>"), "a style with"},
        {drawing("<style>a{b:ur<!-- -->l(x)}</style>"), "more than text in a style"},
        {drawing("<style>a{b:ur<g/>l(x)}</style>"), "more than text in a style"},
        {drawing("<g style=\"b:image-set('a')\"/>"), "refers to something elsewhere"},
        {drawing("<rect fill=\"&#117;rl(x)\"/>"), "an entity"},
        {drawing("&lol;"), "an entity"},
        {drawing("<rect fill=a/>"), "without quotes"},
        {drawing("<rect fill/>"), "without a value"},
        {drawing("<rect a=\"<\"/>"), "has a <"},
        {drawing("<g>"), "closes what is not open"},
        {drawing("<![CDATA[<script>]]>"), "element <>"},
        {drawing("<?php ?>"), "element <>"},
        {drawing("<!-- "), "ends within a comment"},
        {"<svg", "does not end"},
        {"<svg>", "is not complete"},
        {drawing("") + drawing(""), "behind its end"},
        {"<!DOCTYPE svg>" + drawing(""), "neither a PNG nor an SVG"},
        {"<?xml version=\"1.0\"?><!DOCTYPE a>" + drawing(""), "neither a PNG nor an SVG"},
        {"<?xml-stylesheet href=\"a\"?>" + drawing(""), "begins with something other"},
        {"<?xml version=\"1.0\" encoding=\"shift_jis\"?>" + drawing(""), "begins with something other"},
        {"<?xml version=\"1.0\"", "ends within"},
        {"<?xml", "ends within"},
        {"<svg/>", "lacks xmlns"},
        {"<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>", "an xmlns of something else"},
        {"<html></html>", "neither a PNG nor an SVG"},
        {drawing(std::string(1, '\0')), "in UTF-8"},
        {drawing("\xff"), "in UTF-8"},
        {"", "64 KiB"},
        {drawing(std::string(picture_size_max, ' ')), "64 KiB"}};
    for (const auto& [text, why] : rows) {
        BOOST_TEST(has(why_no_picture(text), why), text.substr(0, 120) << ": " << why_no_picture(text));
    }
    std::string deep;
    for (std::size_t i = 0; i < svg_depth_max; ++i) {
        deep += "<g>";
    }
    BOOST_TEST(has(why_no_picture(drawing(deep)), "too deep"));
    BOOST_TEST(has(why_no_picture("<svg>\n\n<script/></svg>"), "(line 3)"));
}

BOOST_AUTO_TEST_CASE(a_png_is_whole_and_of_a_bounded_size) {
    BOOST_TEST((check_picture(png(44, 44)).kind == picture_kind::png));
    BOOST_TEST(why_no_picture(png(picture_side_max, 1)) == "");
    for (const auto& [width, height] : {std::pair(0U, 1U), {1U, 0U}, {picture_side_max + 1, 1U}, {1U, 0x80000000U}}) {
        BOOST_TEST(has(why_no_picture(png(width, height)), "width or height"));
    }
    const std::string whole = png(1, 1);
    for (std::size_t size = 8; size < whole.size(); ++size) {
        BOOST_TEST(why_no_picture(whole.substr(0, size)) != "");
    }
    BOOST_TEST(has(why_no_picture(whole + "x"), "behind it"));
    const std::string head = whole.substr(0, 8 + 25);
    BOOST_TEST(has(why_no_picture(head + chunk("IEND", "")), "without a picture"));
    BOOST_TEST(has(why_no_picture(whole.substr(0, 8) + chunk("IDAT", "x") + whole.substr(8)), "width or height"));
}

BOOST_AUTO_TEST_CASE(pages_say_whose_they_are_and_escape_it) {
    const http_response plain = page_of({}, sign_in_model{"pfl_x", "Shop", "", {}, {}});
    BOOST_TEST(has(plain.body, "<title>Sign in</title>"));
    const branded now({.name = "A <b> & \"C\""});
    const http_response page = page_of({}, sign_in_model{"pfl_x", "Shop", "", {}, {}});
    BOOST_TEST(has(page.body, "<title>Sign in &middot; A &lt;b&gt; &amp; &quot;C&quot;</title>"));
    BOOST_TEST(has(page.body, "<bdi>A &lt;b&gt; &amp; &quot;C&quot;</bdi>"));
    BOOST_TEST(!has(page.body, "A <b>"));
}

BOOST_AUTO_TEST_CASE(colours_are_laid_over_the_style_sheet) {
    brand_settings settings;
    BOOST_TEST(branded_style("a", settings) == "a");
    settings.light = parse_colour("#8a1538");
    settings.dark = parse_colour("#f0a0b0");
    const std::string style = branded_style("a {}", settings);
    BOOST_TEST(has(style, ":root { --link: #8a1538; --on-link: #ffffff; }"));
    BOOST_TEST(style.find("#f0a0b0") > style.find("@media (prefers-color-scheme: dark)"));
    const page_brand read = read_brand(settings);
    BOOST_TEST(has(read.style, "--link: #8a1538"));
    BOOST_TEST(read.style_etag.starts_with("W/\""));
    settings.light = parse_colour("#000000");
    BOOST_TEST(read_brand(settings).style_etag != read.style_etag);
    BOOST_TEST(read_brand({}).style.empty());
}

BOOST_AUTO_TEST_CASE(mails_say_whose_they_are) {
    mail m;
    m.kind = mail_kind::reset_password;
    m.address = "ann@example.com";
    mail_sender_name from{
        .name = "Ex", .address = "no@example.org", .reply_to = {}, .issuer = "https://a.example", .host = "a.example"};
    const std::string link = "https://a.example/l/x";
    const composed_mail plain = compose(m, nullptr, link, from);
    BOOST_TEST(has(plain.html, "background:#1f5f9a"));
    BOOST_TEST(has(plain.text, "by https://a.example."));
    from.brand = "A <b>";
    from.button = *parse_colour("#8a1538");
    const composed_mail own = compose(m, nullptr, link, from);
    BOOST_TEST(has(own.html, "background:#8a1538"));
    BOOST_TEST(has(own.html, ">A &lt;b&gt;</p>"));
    BOOST_TEST(!has(own.html, "A <b>"));
    BOOST_TEST(has(own.text, "by A <b> (https://a.example)."));
}

BOOST_AUTO_TEST_SUITE_END()
