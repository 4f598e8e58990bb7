// A key ring that costs nothing to make: HS256, and keys that are the same in every run.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/jwt/jws_keys.hpp"
#include "core/jwt/key_ring.hpp"

#include <memory>
#include <vector>

namespace pawl::test {

inline key_ring_ptr make_test_keys() {
    auto ring = std::make_shared<key_ring>();
    ring->signing_key = make_hs256_key("test", std::vector<std::uint8_t>(32, 0x2B)).key;
    ring->verifying_keys = {ring->signing_key};
    refresh_key minting;
    minting.id = 1;
    minting.key.assign(refresh_key_size, 0x5A);
    ring->refresh_keys.push_back(std::move(minting));
    std::vector<capsule_key> capsules;
    capsules.push_back({derived_capsule_key_id, secret_bytes(capsule_key_size, 0x3C)});
    ring->capsules = std::make_shared<const capsule_ring>(std::move(capsules));
    ring->capsule_keys.push_back({derived_capsule_key_id, {}});
    ring->generation = 1;
    return ring;
}

} // namespace pawl::test
