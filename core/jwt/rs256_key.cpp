// RS256 and PS256 (RFC 7518 3.3 and 3.5): one key type, two paddings.
#include "core/jwt/openssl_util.hpp"
#include "core/jwt/pkey_context.hpp"
#include "core/text/encoding.hpp"

#include <openssl/rsa.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace pawl {

namespace {

class rsa_key final : public jws_key {
public:
    // `algorithm`: rs256 or ps256.
    rsa_key(jws_algorithm algorithm, std::string kid, std::string public_jwk, pkey_ptr key, bool can_sign)
        : jws_key(algorithm, std::move(kid)), public_jwk_(std::move(public_jwk)), key_(std::move(key)),
          signature_size_(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))), can_sign_(can_sign) {}

    std::string public_jwk() const override { return public_jwk_; }

    signature_bytes sign(std::string_view signing_input) const override {
        if (!can_sign_) {
            throw std::logic_error("asked to sign with a key that can only verify");
        }
        pkey_context_ptr context = signers_.take();
        if (!context) {
            context = prepare(EVP_PKEY_sign_init);
        }
        const sha256_digest digest = sha256(as_bytes(signing_input));
        signature_bytes signature(signature_size_);
        std::size_t size = signature.size();
        if (!context || EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) <= 0 ||
            size != signature.size()) {
            refuse("OpenSSL can't make an RSA signature");
        }
        signers_.give(std::move(context));
        return signature;
    }

    // RFC 8017 8.1.2 and 8.2.2: a signature is exactly as long as the modulus.
    bool verify(std::string_view signing_input, std::span<const std::uint8_t> signature) const override {
        if (signature.size() != signature_size_) {
            return false;
        }
        pkey_context_ptr context = verifiers_.take();
        if (!context) {
            context = prepare(EVP_PKEY_verify_init);
            if (!context) {
                return false;
            }
        }
        const sha256_digest digest = sha256(as_bytes(signing_input));
        const bool good =
            EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
        if (!good && lacked_memory()) {
            throw std::bad_alloc();
        }
        verifiers_.give(std::move(context));
        return good;
    }

private:
    // Null if OpenSSL can't; throws bad_alloc for want of memory.
    pkey_context_ptr prepare(int (*init)(EVP_PKEY_CTX*)) const {
        pkey_context_ptr context(EVP_PKEY_CTX_new(key_.get(), nullptr));
        if (!context || init(context.get()) <= 0 || !set_padding(context.get()) ||
            EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) <= 0) {
            if (lacked_memory()) {
                throw std::bad_alloc();
            }
            return nullptr;
        }
        return context;
    }
    bool set_padding(EVP_PKEY_CTX* context) const {
        if (algorithm() == jws_algorithm::rs256) {
            return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
        }
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
    }

    std::string public_jwk_;
    pkey_ptr key_;
    std::size_t signature_size_;
    bool can_sign_;
    mutable pkey_context_pool signers_;
    mutable pkey_context_pool verifiers_;
};

