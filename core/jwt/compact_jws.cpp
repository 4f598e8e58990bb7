#include "core/jwt/compact_jws.hpp"

#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"

#include <algorithm>

namespace pawl {

std::optional<compact_parts> split_compact(std::string_view token) {
    if (token.size() > compact_jws_size_max) {
        return std::nullopt;
    }
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    return compact_parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                         token.substr(0, second)};
}

bool json_part::read(std::string_view part) {
    std::array<std::uint8_t, bytes_max> bytes;
    const std::optional<std::size_t> size = base64url_decode_prefix(part, bytes);
    return size && tape_.parse({reinterpret_cast<const char*>(bytes.data()), *size}, depth_max) &&
           tape_.root().what == json_item::kind::object;
}

std::optional<std::string_view> json_part::text(std::string_view name) const {
    const json_item* item = find(name);
    if (item == nullptr || item->what != json_item::kind::string) {
        return std::nullopt;
    }
    return item->text;
}

std::optional<std::int64_t> json_part::integer(std::string_view name, std::int64_t high) const {
    const json_item* item = find(name);
    if (item == nullptr || item->what != json_item::kind::integer || item->integer < 0 || item->integer > high) {
        return std::nullopt;
    }
    return item->integer;
}

bool has_forbidden_member(const json_part& header) {
    constexpr std::array<std::string_view, 11> forbidden = {"crit", "b64",      "jku", "jwk", "x5u", "x5c",
                                                            "x5t",  "x5t#S256", "zip", "enc", "cty"};
    return std::any_of(forbidden.begin(), forbidden.end(),
                       [&header](std::string_view name) { return header.find(name) != nullptr; });
}

bool signature_is_good(const jws_key& key, const compact_parts& parts) {
    std::array<std::uint8_t, rsa_bits_max / 8> signature;
    const std::optional<std::size_t> size = base64url_decode_prefix(parts.signature, signature);
    return size && key.verify(parts.signing_input, std::span(signature).first(*size));
}

bool verify_compact_jws(std::span<const std::shared_ptr<const jws_key>> keys, std::string_view token) {
    const std::optional<compact_parts> parts = split_compact(token);
    json_part header;
    if (!parts || !header.read(parts->header) || has_forbidden_member(header)) {
        return false;
    }
    const std::optional<std::string_view> kid = header.text("kid"), alg = header.text("alg");
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return kid == k->kid(); });
    std::vector<std::uint8_t> payload(parts->payload.size());
    return key != keys.end() && alg == to_text((*key)->algorithm()) &&
           base64url_decode_prefix(parts->payload, payload).has_value() && signature_is_good(**key, *parts);
}

} // namespace pawl
