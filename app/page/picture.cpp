#include "app/page/picture.hpp"

#include "core/text/ascii.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace pawl::app {

namespace {

constexpr std::string_view png_signature("\x89PNG\r\n\x1a\n", 8);

// --- PNG (ISO/IEC 15948): chunks of length, type, data, CRC. What is in them is the browser's to read.
std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return out;
}

std::string why_no_png(std::string_view bytes) {
    constexpr std::size_t around = 12, header = 13; // of a chunk, beside its data; of IHDR
    std::string_view rest = bytes.substr(png_signature.size());
    bool first = true, has_data = false;
    while (rest.size() >= around) {
        const std::size_t size = number_at(rest, 0);
        const std::string_view type = rest.substr(4, 4);
        if (size > rest.size() - around) {
            return "is a PNG that is cut short";
        }
        if (first) {
            const bool fits = type == "IHDR" && size == header;
            const std::uint32_t width = fits ? number_at(rest, 8) : 0, height = fits ? number_at(rest, 12) : 0;
            if (width == 0 || height == 0 || width > picture_side_max || height > picture_side_max) {
                return "is a PNG whose width or height is not 1 to 2048";
            }
        }
        first = false;
        has_data = has_data || type == "IDAT";
        rest.remove_prefix(size + around);
        if (type == "IEND") {
            return !has_data ? "is a PNG without a picture" : rest.empty() ? "" : "is a PNG with something behind it";
        }
    }
    return "is a PNG that is cut short";
}

// --- SVG: the part of XML 1.0 that drawings need. No DOCTYPE, no CDATA, no instructions, no entities but the five.
constexpr std::array<std::string_view, 24> svg_elements{
    "svg",  "g",        "defs", "symbol",  "use",    "title",          "desc",           "path",
    "rect", "circle",   "line", "ellipse", "text",   "polyline",       "polygon",        "tspan",
    "mask", "clipPath", "stop", "pattern", "marker", "linearGradient", "radialGradient", "style"};

constexpr std::string_view svg_namespace = "http://www.w3.org/2000/svg";

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_name_character(char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == ':';
}
std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return to_lower(c); });
    return out;
}

class svg_reader {
public:
    explicit svg_reader(std::string_view text) : text_(text) {}

