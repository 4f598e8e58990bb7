#include "storage/log/keys.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace pawl::storage {
namespace {

bytes_view text(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

secret_bytes derive(bytes_view log_key, std::string_view label) {
    hmac_sha256::digest d = hmac_sha256{log_key}.compute({text(label)});
    secret_bytes key(d.begin(), d.end());
    wipe(d.data(), d.size());
    return key;
}

} // namespace

struct hmac_sha256::state {
    EVP_MAC* mac = nullptr;
    EVP_MAC_CTX* context = nullptr;
    ~state() {
        EVP_MAC_CTX_free(context);
        EVP_MAC_free(mac);
    }
};

hmac_sha256::hmac_sha256(bytes_view key) : state_(std::make_unique<state>()) {
    state_->mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    state_->context = state_->mac == nullptr ? nullptr : EVP_MAC_CTX_new(state_->mac);
    char digest_name[] = "SHA256";
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, static_cast<char*>(digest_name), 0),
        OSSL_PARAM_construct_end()};
    if (state_->context == nullptr || EVP_MAC_init(state_->context, key.data(), key.size(), params.data()) != 1) {
        throw std::runtime_error("OpenSSL offers no HMAC-SHA-256");
    }
}

hmac_sha256::~hmac_sha256() = default;

hmac_sha256::digest hmac_sha256::compute(std::initializer_list<bytes_view> parts) {
    // A null key keeps the key of before: 2.2 us instead of 5.9 for a short message.
    bool ok = EVP_MAC_init(state_->context, nullptr, 0, nullptr) == 1;
    for (const bytes_view part : parts) {
        ok = ok && EVP_MAC_update(state_->context, part.data(), part.size()) == 1;
    }
    digest out;
    std::size_t size = 0;
    if (!ok || EVP_MAC_final(state_->context, out.data(), &size, out.size()) != 1 || size != out.size()) {
        throw std::runtime_error("HMAC-SHA-256 failed");
    }
    return out;
}

tag16 hmac_sha256::compute16(std::initializer_list<bytes_view> parts) {
    const digest whole = compute(parts);
    tag16 out;
    std::copy_n(whole.begin(), out.size(), out.begin());
    return out;
}

log_keys::log_keys(bytes_view log_key) {
    if (log_key.size() != log_key_size) {
        throw std::invalid_argument("the log key has 32 bytes");
    }
    chain_ = derive(log_key, "pawl log chain 1");
    manifest_ = derive(log_key, "pawl manifest 1");
    snapshot_ = derive(log_key, "pawl snapshot 1");
}

std::array<std::uint8_t, 8> log_keys::key_check(const store_uuid& uuid) const {
    const hmac_sha256::digest whole = hmac_sha256{chain_}.compute({text("check"), uuid});
    std::array<std::uint8_t, 8> out;
    std::copy_n(whole.begin(), out.size(), out.begin());
    return out;
}

tag16 log_keys::chain_origin(const store_uuid& uuid) const {
    return hmac_sha256{chain_}.compute16({text("chain"), uuid});
}

} // namespace pawl::storage
