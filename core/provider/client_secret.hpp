// Secrets of clients (RFC 6749 2.3.1). One that the server makes is a capsule, so what is kept of it is its random id;
// one that was chosen elsewhere is kept as a keyed hash. Neither leads back to the secret, and neither costs a password
// hash to check. Pure, but for the random bytes; any thread.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/provider/client.hpp"
#include "core/random_source.hpp"
#include "core/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl {

// Bytes of a secret that was chosen elsewhere. What is longer is no secret of a client.
inline constexpr std::size_t client_secret_size_max = 1024;

struct made_secret {
    secret_string text;        // told once, kept nowhere
    client_secret_entry entry; // for the client's record
};

// A fresh secret of the client `of`: pcs_ + capsule of its number (4 B, big-endian) and 16 random bytes. It is bound to
// nothing but its kind, so it stays good in a store that was salvaged or imported together with its key file.
// `expires_at` 0: it does not expire.
made_secret make_client_secret(const capsule_ring& ring, client_number of, std::uint32_t serial, timestamp now,
                               timestamp expires_at, random_source& random);

// What is kept of a secret that was chosen elsewhere (seed, import): BLAKE2b-256 under the key that seals now. `text`
// has 1 to client_secret_size_max bytes: the caller sees to that.
client_secret_entry digest_given_secret(const capsule_ring& ring, std::string_view text, std::uint32_t serial,
                                        timestamp now, timestamp expires_at);

// True where `text` is one of the client's secrets that is good at `now`. It looks at nothing else of the client: that
// it is enabled, say, is the caller's to check. The time taken depends on the sizes of the text and of the list, not on
// which secret it is or how much of it is right.
bool is_secret_of(const capsule_ring& ring, const client& c, std::string_view text, timestamp now);

// True where a secret of the client that is good at `now` was made or is compared under the capsule key with that id.
bool needs_capsule_key(const client& c, std::uint8_t key_id, timestamp now);

} // namespace pawl