// Keys of the Infineon library (CVE-2017-15361, "ROCA") are made of primes whose residues modulo small primes are all
// powers of 65537, and can be factored. A sound modulus passes for one with a chance of 2^-27 or less.
bool has_roca_fingerprint(const BIGNUM* n) {
    constexpr std::array<unsigned, 39> primes = {2,   3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,
                                                 43,  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101,
                                                 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
    for (const unsigned prime : primes) {
        const BN_ULONG residue = BN_mod_word(n, prime);
        unsigned power = 1;
        bool found = false;
        do {
            found = found || power == residue;
            power = power * (65537U % prime) % prime;
        } while (power != 1 && !found);
        if (!found) {
            return false;
        }
    }
    return true;
}

std::string public_part_problem(const BIGNUM* n, const BIGNUM* e, const rsa_parts& parts) {
    if (parts.n.empty() || parts.e.empty() || parts.n[0] == 0 || parts.e[0] == 0) {
        return "n and e of an RSA key have no leading zero bytes";
    }
    const auto bits = static_cast<unsigned>(BN_num_bits(n));
    if (bits < rsa_bits_min || bits > rsa_bits_max || !BN_is_odd(n)) {
        return "an RSA key has 2048 to 4096 bits";
    }
    if (!BN_is_odd(e) || BN_num_bits(e) < 17 || BN_num_bits(e) > 32) {
        return "e of an RSA key is odd, at least 65537 and below 2^32";
    }
    if (has_roca_fingerprint(n)) {
        return "the RSA key was made by a broken generator (CVE-2017-15361)";
    }
    return {};
}

pkey_ptr load(const rsa_parts& parts, const BIGNUM* n, const BIGNUM* e) {
    const param_builder_ptr builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n) == 0 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e) == 0) {
        return nullptr;
    }
    const std::array<std::pair<const char*, const secret_bytes*>, 6> private_parts = {
        {{OSSL_PKEY_PARAM_RSA_D, &parts.d},
         {OSSL_PKEY_PARAM_RSA_FACTOR1, &parts.p},
         {OSSL_PKEY_PARAM_RSA_FACTOR2, &parts.q},
         {OSSL_PKEY_PARAM_RSA_EXPONENT1, &parts.dp},
         {OSSL_PKEY_PARAM_RSA_EXPONENT2, &parts.dq},
         {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &parts.qi}}};
    std::array<bignum_ptr, private_parts.size()> numbers; // the builder keeps pointers to them
    for (std::size_t i = 0; i < private_parts.size() && !parts.d.empty(); ++i) {
        numbers[i] = to_bignum(*private_parts[i].second);
        if (!numbers[i] || OSSL_PARAM_BLD_push_BN(builder.get(), private_parts[i].first, numbers[i].get()) == 0) {
            return nullptr;
        }
    }
    const param_ptr params(OSSL_PARAM_BLD_to_param(builder.get()));
    const pkey_context_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
        EVP_PKEY_fromdata(context.get(), &made, parts.d.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          params.get()) <= 0) {
        return nullptr;
    }
    return pkey_ptr(made);
}

made_key make_rsa_key(jws_algorithm algorithm, std::string kid, const rsa_parts& parts) {
    constexpr std::size_t part_size_max = rsa_bits_max / 8 + 1;
    for (const secret_bytes* part :
         {&parts.n, &parts.e, &parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi}) {
        if (part->size() > part_size_max) {
            return {nullptr, "an RSA key has 2048 to 4096 bits"};
        }
    }
    const bool can_sign = !parts.d.empty();
    for (const secret_bytes* part : {&parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi}) {
        if (part->empty() == can_sign) {
            return {nullptr, "a private RSA key has all of d, p, q, dp, dq and qi"};
        }
    }
    const bignum_ptr n = to_bignum(parts.n);
    const bignum_ptr e = to_bignum(parts.e);
    if (std::string problem = public_part_problem(n.get(), e.get(), parts); !problem.empty()) {
        return {nullptr, std::move(problem)};
    }
    pkey_ptr key = load(parts, n.get(), e.get());
    ERR_clear_error();
    if (!key) {
        return {nullptr, "OpenSSL does not take the RSA key"};
    }
    std::string jwk = R"({"kty":"RSA","n":")" + base64url_encode(parts.n) + R"(","e":")" + base64url_encode(parts.e) +
                      R"(","kid":")" + kid + R"(","alg":")" + std::string(to_text(algorithm)) + R"(","use":"sig"})";
    auto made = std::make_shared<const rsa_key>(algorithm, std::move(kid), std::move(jwk), std::move(key), can_sign);
    if (can_sign && !proves_itself(*made)) {
        return {nullptr, "the private part does not belong to n and e"};
    }
    return {std::move(made), {}};
}

} // namespace

made_key make_rs256_key(std::string kid, const rsa_parts& parts) {
    return make_rsa_key(jws_algorithm::rs256, std::move(kid), parts);
}

made_key make_ps256_key(std::string kid, const rsa_parts& parts) {
    return make_rsa_key(jws_algorithm::ps256, std::move(kid), parts);
}

} // namespace pawl
