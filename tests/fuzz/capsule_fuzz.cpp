// As it comes: nothing but what the ring sealed is opened, as no kind. Sealed: it opens as what it was, whatever it is,
// and what is read of it as an opaque token makes the same body again.
#include "core/provider/client_secret.hpp"
#include "core/provider/opaque_token.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

class still_random final : public pawl::random_source {
public:
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }
};

pawl::capsule_ring ring_of_two() {
    std::vector<pawl::capsule_key> keys;
    for (std::uint8_t id = 0; id < 2; ++id) {
        keys.push_back({id, pawl::secret_bytes(pawl::capsule_key_size, static_cast<std::uint8_t>(id + 7))});
    }
    return pawl::capsule_ring(std::move(keys));
}

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const pawl::capsule_ring ring = ring_of_two();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::span<const std::uint8_t> bytes(data, size);
    still_random random;
    for (const pawl::capsule_kind kind : {pawl::capsule_kind::client_secret, pawl::capsule_kind::access_token}) {
        const auto opened = ring.open(kind, text, {});
        if (opened && opened->key_id == 1) { // a corpus may hold what the ring itself sealed with this nonce
            require(ring.seal(kind, opened->body, {}, random).reveal() == text);
        }
        require(!ring.open(kind, text, bytes.first(std::min<std::size_t>(size, 1))).has_value() || size == 0);
    }
    const pawl::client without_secrets;
    require(!pawl::is_secret_of(ring, without_secrets, text, {}));
    if (size > pawl::capsule_body_size_max) {
        return 0;
    }
    const pawl::secret_string sealed =
        ring.seal(pawl::capsule_kind::access_token, bytes, bytes.first(size / 2), random);
    const auto again = ring.open(pawl::capsule_kind::access_token, sealed.reveal(), bytes.first(size / 2));
    require(again && std::ranges::equal(again->body, bytes));
    const pawl::secret_string unbound = ring.seal(pawl::capsule_kind::access_token, bytes, {}, random);
    if (const auto token = pawl::open_opaque_token(ring, unbound.reveal())) {
        const auto made = pawl::make_opaque_token(ring, *token, random);
        require(made && made->reveal() == unbound.reveal());
    }
    return 0;
}
