// The low-level functions are deprecated in favour of EVP, which allocates and takes longer for a short message
// than hashing it; they are in every OpenSSL 3.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/hmac_sha256.hpp"

#include "core/secret.hpp"

#include <boost/assert.hpp>
#include <openssl/sha.h>

#include <algorithm>

namespace pawl {

namespace {

constexpr std::size_t block_size = SHA256_CBLOCK;

// A context that has just taken in exactly one block.
SHA256_CTX after_one_block(const std::array<std::uint32_t, 8>& state) noexcept {
    SHA256_CTX context;
    SHA256_Init(&context);
    std::copy(state.begin(), state.end(), context.h);
    context.Nl = block_size * 8;
    return context;
}

std::array<std::uint32_t, 8> absorb(const std::array<std::uint8_t, block_size>& key, std::uint8_t pad) noexcept {
    std::array<std::uint8_t, block_size> block{};
    std::transform(key.begin(), key.end(), block.begin(),
                   [pad](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ pad); });
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, block.data(), block.size());
    std::array<std::uint32_t, 8> state{};
    std::copy_n(context.h, state.size(), state.begin());
    wipe(block.data(), block.size());
    wipe(&context, sizeof context);
    return state;
}

} // namespace

sha256_digest sha256(std::span<const std::uint8_t> message) noexcept {
    sha256_digest digest;
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, message.data(), message.size());
    SHA256_Final(digest.data(), &context);
    return digest;
}

hmac_sha256::hmac_sha256(std::span<const std::uint8_t> key) noexcept : keyed_(true) {
    std::array<std::uint8_t, block_size> block{};
    if (key.size() > block_size) {
        sha256_digest digest = sha256(key);
        std::copy(digest.begin(), digest.end(), block.begin());
        wipe(digest.data(), digest.size());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    inner_ = absorb(block, 0x36);
    outer_ = absorb(block, 0x5C);
    wipe(block.data(), block.size());
}

hmac_sha256::~hmac_sha256() {
    wipe(inner_.data(), sizeof inner_);
    wipe(outer_.data(), sizeof outer_);
}

sha256_digest hmac_sha256::compute(std::span<const std::uint8_t> message) const noexcept {
    BOOST_ASSERT(keyed_);
    sha256_digest digest;
    SHA256_CTX context = after_one_block(inner_);
    SHA256_Update(&context, message.data(), message.size());
    SHA256_Final(digest.data(), &context);
    context = after_one_block(outer_);
    SHA256_Update(&context, digest.data(), digest.size());
    SHA256_Final(digest.data(), &context);
    wipe(&context, sizeof context);
    return digest;
}

bool hmac_sha256::verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> mac) const noexcept {
    const sha256_digest expected = compute(message);
    return constant_time_equal(expected, mac);
}

} // namespace pawl
