// Whatever decodes, encodes to the same text; the decoders agree.
#include "core/text/encoding.hpp"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto decoded = pawl::base64url_decode(text);
    std::vector<std::uint8_t> buffer(size);
    const auto prefix = pawl::base64url_decode_prefix(text, buffer);
    if (decoded.has_value() != prefix.has_value() || (decoded && *prefix != decoded->size())) {
        std::abort();
    }
    if (decoded &&
        (!std::equal(decoded->begin(), decoded->end(), buffer.begin()) || pawl::base64url_encode(*decoded) != text)) {
        std::abort();
    }
    std::vector<std::uint8_t> exact(decoded ? decoded->size() : size);
    if (pawl::base64url_decode_into(text, exact) != decoded.has_value()) {
        std::abort();
    }
    const std::vector<std::uint8_t> bytes(data, data + size);
    if (pawl::base64url_decode(pawl::base64url_encode(bytes)) != bytes) {
        std::abort();
    }
    return 0;
}
