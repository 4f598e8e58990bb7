// A signing key that only has a name and an algorithm: it signs nothing.
#pragma once

#include "core/jwt/key_ring.hpp"

#include <string>
#include <string_view>

namespace pawl::test {

struct named_key final : jws_key {
    explicit named_key(jws_algorithm algorithm = jws_algorithm::es256, std::string kid = "id")
        : jws_key(algorithm, std::move(kid)) {}
    signature_bytes sign(std::string_view /*input*/) const override { return {}; }
    bool verify(std::string_view /*input*/, std::span<const std::uint8_t> /*signature*/) const override {
        return false;
    }
    std::string public_jwk() const override { return {}; }
};

} // namespace pawl::test
