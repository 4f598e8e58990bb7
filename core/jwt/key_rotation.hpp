// Several algorithms in use: access tokens are signed with one, ID tokens with those that clients want.
#pragma once

#include "core/jwt/key_ring.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// The algorithms that the ring has a signing key of: that of access tokens first, each once. Under HS256 only HS256.
std::vector<jws_algorithm> algorithms_in_use(const key_ring& ring);

// rotate_signing_key() for each of `algorithms`, all or none. `about` of the edit is that of the last one; `kids` gets
// the kid of each fresh key, in the order of `algorithms`, and is empty where there is a problem.
key_file_edit rotate_signing_keys(std::string_view text, std::span<const jws_algorithm> algorithms,
                                  random_source& random, timestamp now, key_start start,
                                  std::vector<std::string>& kids);

// The ring with one more key, which no file holds: it signs ID tokens from `now` on. `key` is of another algorithm than
// access tokens are signed with, and not null.
key_ring_ptr with_signer(const key_ring& ring, std::shared_ptr<const jws_key> key, timestamp now);

// rotate_signing_key() for a ring that no file holds: with one more key, not null, of an algorithm that the ring has a
// signing key of (not hs256). Published: it signs from publish_lead after `now` on. At once: every other key of its
// algorithm only verifies from now on. Room for it (signing_keys_max) is the caller's to see to.
key_ring_ptr with_next_signer(const key_ring& ring, std::shared_ptr<const jws_key> key, timestamp now, key_start start);

} // namespace pawl