    std::string why_not() {
        if (take("<?xml")) {
            read_declaration();
        }
        skip_between();
        if (!why_.empty()) {
            return why_;
        }
        if (!text_.substr(at_).starts_with("<svg")) {
            return "is neither a PNG nor an SVG";
        }
        while (why_.empty() && (!open_.empty() || !begun_)) {
            read_next();
        }
        skip_between();
        if (why_.empty() && at_ != text_.size()) {
            fail("has something behind its end");
        } else if (why_.empty() && !in_namespace_) {
            fail("lacks xmlns=\"http://www.w3.org/2000/svg\"");
        }
        return why_;
    }

private:
    bool take(std::string_view word) {
        const bool there = text_.substr(at_).starts_with(word);
        at_ += there ? word.size() : 0;
        return there;
    }
    void fail(const std::string& what) {
        const auto line = 1 + std::ranges::count(text_.substr(0, at_), '\n');
        why_ = why_.empty() ? "is an SVG that " + what + " (line " + std::to_string(line) + ")" : why_;
        at_ = text_.size();
    }
    void skip_to(std::string_view end) {
        const auto found = text_.find(end, at_);
        if (found == std::string_view::npos) {
            fail("ends within a comment or its first line");
            return;
        }
        at_ = found + end.size();
    }
    // An instruction that begins alike could name a style sheet. In another encoding the same bytes are other text.
    void read_declaration() {
        const std::size_t begin = at_;
        skip_to("?>");
        if (!why_.empty()) {
            return;
        }
        const std::string small = lower(text_.substr(begin, at_ - begin));
        const bool in_utf8 = small.find("encoding") == std::string::npos ||
                             small.find("\"utf-8\"") != std::string::npos || small.find("'utf-8'") != std::string::npos;
        if (!is_blank(small.front()) || !in_utf8) {
            fail("begins with something other than <?xml ... encoding=\"UTF-8\"?>");
        }
    }
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            ++at_;
        }
    }
    // Blanks and comments.
    void skip_between() {
        skip_blanks();
        while (take("<!--")) {
            skip_to("-->");
            skip_blanks();
        }
    }
    std::string_view read_name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_name_character(text_[at_])) {
            ++at_;
        }
        return text_.substr(begin, at_ - begin);
    }

    // Text, a comment, the end of an element, or an element.
    void read_next() {
        if (at_ >= text_.size()) {
            fail("is not complete");
        } else if (text_[at_] != '<') {
            const std::size_t end = std::min(text_.find('<', at_), text_.size());
            check_text(text_.substr(at_, end - at_));
            at_ = why_.empty() ? end : at_;
        } else if (!text_.substr(at_).starts_with("</") && !open_.empty() && open_.back() == "style") {
            fail("has more than text in a style"); // what is parted here, browsers join
        } else if (take("<!--")) {
            skip_to("-->");
        } else if (take("</")) {
            const std::string_view name = read_name();
            skip_blanks();
            if (open_.empty() || open_.back() != name || !take(">")) {
                fail("closes what is not open");
                return;
            }
            open_.pop_back();
        } else {
            ++at_;
            read_element();
        }
    }

    void check_text(std::string_view text) {
        check_entities(text);
        if (!open_.empty() && open_.back() == "style") {
            check_style(text);
        }
    }
    // A character by its number could spell what is refused.
    void check_entities(std::string_view text) {
        for (auto at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
            const std::string_view rest = text.substr(at);
            const auto is = [&](std::string_view entity) { return rest.starts_with(entity); };
            if (!is("&amp;") && !is("&lt;") && !is("&gt;") && !is("&quot;") && !is("&apos;")) {
                fail("has an entity other than the five of XML");
                return;
            }
        }
    }
    // CSS, and values that may refer: to parts of the same picture alone.
    void check_style(std::string_view text) {
        const std::string small = lower(text);
        for (auto at = small.find("url("); at != std::string::npos; at = small.find("url(", at + 1)) {
            if (small.compare(at, 5, "url(#") != 0) {
                fail("refers to something elsewhere");
                return;
            }
        }
        for (const std::string_view loads : {"image(", "image-set(", "src(", "cross-fade("}) {
            if (small.find(loads) != std::string::npos) {
                fail("refers to something elsewhere");
            }
        }
        if (small.find_first_of("@\\") != std::string::npos || small.find("script:") != std::string::npos ||
            small.find("/*") != std::string::npos) {
            fail("has a style with @, \\, script: or a comment");
        }
    }

    void read_element() {
        const std::string_view name = read_name();
        if (std::ranges::find(svg_elements, name) == svg_elements.end() || (name == "svg" && begun_)) {
            fail("has an element <" + std::string(name.substr(0, 32)) + ">");
            return;
        }
        begun_ = true;
        while (why_.empty()) {
            const std::size_t before = at_;
            skip_blanks();
            if (take("/>")) {
                return;
            }
            if (take(">")) {
                open_.push_back(name);
                if (open_.size() > svg_depth_max) {
                    fail("is nested too deep");
                }
                return;
            }
            if (at_ == before) {
                fail("has a tag that does not end");
                return;
            }
            read_attribute();
        }
    }

    void read_attribute() {
        const std::string_view name = read_name();
        if (name.empty() || !take("=")) {
            fail("has an attribute without a value");
            return;
        }
        const char quote = at_ < text_.size() ? text_[at_] : ' ';
        const auto end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            fail("has an attribute without quotes");
            return;
        }
        check_attribute(lower(name), text_.substr(at_ + 1, end - at_ - 1));
        at_ = why_.empty() ? end + 1 : at_;
    }

    void check_attribute(const std::string& name, std::string_view value) {
        const bool refers = name == "href" || name.ends_with(":href");
        const bool is_namespace = name == "xmlns" || name.starts_with("xmlns:");
        if (name.starts_with("on") || name == "src" || name.ends_with(":base")) {
            fail("has an attribute " + name.substr(0, 32));
        } else if (name == "xmlns" && value != svg_namespace) {
            fail("has an xmlns of something else");
        } else if (refers && !value.starts_with('#')) {
            fail("has a link");
        } else if (value.find('<') != std::string_view::npos) {
            fail("has a < in an attribute");
        }
        check_entities(value);
        in_namespace_ = in_namespace_ || (name == "xmlns" && value == svg_namespace);
        if (!is_namespace) {
            check_style(value);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<std::string_view> open_;
    bool begun_ = false, in_namespace_ = false;
    std::string why_;
};

std::string why_no_svg(std::string_view text) {
    const bool plain = std::ranges::none_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && !is_blank(c)) || c == 0x7f; });
    return !plain || !is_utf8(text) ? "is neither a PNG nor an SVG in UTF-8" : svg_reader(text).why_not();
}

} // namespace

checked_picture check_picture(std::string_view bytes) {
    if (bytes.empty() || bytes.size() > picture_size_max) {
        return {picture_kind::none, "must be 1 byte to 64 KiB large"};
    }
    const bool is_png = bytes.starts_with(png_signature);
    std::string why = is_png ? why_no_png(bytes) : why_no_svg(bytes);
    const picture_kind kind = is_png ? picture_kind::png : picture_kind::svg;
    return {why.empty() ? kind : picture_kind::none, std::move(why)};
}

} // namespace pawl::app
