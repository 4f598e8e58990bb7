// Places in lists that come back in a query: what is read is written as it was, and nothing else is read.
#include "core/service/happening.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto place = pawl::happening_place_from(text);
    if (place && to_text(*place) != text) {
        std::abort();
    }
    return 0;
}
