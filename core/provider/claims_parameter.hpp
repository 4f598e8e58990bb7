// The `claims` parameter of a request (OIDC Core 5.5): which claims a client asks for by name. Pure.
#pragma once

#include "core/provider/standard_claims.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// Bounds of the text: values in it, and how deep they are nested.
inline constexpr std::size_t claims_items_max = 512, claims_depth_max = 8;

struct asked_claims {
    claim_set userinfo = 0, id_token = 0;
    std::optional<std::string> subject; // the value that `sub` of the ID token must have

    friend bool operator==(const asked_claims&, const asked_claims&) = default;
};
// std::nullopt unless it is a JSON object as Core wants it. Claims and members that are not known are passed over.
// Whether a claim is essential changes nothing: what the user has is given.
std::optional<asked_claims> read_claims_parameter(std::string_view json);

} // namespace pawl
