#include "app/page/qr.hpp"

#include "core/text/html_text.hpp"

#include <qrcodegen/qrcodegen.hpp>

namespace pawl::app {

namespace {

constexpr int border = 4; // modules: the standard's quiet zone

// Each run of dark modules of a row is one rectangle.
std::string path_of(const qrcodegen::QrCode& code) {
    std::string path;
    for (int y = 0; y < code.getSize(); ++y) {
        for (int x = 0; x < code.getSize();) {
            int end = x;
            while (end < code.getSize() && code.getModule(end, y)) {
                ++end;
            }
            if (end > x) {
                const std::string wide = std::to_string(end - x);
                path.append("M").append(std::to_string(x + border)).append(" ").append(std::to_string(y + border));
                path.append("h").append(wide).append("v1h-").append(wide).append("z");
            }
            x = end + 1;
        }
    }
    return path;
}

} // namespace

std::string qr_picture(std::string_view text, std::string_view label) {
    try {
        const qrcodegen::QrCode code =
            qrcodegen::QrCode::encodeText(std::string(text).c_str(), qrcodegen::QrCode::Ecc::MEDIUM);
        const std::string size = std::to_string(code.getSize() + 2 * border);
        return R"(<svg class="qr" role="img" aria-label=")" + escape_html(label) + R"(" viewBox="0 0 )" + size + " " +
               size + R"(" shape-rendering="crispEdges"><path fill="#ffffff" d="M0 0h)" + size + "v" + size + "h-" +
               size + R"(z"/><path fill="#000000" d=")" + path_of(code) + "\"/></svg>\n";
    } catch (const qrcodegen::data_too_long&) {
        return {};
    }
}

} // namespace pawl::app
