// A client's `jwks` (RFC 7591 2, RFC 7517 5): the public keys that verify what it signs. Only what is needed for that
// is read and kept: no private or symmetric key, nothing that has a key fetched from elsewhere. Pure; any thread.
#pragma once

#include "core/jwt/key_ring.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

inline constexpr std::size_t client_keys_max = 8;                    // of one client
inline constexpr std::size_t jwks_size_max = std::size_t{16} * 1024; // bytes of the JSON

// What a client may sign with, as the metadata name it (RFC 8414 2, token_endpoint_auth_signing_alg_values_supported).
// "Ed25519" is EdDSA as RFC 9864 names it. Static.
std::span<const std::string_view> client_signing_algorithms();

struct client_keys {
    // Each for one algorithm: its `alg`, else that of its type. An RSA key without `alg` is here twice, for RS256 and
    // for PS256. `kid` is the JWK's, else its thumbprint (RFC 7638).
    std::vector<std::shared_ptr<const jws_key>> keys;
    // The set again as compact JSON, of each key only kty, crv, x, y, n, e, kid, alg and use.
    std::string normalised;
    // Empty where the set is fit; else the fragment of a sentence about `jwks`, for people, and nothing else is filled.
    std::string problem;
};

// Takes an object whose `keys` has 1 to client_keys_max keys: RSA of 2048 to 4096 bits (e odd, 65537 or more), EC
// P-256, OKP Ed25519; a kid given once at most. Keys of `use` "enc" are left out.
client_keys read_client_keys(std::string_view jwks);

// client_keys::problem alone; std::nullopt where the set is fit.
std::optional<std::string> jwks_problem(std::string_view jwks);

} // namespace pawl
