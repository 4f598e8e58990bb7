// What the OpenSSL keys have in common. For core/jwt/*.cpp only.
#pragma once

#include "core/hmac_sha256.hpp"
#include "core/jwt/jws_keys.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pawl {

struct bignum_free {
    void operator()(BIGNUM* n) const noexcept { BN_clear_free(n); }
};
using bignum_ptr = std::unique_ptr<BIGNUM, bignum_free>;
struct param_free {
    void operator()(OSSL_PARAM_BLD* b) const noexcept { OSSL_PARAM_BLD_free(b); }
    void operator()(OSSL_PARAM* params) const noexcept { // which hold copies of private numbers
        for (OSSL_PARAM* p = params; p != nullptr && p->key != nullptr; ++p) {
            wipe(p->data, p->data == nullptr ? 0 : p->data_size);
        }
        OSSL_PARAM_free(params);
    }
};
using param_builder_ptr = std::unique_ptr<OSSL_PARAM_BLD, param_free>;
using param_ptr = std::unique_ptr<OSSL_PARAM, param_free>;

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline bignum_ptr to_bignum(std::span<const std::uint8_t> big_endian) {
    return bignum_ptr(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
}

// After OpenSSL refused: whether it was for want of memory, which says nothing of what it was asked. Clears its errors.
inline bool lacked_memory() {
    bool found = false;
    while (const unsigned long error = ERR_get_error()) {
        found = found || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    }
    return found;
}

// What a key does that OpenSSL won't sign with.
[[noreturn]] inline void refuse(const char* what) {
    if (lacked_memory()) {
        throw std::bad_alloc();
    }
    throw signing_failed(what);
}

// Signs and verifies once: a private part that does not belong to its public one is found before it signs anything.
inline bool proves_itself(const jws_key& key) {
    constexpr std::string_view message = "pawl: does the private part belong to the public one?";
    try {
        return key.verify(message, key.sign(message));
    } catch (const signing_failed&) { // OpenSSL finds it out by itself
        return false;
    }
}

} // namespace pawl
