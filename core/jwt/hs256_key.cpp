#include "core/jwt/openssl_util.hpp"

namespace pawl {

namespace {

class hs256_key final : public jws_key {
public:
    hs256_key(std::string kid, std::span<const std::uint8_t> secret)
        : jws_key(jws_algorithm::hs256, std::move(kid)), mac_(secret) {}

    std::string public_jwk() const override { return {}; }

    signature_bytes sign(std::string_view signing_input) const override {
        const sha256_digest mac = mac_.compute(as_bytes(signing_input));
        return {mac.begin(), mac.end()};
    }

    bool verify(std::string_view signing_input, std::span<const std::uint8_t> signature) const override {
        return mac_.verify(as_bytes(signing_input), signature);
    }

private:
    hmac_sha256 mac_;
};

} // namespace

made_key make_hs256_key(std::string kid, std::span<const std::uint8_t> secret) {
    if (secret.empty()) {
        return {nullptr, "the secret is empty"};
    }
    return {std::make_shared<const hs256_key>(std::move(kid), secret), {}};
}

} // namespace pawl
