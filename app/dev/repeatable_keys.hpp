// The keys of a world under --rng-seed.
#pragma once

#include "core/jwt/key_ring.hpp"

namespace pawl::app {

// Fresh keys from `random`, created at the beginning of 1970; ES256 signs as RFC 6979 says, so that the same claims
// give the same token. An RSA key comes from OpenSSL, which takes no other source: it differs from start to start.
key_ring_ptr repeatable_keys(const key_ring_options& options, random_source& random);

} // namespace pawl::app
