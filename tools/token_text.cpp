#include "tools/token_text.hpp"

#include "core/ids.hpp"
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace pawl::tools {

namespace {

constexpr std::size_t token_size_max = 4096;

// The bytes of core/token/refresh_token.hpp.
constexpr std::size_t refresh_bytes = 54, version_at = 0, key_id_at = 1, family_at = 2, generation_at = 18;

std::optional<boost::json::object> decode_refresh_token(std::string_view token) {
    std::array<std::uint8_t, refresh_bytes> bytes{};
    if (!base64url_decode_into(token.substr(refresh_token_prefix.size()), bytes)) {
        return std::nullopt;
    }
    family_id family;
    std::copy_n(bytes.begin() + family_at, family.bytes.size(), family.bytes.begin());
    std::uint32_t generation = 0;
    for (std::size_t i = 0; i < sizeof generation; ++i) {
        generation = generation << 8U | bytes.at(generation_at + i);
    }
    boost::json::object out;
    out["kind"] = "refresh";
    out["version"] = bytes.at(version_at);
    out["key_id"] = bytes.at(key_id_at);
    out["family"] = to_hex(family);
    out["generation"] = generation;
    return out;
}

std::optional<boost::json::object> decode_part(std::string_view part) {
    const auto bytes = base64url_decode(part);
    if (!bytes) {
        return std::nullopt;
    }
    boost::system::error_code failed;
    boost::json::value value =
        boost::json::parse({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, failed);
    return failed || !value.is_object() ? std::nullopt : std::optional(std::move(value.get_object()));
}

} // namespace

std::optional<boost::json::object> decode_token(std::string_view token) {
    if (token.size() > token_size_max) {
        return std::nullopt;
    }
    if (token.starts_with(refresh_token_prefix)) {
        return decode_refresh_token(token);
    }
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) {
        return std::nullopt;
    }
    auto header = decode_part(token.substr(0, first));
    auto claims = decode_part(token.substr(first + 1, last - first - 1));
    const auto signature = base64url_decode(token.substr(last + 1));
    if (!header || !claims || !signature) {
        return std::nullopt;
    }
    boost::json::object out;
    out["kind"] = "access";
    out["header"] = std::move(*header);
    out["claims"] = std::move(*claims);
    out["signature_bytes"] = signature->size();
    return out;
}

} // namespace pawl::tools
