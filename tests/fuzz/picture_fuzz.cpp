// Logos: of what is taken, nothing runs and nothing leads elsewhere.
#include "app/page/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pawl::app;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const checked_picture checked = check_picture(bytes);
    if ((checked.kind == picture_kind::none) == checked.why.empty()) {
        std::abort();
    }
    if (checked.kind != picture_kind::svg) {
        return 0;
    }
    std::string text; // without comments, in which anything may stand
    for (std::size_t at = 0; at < bytes.size();) {
        const auto begin = bytes.find("<!--", at);
        text += bytes.substr(at, begin - at);
        const auto end = begin == std::string_view::npos ? begin : bytes.find("-->", begin);
        at = end == std::string_view::npos ? bytes.size() : end + 3;
    }
    for (const std::string_view never : {"<script", "<foreignObject", "<image", "<a ", "<!", "&#"}) {
        if (text.find(never) != std::string::npos) {
            std::abort();
        }
    }
    return 0;
}
