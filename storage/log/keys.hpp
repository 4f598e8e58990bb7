// The keys of a data directory and the keyed tags made with them. All are derived from the log key of the key file, so
// that no two uses share a key.
#pragma once

#include "core/secret.hpp"
#include "storage/record/bytes.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

namespace pawl::storage {

inline constexpr std::size_t log_key_size = 32;

// HMAC-SHA-256 (RFC 2104) under one key, with the context kept between uses. Not safe for use by two threads at once:
// each user makes its own.
class hmac_sha256 {
public:
    using digest = std::array<std::uint8_t, 32>;

    explicit hmac_sha256(bytes_view key); // throws std::runtime_error where OpenSSL has no HMAC
    ~hmac_sha256();
    hmac_sha256(const hmac_sha256&) = delete;
    hmac_sha256& operator=(const hmac_sha256&) = delete;

    // Of the parts one after the other.
    digest compute(std::initializer_list<bytes_view> parts);
    tag16 compute16(std::initializer_list<bytes_view> parts);

private:
    struct state;
    std::unique_ptr<state> state_;
};

class log_keys {
public:
    // `log_key`: log_key_size bytes; throws std::invalid_argument for another length.
    explicit log_keys(bytes_view log_key);

    bytes_view chain() const noexcept { return chain_; }
    bytes_view manifest() const noexcept { return manifest_; }
    bytes_view snapshot() const noexcept { return snapshot_; }

    // Tells a wrong key from rot: stored in segments, manifests and snapshots. HMAC(k_log, "check" || uuid)[0..8].
    std::array<std::uint8_t, 8> key_check(const store_uuid& uuid) const;
    // What stands for the chain of the frame before the first: HMAC(k_log, "chain" || uuid)[0..16].
    tag16 chain_origin(const store_uuid& uuid) const;

private:
    secret_bytes chain_, manifest_, snapshot_;
};

} // namespace pawl::storage
