#include "app/webhook/signature.hpp"

#include "core/hmac_sha256.hpp"
#include "core/text/encoding.hpp"
#include "core/text/header_text.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::string_view prefix = "whsec_";

// RFC 4648 4 is section 5 with two other letters and padding.
std::string base64(std::span<const std::uint8_t> bytes) {
    std::string text = base64url_encode(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string_view without_space(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(space) - first + 1);
}

} // namespace

std::optional<secret_bytes> webhook_key_from_text(std::string_view text) {
    text = without_space(text);
    if (!text.starts_with(prefix)) {
        return std::nullopt;
    }
    text.remove_prefix(prefix.size());
    const bool whole = text.size() % 4 == 0;
    while (whole && text.ends_with('=')) {
        text.remove_suffix(1);
    }
    if (text.find_first_of("-_") != std::string_view::npos || text.size() > base64url_size(webhook_key_size_max)) {
        return std::nullopt;
    }
    std::vector<char, wiping_allocator<char>> letters(text.begin(), text.end());
    std::ranges::replace(letters, '+', '-');
    std::ranges::replace(letters, '/', '_');
    secret_bytes key(webhook_key_size_max);
    const auto size = base64url_decode_prefix({letters.data(), letters.size()}, key);
    if (!size || *size < webhook_key_size_min) {
        return std::nullopt;
    }
    key.resize(*size);
    return key;
}

std::string webhook_signature(const secret_bytes& key, std::string_view id, timestamp at, std::string_view body) {
    std::string message(id);
    message.append(".").append(std::to_string(at.time_since_epoch().count())).append(".").append(body);
    const sha256_digest mac =
        hmac_sha256(key).compute({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
    return "v1," + base64(mac);
}

} // namespace pawl::app
