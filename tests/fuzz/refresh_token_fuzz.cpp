// As it comes: nothing but our own token is taken. With a right MAC put in: whatever is taken mints the same text.
#include "core/text/encoding.hpp"
#include "core/token/refresh_token.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

pawl::key_ring ring_of_two() {
    pawl::key_ring ring;
    for (std::uint8_t id = 0; id < 2; ++id) {
        const pawl::secret_bytes key(pawl::refresh_key_size, static_cast<std::uint8_t>(id + 7));
        ring.refresh_keys.push_back({id, key, {}, pawl::hmac_sha256(key)});
    }
    return ring;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const pawl::key_ring ring = ring_of_two();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    pawl::check_refresh_token(ring, text);
    if (size < 22) {
        return 0;
    }
    std::vector<std::uint8_t> token(data, data + 22);
    const pawl::sha256_digest mac = ring.refresh_keys.back().mac.compute(token);
    token.insert(token.end(), mac.begin(), mac.end());
    const std::string made = "prt_" + pawl::base64url_encode(token);
    const auto place = pawl::check_refresh_token(ring, made);
    if (place && pawl::mint_refresh_token(ring, *place).reveal() != made) {
        std::abort();
    }
    return 0;
}
