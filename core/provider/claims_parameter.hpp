// The `claims` parameter of a request (OIDC Core 5.5): which claims a client asks for by name. Pure.
#pragma once

#include "core/provider/standard_claims.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// Bounds of the text: values in it, and how deep they are nested.
inline constexpr std::size_t claims_items_max = 512, claims_depth_max = 8;

// Places in acr_names, a bit each. std::nullopt: any will do. An empty set: none that this server knows.
using acr_set = std::optional<std::uint8_t>;

struct asked_claims {
    claim_set userinfo = 0, id_token = 0;
    std::optional<std::string> subject; // the value that `sub` of the ID token must have
    acr_set acr;                        // that `acr` of the ID token must be one of (OIDC Core 5.5.1.1)

    friend bool operator==(const asked_claims&, const asked_claims&) = default;
};
// std::nullopt unless it is a JSON object as Core wants it. Claims and members that are not known are passed over.
// Whether a claim is essential changes nothing but for `acr` with values: what the user has is given.
std::optional<asked_claims> read_claims_parameter(std::string_view json);

} // namespace pawl
