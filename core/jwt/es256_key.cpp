#include "core/jwt/openssl_util.hpp"
#include "core/jwt/pkey_context.hpp"
#include "core/text/encoding.hpp"

#include <openssl/ec.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace pawl {

namespace {

constexpr std::size_t scalar_size = 32;
constexpr std::size_t der_size_max = 72; // SEQUENCE of two INTEGERs of at most 33 bytes

// Order of P-256 (FIPS 186-4 D.1.2.3), big-endian.
constexpr std::array<std::uint8_t, scalar_size> group_order = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

// 1 <= scalar < n. Only ever asked about what is public.
bool in_range(std::span<const std::uint8_t> scalar) {
    return std::any_of(scalar.begin(), scalar.end(), [](std::uint8_t b) { return b != 0; }) &&
           std::lexicographical_compare(scalar.begin(), scalar.end(), group_order.begin(), group_order.end());
}

std::uint8_t* append_integer(std::uint8_t* out, std::span<const std::uint8_t> scalar) {
    const auto first = std::find_if(scalar.begin(), scalar.end(), [](std::uint8_t b) { return b != 0; });
    const bool pad = (*first & 0x80U) != 0;
    *out++ = 0x02;
    *out++ = static_cast<std::uint8_t>(scalar.end() - first + (pad ? 1 : 0));
    if (pad) {
        *out++ = 0;
    }
    return std::copy(first, scalar.end(), out);
}

// r || s to DER; both in range. Gives the length.
std::size_t to_der(std::span<const std::uint8_t> raw, std::span<std::uint8_t, der_size_max> der) {
    std::uint8_t* end = append_integer(der.data() + 2, raw.first(scalar_size));
    end = append_integer(end, raw.subspan(scalar_size));
    der[0] = 0x30;
    der[1] = static_cast<std::uint8_t>(end - der.data() - 2);
    return static_cast<std::size_t>(end - der.data());
}

// One INTEGER of at most 32 significant bytes off the front of `der`, right-aligned into `out`.
bool take_integer(std::span<const std::uint8_t>& der, std::span<std::uint8_t> out) {
    if (der.size() < 2 || der[0] != 0x02 || der[1] > scalar_size + 1 || der.size() < std::size_t{2} + der[1]) {
        return false;
    }
    std::span<const std::uint8_t> value = der.subspan(2, der[1]);
    der = der.subspan(std::size_t{2} + der[1]);
    if (value.size() > scalar_size) {
        if (value[0] != 0) {
            return false;
        }
        value = value.subspan(1);
    }
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    std::copy(value.begin(), value.end(), out.end() - static_cast<std::ptrdiff_t>(value.size()));
    return true;
}

bool from_der(std::span<const std::uint8_t> der, std::span<std::uint8_t> raw) {
    if (der.size() < 2 || der[0] != 0x30 || der[1] != der.size() - 2) {
        return false;
    }
    der = der.subspan(2);
    return take_integer(der, raw.first(scalar_size)) && take_integer(der, raw.subspan(scalar_size)) && der.empty();
}

class es256_key final : public jws_key {
public:
    es256_key(std::string kid, std::string public_jwk, pkey_ptr key, bool can_sign)
        : jws_key(jws_algorithm::es256, std::move(kid)), public_jwk_(std::move(public_jwk)), key_(std::move(key)),
          can_sign_(can_sign) {}

    std::string public_jwk() const override { return public_jwk_; }

    signature_bytes sign(std::string_view signing_input) const override {
        if (!can_sign_) {
            throw std::logic_error("asked to sign with a key that can only verify");
        }
        const sha256_digest digest = sha256(as_bytes(signing_input));
        pkey_context_ptr context = signers_.take();
        if (!context) {
            context.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
            if (!context || EVP_PKEY_sign_init(context.get()) <= 0) {
                refuse("OpenSSL can't prepare an ES256 signature");
            }
        }
        std::array<std::uint8_t, der_size_max> der{};
        std::size_t size = der.size();
        signature_bytes raw(2 * scalar_size);
        if (EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) <= 0 ||
            !from_der(std::span(der).first(size), raw)) {
            refuse("OpenSSL can't make an ES256 signature");
        }
        signers_.give(std::move(context));
        return raw;
    }

    // High s is accepted, as RFC 7518 3.4 asks for no other: nothing here identifies a token by its signature.
    bool verify(std::string_view signing_input, std::span<const std::uint8_t> signature) const override {
        if (signature.size() != 2 * scalar_size || !in_range(signature.first(scalar_size)) ||
            !in_range(signature.subspan(scalar_size))) {
            return false;
        }
        std::array<std::uint8_t, der_size_max> der{};
        const std::size_t size = to_der(signature, der);
        const sha256_digest digest = sha256(as_bytes(signing_input));
        pkey_context_ptr context = verifiers_.take();
        if (!context) {
            context.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
            if (!context || EVP_PKEY_verify_init(context.get()) <= 0) {
                if (lacked_memory()) {
                    throw std::bad_alloc();
                }
                return false;
            }
        }
        const bool good = EVP_PKEY_verify(context.get(), der.data(), size, digest.data(), digest.size()) == 1;
        if (!good && lacked_memory()) {
            throw std::bad_alloc();
        }
        verifiers_.give(std::move(context));
        return good;
    }

private:
    std::string public_jwk_;
    pkey_ptr key_;
    bool can_sign_;
    mutable pkey_context_pool signers_;
    mutable pkey_context_pool verifiers_;
};

pkey_ptr load(std::span<const std::uint8_t> x, std::span<const std::uint8_t> y, std::span<const std::uint8_t> d) {
    std::array<std::uint8_t, 1 + 2 * scalar_size> point{};
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    std::copy(y.begin(), y.end(), std::copy(x.begin(), x.end(), point.begin() + 1));
    const param_builder_ptr builder(OSSL_PARAM_BLD_new());
    const bignum_ptr scalar = d.empty() ? nullptr : to_bignum(d);
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 0 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 0 ||
        (scalar && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 0)) {
        return nullptr;
    }
    const param_ptr params(OSSL_PARAM_BLD_to_param(builder.get()));
    const pkey_context_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
        EVP_PKEY_fromdata(context.get(), &made, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) <= 0) {
        return nullptr;
    }
    pkey_ptr key(made);
    const pkey_context_ptr check(EVP_PKEY_CTX_new(key.get(), nullptr));
    return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(key) : nullptr;
}

} // namespace

made_key make_es256_key(std::string kid, std::span<const std::uint8_t> x, std::span<const std::uint8_t> y,
                        std::span<const std::uint8_t> d) {
    if (x.size() != scalar_size || y.size() != scalar_size || (!d.empty() && d.size() != scalar_size)) {
        return {nullptr, "x, y and d of a P-256 key are 32 bytes each"};
    }
    if (!d.empty() && !in_range(d)) {
        return {nullptr, "d is not in the range of P-256"};
    }
    pkey_ptr key = load(x, y, d);
    ERR_clear_error();
    if (!key) {
        return {nullptr, "x and y are no point of P-256"};
    }
    std::string jwk = R"({"kty":"EC","crv":"P-256","x":")" + base64url_encode(x) + R"(","y":")" + base64url_encode(y) +
                      R"(","kid":")" + kid + R"(","alg":"ES256","use":"sig"})";
    auto made = std::make_shared<const es256_key>(std::move(kid), std::move(jwk), std::move(key), !d.empty());
    if (!d.empty() && !proves_itself(*made)) {
        return {nullptr, "d does not belong to x and y"};
    }
    return {std::move(made), {}};
}

} // namespace pawl
