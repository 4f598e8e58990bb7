#include "core/jwt/key_ring.hpp"

#include "core/jwt/jws_keys.hpp"
#include "core/text/encoding.hpp"
#include "core/text/plain_text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pawl {

namespace {

constexpr std::array<std::string_view, 5> algorithm_names = {"ES256", "EdDSA", "RS256", "HS256", "PS256"};

std::string header_of(jws_algorithm algorithm, std::string_view type, std::string_view kid) {
    BOOST_ASSERT(plain_json_size(kid) == kid.size());
    std::string json = R"({"alg":")";
    json.append(to_text(algorithm)).append(R"(","typ":")").append(type);
    json.append(R"(","kid":")").append(kid).append("\"}");
    return base64url_encode({reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
}

} // namespace

jws_key::jws_key(jws_algorithm algorithm, std::string kid)
    : algorithm_(algorithm), kid_(std::move(kid)), access_header_(header_of(algorithm_, "at+jwt", kid_)),
      plain_header_(header_of(algorithm_, "JWT", kid_)) {}

std::string_view to_text(jws_algorithm a) {
    return algorithm_names[static_cast<std::size_t>(a)];
}

std::optional<jws_algorithm> jws_algorithm_from_text(std::string_view text) {
    for (std::size_t i = 0; i < algorithm_names.size(); ++i) {
        const auto algorithm = static_cast<jws_algorithm>(i);
        if (algorithm_names[i] == text && algorithm != jws_algorithm::ps256) {
            return algorithm;
        }
    }
    return std::nullopt;
}

const std::shared_ptr<const jws_key>& key_ring::signer_at(timestamp now) const noexcept {
    const auto due =
        std::find_if(next_signers.rbegin(), next_signers.rend(), [now](const auto& next) { return next.from <= now; });
    return due == next_signers.rend() ? signing_key : due->key;
}

std::shared_ptr<const jws_key> key_ring::signer_of(jws_algorithm algorithm, timestamp now) const {
    if (signing_key->algorithm() == algorithm) {
        return signer_at(now);
    }
    std::shared_ptr<const jws_key> oldest, newest_due;
    for (const next_signer& one : other_signers) {
        if (one.key->algorithm() == algorithm) {
            oldest = oldest == nullptr ? one.key : oldest;
            newest_due = one.from <= now ? one.key : newest_due;
        }
    }
    return newest_due != nullptr ? newest_due : oldest;
}

const jws_key* key_ring::find_verifying(std::string_view kid) const {
    const auto found = std::find_if(verifying_keys.begin(), verifying_keys.end(),
                                    [kid](const auto& key) { return key->kid() == kid; });
    return found == verifying_keys.end() ? nullptr : found->get();
}

std::string key_ring::jwks() const {
    std::string text = R"({"keys":[)";
    for (const std::shared_ptr<const jws_key>& key : verifying_keys) {
        const std::string jwk = key->public_jwk();
        if (!jwk.empty()) {
            text.append(text.back() == '[' ? "" : ",").append(jwk);
        }
    }
    text += "]}";
    return text;
}

std::string key_set_problem(std::span<const std::shared_ptr<const jws_key>> keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (keys[i]->kid() == keys[k]->kid()) {
                return "a kid is given twice";
            }
            if ((keys[i]->algorithm() == jws_algorithm::hs256) != (keys[k]->algorithm() == jws_algorithm::hs256)) {
                return "symmetric and asymmetric keys are mixed";
            }
        }
    }
    return {};
}

} // namespace pawl
