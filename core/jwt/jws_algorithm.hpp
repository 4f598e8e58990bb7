// The algorithms of JWS that Pawl knows (RFC 7518 3.1, RFC 8037 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl {

// ps256 only verifies what clients signed: no key of the server's own is for it.
enum class jws_algorithm : std::uint8_t { es256, eddsa, rs256, hs256, ps256 };
std::string_view to_text(jws_algorithm a); // "ES256", "EdDSA", "RS256", "HS256", "PS256"
// One that the server may sign with; std::nullopt for PS256, as for any other text.
std::optional<jws_algorithm> jws_algorithm_from_text(std::string_view text);

} // namespace pawl
