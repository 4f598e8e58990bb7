#include "core/ids.hpp"

#include "core/hex.hpp"

namespace pawl {

namespace {

// 0..15, or 16 for what is no lower-case hex digit.
constexpr unsigned hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a') + 10;
    }
    return 16;
}

} // namespace

std::string to_hex(const family_id& id) {
    std::string text;
    text.reserve(2 * id.bytes.size());
    append_hex(text, id);
    return text;
}

void append_hex(std::string& text, const family_id& id) {
    const std::size_t at = text.size();
    text.resize(at + 2 * id.bytes.size());
    put_hex(id.bytes.data(), id.bytes.size(), text.data() + at);
}

std::optional<family_id> family_id_from_hex(std::string_view hex) {
    family_id id;
    if (hex.size() != 2 * id.bytes.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        const unsigned high = hex_value(hex[2 * i]);
        const unsigned low = hex_value(hex[2 * i + 1]);
        if (high > 15 || low > 15) {
            return std::nullopt;
        }
        id.bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    return id;
}

} // namespace pawl
