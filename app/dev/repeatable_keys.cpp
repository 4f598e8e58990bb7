#include "app/dev/repeatable_keys.hpp"

#include "core/jwt/es256_repeatable.hpp"
#include "core/text/encoding.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace pawl::app {

namespace {

namespace json = boost::json;

class repeatable_es256_key final : public jws_key {
public:
    repeatable_es256_key(std::shared_ptr<const jws_key> same, std::span<const std::uint8_t, 32> d)
        : jws_key(same->algorithm(), same->kid()), same_(std::move(same)) {
        std::copy(d.begin(), d.end(), d_.begin());
    }
    std::string public_jwk() const override { return same_->public_jwk(); }
    bool verify(std::string_view input, std::span<const std::uint8_t> signature) const override {
        return same_->verify(input, signature);
    }
    signature_bytes sign(std::string_view input) const override {
        const sha256_digest digest = sha256({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
        const auto signature = sign_es256_repeatably(d_, digest);
        if (!signature) {
            throw std::runtime_error("OpenSSL can't make an ES256 signature");
        }
        return {signature->begin(), signature->end()};
    }

private:
    std::shared_ptr<const jws_key> same_;
    std::array<std::uint8_t, 32> d_{};
};

} // namespace

key_ring_ptr repeatable_keys(const key_ring_options& options, random_source& random) {
    const std::string text = make_key_file(options.algorithm, random, timestamp{});
    const parsed_key_file parsed = parse_key_file(text, options);
    if (!parsed.ring) {
        throw std::runtime_error("keys of --rng-seed: " + parsed.error);
    }
    if (options.algorithm != jws_algorithm::es256) {
        return parsed.ring;
    }
    const json::value file = json::parse(text);
    const json::value& d = file.at("signing").at(0).at("jwk").at("d");
    std::array<std::uint8_t, 32> scalar{};
    if (!base64url_decode_into(std::string_view(d.as_string()), scalar)) {
        throw std::runtime_error("keys of --rng-seed: no private key");
    }
    auto ring = std::make_shared<key_ring>(*parsed.ring);
    ring->signing_key = std::make_shared<const repeatable_es256_key>(parsed.ring->signing_key, scalar);
    ring->verifying_keys = {ring->signing_key};
    return ring;
}

} // namespace pawl::app
