#include "core/jwt/es256_repeatable.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace pawl {

namespace {

struct free_openssl {
    void operator()(BIGNUM* n) const noexcept { BN_clear_free(n); }
    void operator()(BN_CTX* c) const noexcept { BN_CTX_free(c); }
    void operator()(EC_GROUP* g) const noexcept { EC_GROUP_free(g); }
    void operator()(EC_POINT* p) const noexcept { EC_POINT_clear_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_openssl>;
using scalar = std::array<std::uint8_t, 32>;

owned<BIGNUM> number(std::span<const std::uint8_t> bytes) {
    return owned<BIGNUM>(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// RFC 6979 3.2, b to h: an HMAC that gives candidate after candidate.
class nonces {
public:
    nonces(std::span<const std::uint8_t, 32> d, const scalar& hash_mod_order) {
        v_.fill(1);
        key_.fill(0);
        for (const std::uint8_t step : {std::uint8_t{0}, std::uint8_t{1}}) {
            std::vector<std::uint8_t> text(v_.begin(), v_.end());
            text.push_back(step);
            text.insert(text.end(), d.begin(), d.end());
            text.insert(text.end(), hash_mod_order.begin(), hash_mod_order.end());
            turn(text);
        }
    }
    scalar next() {
        if (!std::exchange(first_, false)) {
            std::vector<std::uint8_t> text(v_.begin(), v_.end());
            text.push_back(0);
            turn(text);
        }
        v_ = hmac_sha256(key_).compute(v_);
        return v_;
    }

private:
    void turn(std::span<const std::uint8_t> text) {
        key_ = hmac_sha256(key_).compute(text);
        v_ = hmac_sha256(key_).compute(v_);
    }
    scalar key_{}, v_{};
    bool first_ = true;
};

// r and s for one nonce; false where the nonce won't do (or OpenSSL fails).
bool sign_with(const EC_GROUP* group, const BIGNUM* order, const BIGNUM* d, const BIGNUM* e, const scalar& nonce,
               std::span<std::uint8_t, 64> out) {
    const owned<BN_CTX> context(BN_CTX_new());
    const owned<BIGNUM> k = number(nonce), r(BN_new()), s(BN_new()), inverse(BN_new());
    const owned<EC_POINT> point(EC_POINT_new(group));
    if (!context || !k || !r || !s || !inverse || !point || BN_is_zero(k.get()) || BN_cmp(k.get(), order) >= 0) {
        return false;
    }
    return EC_POINT_mul(group, point.get(), k.get(), nullptr, nullptr, context.get()) == 1 &&
           EC_POINT_get_affine_coordinates(group, point.get(), r.get(), nullptr, context.get()) == 1 &&
           BN_nnmod(r.get(), r.get(), order, context.get()) == 1 && BN_is_zero(r.get()) == 0 &&
           BN_mod_inverse(inverse.get(), k.get(), order, context.get()) != nullptr &&
           BN_mod_mul(s.get(), r.get(), d, order, context.get()) == 1 &&
           BN_mod_add(s.get(), s.get(), e, order, context.get()) == 1 &&
           BN_mod_mul(s.get(), s.get(), inverse.get(), order, context.get()) == 1 && BN_is_zero(s.get()) == 0 &&
           BN_bn2binpad(r.get(), out.data(), 32) == 32 && BN_bn2binpad(s.get(), out.data() + 32, 32) == 32;
}

} // namespace

std::optional<std::array<std::uint8_t, 64>> sign_es256_repeatably(std::span<const std::uint8_t, 32> d,
                                                                  const sha256_digest& digest) {
    constexpr int attempts_max = 16; // each fails with a chance of 2^-32
    const owned<EC_GROUP> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    const owned<BN_CTX> context(BN_CTX_new());
    const owned<BIGNUM> key = number(d), hash = number(digest), e(BN_new());
    if (!group || !context || !key || !hash || !e) {
        return std::nullopt;
    }
    const BIGNUM* const order = EC_GROUP_get0_order(group.get());
    scalar reduced{};
    if (BN_nnmod(e.get(), hash.get(), order, context.get()) != 1 || BN_bn2binpad(e.get(), reduced.data(), 32) != 32) {
        return std::nullopt;
    }
    nonces candidates(d, reduced);
    std::array<std::uint8_t, 64> out{};
    for (int i = 0; i < attempts_max; ++i) {
        if (sign_with(group.get(), order, key.get(), e.get(), candidates.next(), out)) {
            return out;
        }
    }
    return std::nullopt;
}

} // namespace pawl
