// Ed25519 (RFC 8032, RFC 8037) by libsodium, which takes half the time of OpenSSL 3.0 to sign and to verify
// (tests/bench/crypto_bench.cpp) and refuses small-order and non-canonical points and s >= L.
#include "core/jwt/openssl_util.hpp"
#include "core/text/encoding.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pawl {

namespace {

class eddsa_key final : public jws_key {
public:
    eddsa_key(std::string kid, std::string public_jwk, std::span<const std::uint8_t> x, secret_bytes secret)
        : jws_key(jws_algorithm::eddsa, std::move(kid)), public_jwk_(std::move(public_jwk)),
          secret_(std::move(secret)) {
        std::copy(x.begin(), x.end(), public_.begin());
    }

    std::string public_jwk() const override { return public_jwk_; }

    signature_bytes sign(std::string_view signing_input) const override {
        if (secret_.empty()) {
            throw std::logic_error("asked to sign with a key that can only verify");
        }
        const std::span<const std::uint8_t> message = as_bytes(signing_input);
        signature_bytes signature(crypto_sign_BYTES);
        crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.data());
        return signature;
    }

    bool verify(std::string_view signing_input, std::span<const std::uint8_t> signature) const override {
        const std::span<const std::uint8_t> message = as_bytes(signing_input);
        return signature.size() == crypto_sign_BYTES &&
               crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_.data()) == 0;
    }

private:
    std::string public_jwk_;
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> public_{};
    secret_bytes secret_; // seed and public key, as libsodium wants them; empty where it only verifies
};

} // namespace

made_key make_eddsa_key(std::string kid, std::span<const std::uint8_t> x, std::span<const std::uint8_t> seed) {
    if (x.size() != crypto_sign_PUBLICKEYBYTES || (!seed.empty() && seed.size() != crypto_sign_SEEDBYTES)) {
        return {nullptr, "x and d of an Ed25519 key are 32 bytes each"};
    }
    secret_bytes secret;
    if (!seed.empty()) {
        std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> expected{};
        secret.resize(crypto_sign_SECRETKEYBYTES);
        crypto_sign_seed_keypair(expected.data(), secret.data(), seed.data());
        if (!std::equal(x.begin(), x.end(), expected.begin(), expected.end())) {
            return {nullptr, "d does not belong to x"};
        }
    }
    std::string jwk = R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(x) + R"(","kid":")" + kid +
                      R"(","alg":"EdDSA","use":"sig"})";
    return {std::make_shared<const eddsa_key>(std::move(kid), std::move(jwk), x, std::move(secret)), {}};
}

} // namespace pawl
