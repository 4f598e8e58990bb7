#include "core/hkdf_sha256.hpp"

#include "core/hmac_sha256.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl {

namespace {

constexpr std::size_t derived_key_size = 32;

} // namespace

void hkdf_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> salt,
                 std::span<const std::uint8_t> info, std::span<std::uint8_t> out) {
    BOOST_ASSERT(out.size() <= hkdf_output_size_max);
    // HMAC fills a short key with zeros, so no salt and HashLen zeros are the same.
    sha256_digest extracted = hmac_sha256(salt).compute(key);
    const hmac_sha256 mac(extracted);
    wipe(extracted.data(), extracted.size());
    secret_bytes message; // T(n - 1) || info || n
    message.reserve(sha256_size + info.size() + 1);
    sha256_digest block{};
    for (std::size_t done = 0, number = 1; done < out.size(); ++number) {
        message.assign(block.begin(), number == 1 ? block.begin() : block.end());
        message.insert(message.end(), info.begin(), info.end());
        message.push_back(static_cast<std::uint8_t>(number));
        block = mac.compute(message);
        const std::size_t taken = std::min(block.size(), out.size() - done);
        std::copy_n(block.begin(), taken, out.begin() + static_cast<std::ptrdiff_t>(done));
        done += taken;
    }
    wipe(block.data(), block.size());
}

secret_bytes derive_key(std::span<const std::uint8_t> key, std::string_view label) {
    secret_bytes out(derived_key_size);
    hkdf_sha256(key, {}, {reinterpret_cast<const std::uint8_t*>(label.data()), label.size()}, out);
    return out;
}

} // namespace pawl
