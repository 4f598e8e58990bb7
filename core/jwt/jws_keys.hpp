// The kinds of signing key, made from their raw parts; how JWKs become keys and keys become JWKs.
// Everything here refuses with a sentence that names no secret.
#pragma once

#include "core/jwt/json_tape.hpp"
#include "core/jwt/key_ring.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pawl {

// `key` is null exactly where `error` says why.
struct made_key {
    std::shared_ptr<const jws_key> key;
    std::string error;
};

inline constexpr unsigned rsa_bits_min = 2048, rsa_bits_max = 4096;
// RFC 7518 3.2 wants a key as long as the hash. SECRET_KEY may be shorter under --dev: config decides that, not this.
inline constexpr std::size_t hs256_jwk_key_min = 32;
// RFC 9864 calls EdDSA with Ed25519 so; libraries write the one or the other.
inline constexpr std::string_view ed25519_name = "Ed25519";
// The kid of SECRET_KEY: the same at every start, and nothing that derives from the secret.
inline constexpr std::string_view secret_key_kid = "SECRET_KEY";

// A key without its private part (`d`, `seed` empty) only verifies; its sign() throws std::logic_error.
// Private parts are proved against the public ones by a signature before the key is given out.
made_key make_es256_key(std::string kid, std::span<const std::uint8_t> x, std::span<const std::uint8_t> y,
                        std::span<const std::uint8_t> d);
made_key make_eddsa_key(std::string kid, std::span<const std::uint8_t> x, std::span<const std::uint8_t> seed);
struct rsa_parts { // big-endian, as in RFC 7518 6.3; all after `e` empty for a public key
    secret_bytes n, e, d, p, q, dp, dq, qi;
};
made_key make_rs256_key(std::string kid, const rsa_parts& parts);
// RSASSA-PSS with SHA-256 in both places and a salt as long as the hash (RFC 7518 3.5); no other salt verifies.
made_key make_ps256_key(std::string kid, const rsa_parts& parts);
made_key make_hs256_key(std::string kid, std::span<const std::uint8_t> secret);

// From a JWK (RFC 7517, 7518 6, 8037 2). `alg`, `use` and `key_ops` may be absent; where present they must say what the
// key is used for here. `kid` replaces the JWK's; empty: the JWK's, else its thumbprint.
made_key jws_key_from_jwk(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm, std::string kid = {});
// The same from text.
made_key jws_key_from_jwk(std::string_view jwk, jws_algorithm algorithm);

// RFC 7638 thumbprint, base64url, of a JWK of an asymmetric algorithm with its required members; empty otherwise.
std::string jwk_thumbprint(const json_tape& tape, const json_item& jwk, jws_algorithm algorithm);

// A fresh private JWK without kid and alg, compact JSON. The caller wipes it. RSA keys come from OpenSSL's generator,
// which takes no other source; the others from `random`.
std::string generate_private_jwk(jws_algorithm algorithm, random_source& random);

// What is wrong with keys that are to verify side by side: a kid given twice, or symmetric and asymmetric ones mixed
// (a verifier that knows both invites confusion of the two). Empty: nothing.
std::string key_set_problem(std::span<const std::shared_ptr<const jws_key>> keys);

// Checks header and signature of a compact JWS and nothing else: not `typ`, not the payload. For tests against other
// people's vectors.
bool verify_compact_jws(std::span<const std::shared_ptr<const jws_key>> keys, std::string_view token);

} // namespace pawl
