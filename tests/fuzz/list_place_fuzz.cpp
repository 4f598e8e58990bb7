// Places in lists and numbers of their pages, which come back in a query: what is read is written as it was, and
// nothing else is read.
#include "app/page/list_page.hpp"
#include "core/service/happening.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto place = pawl::happening_place_from(text);
    if (place && to_text(*place) != text) {
        std::abort();
    }
    const std::uint32_t page = pawl::app::list_page_from(text);
    if (page < 1 || page > pawl::app::list_pages_max || (page > 1 && std::to_string(page) != text)) {
        std::abort();
    }
    return 0;
}
