#include "core/password/hash_text.hpp"

#include <sodium.h>

#include <algorithm>

namespace pawl::hash_text {

namespace {

constexpr int without_padding = sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
              with_padding = sodium_base64_VARIANT_ORIGINAL;

std::optional<std::vector<std::uint8_t>> decode(std::string_view text, int variant) {
    // libsodium 1.0.18 takes some bytes above 0x7F for letters of the alphabet.
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
        return std::nullopt;
    }
    std::vector<std::uint8_t> bytes(text.size() + 1); // never a null pointer
    std::size_t size = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr, variant) !=
        0) {
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string encode(std::span<const std::uint8_t> bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back(); // the NUL
    return text;
}

} // namespace

bool consume(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

std::optional<std::string_view> consume_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view field = text.substr(0, at);
    text.remove_prefix(at + 1);
    return field;
}

std::optional<std::uint32_t> consume_number(std::string_view& text, std::uint32_t least, std::uint32_t most) {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 10 && text[digits] >= '0' && text[digits] <= '9') {
        value = 10 * value + static_cast<std::uint64_t>(text[digits] - '0');
        ++digits;
    }
    if (digits == 0 || (digits > 1 && text[0] == '0') || value < least || value > most) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return static_cast<std::uint32_t>(value);
}

std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
    return decode(text, without_padding);
}

std::optional<std::vector<std::uint8_t>> decode_base64_padded(std::string_view text) {
    return decode(text, with_padding);
}

std::optional<std::vector<std::uint8_t>> decode_passlib(std::string_view text) {
    if (text.find('+') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string standard(text);
    std::replace(standard.begin(), standard.end(), '.', '+');
    return decode(standard, without_padding);
}

std::optional<std::vector<std::uint8_t>> decode_hex(std::string_view text) {
    const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (text.size() % 2 != 0 || !std::all_of(text.begin(), text.end(), digit)) {
        return std::nullopt;
    }
    const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::vector<std::uint8_t> bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(value(text[2 * i]) * 16 + value(text[2 * i + 1]));
    }
    return bytes;
}

std::string encode_base64(std::span<const std::uint8_t> bytes) {
    return encode(bytes, without_padding);
}

std::string encode_base64_padded(std::span<const std::uint8_t> bytes) {
    return encode(bytes, with_padding);
}

std::string encode_passlib(std::span<const std::uint8_t> bytes) {
    std::string text = encode(bytes, without_padding);
    std::replace(text.begin(), text.end(), '+', '.');
    return text;
}

std::optional<std::vector<std::uint8_t>> text_salt(std::string_view text) {
    const auto fits = [](char c) { return c > ' ' && c < '\x7F' && c != '$'; };
    if (text.size() > salt_size_max || !std::all_of(text.begin(), text.end(), fits)) {
        return std::nullopt;
    }
    return std::vector<std::uint8_t>(text.begin(), text.end());
}

} // namespace pawl::hash_text
