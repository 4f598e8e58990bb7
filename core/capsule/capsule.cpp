#include "core/capsule/capsule.hpp"

#include "core/hkdf_sha256.hpp"
#include "core/text/encoding.hpp"

#include <boost/container/small_vector.hpp>
#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace pawl {

namespace {

constexpr std::size_t version_at = 0, key_id_at = 1, nonce_at = 2,
                      nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, body_at = nonce_at + nonce_size,
                      tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES, overhead = body_at + tag_size;
static_assert(nonce_size == 24 && tag_size == 16);
static_assert(capsule_key_size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

struct kind_traits {
    std::string_view prefix, label;
};
// By capsule_kind. A label that changes makes every capsule of its kind unreadable.
constexpr std::array kinds = {
    kind_traits{"pcs_", "pawl capsule client secret"}, kind_traits{"pat_", "pawl capsule access token"},
    kind_traits{"pfl_", "pawl capsule flow"},          kind_traits{"pac_", "pawl capsule authorization code"},
    kind_traits{"pws_", "pawl capsule web session"},   kind_traits{"pso_", "pawl capsule sign out"},
    kind_traits{"pml_", "pawl capsule mail link"},     kind_traits{"pls_", "pawl capsule login step"},
    kind_traits{"pen_", "pawl capsule enrol"},         kind_traits{"pdv_", "pawl capsule device"},
};
static_assert(kinds.size() == static_cast<std::size_t>(capsule_kind::device) + 1);
constexpr std::string_view digest_label = "pawl capsule digest", factor_label = "pawl factor";

const kind_traits& traits_of(capsule_kind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}

// What the tag covers beside the body: what precedes the nonce, and what the capsule is bound to.
using covered_bytes = boost::container::small_vector<std::uint8_t, 64>;
covered_bytes covered(std::uint8_t key_id, std::span<const std::uint8_t> bound) {
    covered_bytes all;
    all.push_back(capsule_version);
    all.push_back(key_id);
    all.insert(all.end(), bound.begin(), bound.end());
    return all;
}

} // namespace

struct capsule_ring::derived {
    std::uint8_t id = 0;
    std::array<secret_bytes, kinds.size()> of_kind;
    secret_bytes of_digest, of_factors;
};

capsule_ring::capsule_ring(std::vector<capsule_key> keys) {
    if (sodium_init() < 0) { // before it, libsodium takes no faster code than what runs everywhere
        throw std::runtime_error("libsodium can't be initialised");
    }
    std::vector<derived> all;
    for (const capsule_key& key : keys) {
        if (key.key.size() != capsule_key_size || std::ranges::count(keys, key.id, &capsule_key::id) != 1) {
            throw std::invalid_argument("a capsule key is of the wrong size, or its id is there twice");
        }
        derived one;
        one.id = key.id;
        std::ranges::transform(kinds, one.of_kind.begin(),
                               [&](const kind_traits& kind) { return derive_key(key.key, kind.label); });
        one.of_digest = derive_key(key.key, digest_label);
        one.of_factors = derive_key(key.key, factor_label);
        all.push_back(std::move(one));
    }
    if (all.empty()) {
        throw std::invalid_argument("no capsule key");
    }
    keys_ = std::make_shared<const std::vector<derived>>(std::move(all));
}

const capsule_ring::derived* capsule_ring::find(std::uint8_t key_id) const noexcept {
    const auto found = std::ranges::find(*keys_, key_id, &derived::id);
    return found == keys_->end() ? nullptr : &*found;
}

bool capsule_ring::has(std::uint8_t key_id) const noexcept {
    return find(key_id) != nullptr;
}

std::uint8_t capsule_ring::sealing_id() const noexcept {
    return keys_->back().id;
}

secret_string capsule_ring::seal(capsule_kind kind, std::span<const std::uint8_t> body,
                                 std::span<const std::uint8_t> bound, random_source& random) const {
    if (body.size() > capsule_body_size_max) {
        throw std::length_error("too much for a capsule");
    }
    const derived& key = keys_->back();
    std::vector<std::uint8_t> sealed(overhead + body.size());
    sealed[version_at] = capsule_version;
    sealed[key_id_at] = key.id;
    const std::span<std::uint8_t> nonce = std::span(sealed).subspan(nonce_at, nonce_size);
    random.fill(nonce);
    const covered_bytes also = covered(key.id, bound);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + body_at, nullptr, body.data(), body.size(), also.data(),
                                               also.size(), nullptr, nonce.data(),
                                               key.of_kind[static_cast<std::size_t>(kind)].data());
    std::vector<char, wiping_allocator<char>> text(capsule_text_size(kind, body.size()));
    const std::string_view prefix = prefix_of(kind);
    std::ranges::copy(prefix, text.begin());
    base64url_encode_into(sealed, std::span(text).subspan(prefix.size()));
    return secret_string(std::string_view(text.data(), text.size()));
}

std::optional<capsule_ring::opened> capsule_ring::open(capsule_kind kind, std::string_view text,
                                                       std::span<const std::uint8_t> bound) const {
    const std::string_view prefix = prefix_of(kind);
    if (text.size() < capsule_text_size(kind, 0) || text.size() > capsule_text_size(kind, capsule_body_size_max) ||
        !text.starts_with(prefix)) {
        return std::nullopt;
    }
    text.remove_prefix(prefix.size());
    std::vector<std::uint8_t> sealed(text.size() / 4 * 3 + 2);
    const std::optional<std::size_t> size = base64url_decode_prefix(text, sealed);
    if (!size || *size < overhead || sealed[version_at] != capsule_version) {
        return std::nullopt;
    }
    const derived* const key = find(sealed[key_id_at]);
    if (key == nullptr) {
        return std::nullopt;
    }
    opened out;
    out.key_id = key->id;
    out.body.resize(*size - overhead);
    const covered_bytes also = covered(key->id, bound);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.body.data(), nullptr, nullptr, sealed.data() + body_at,
                                                   *size - body_at, also.data(), also.size(), sealed.data() + nonce_at,
                                                   key->of_kind[static_cast<std::size_t>(kind)].data()) != 0) {
        return std::nullopt;
    }
    return out;
}

std::optional<std::array<std::uint8_t, 32>> capsule_ring::digest(std::uint8_t key_id, std::string_view label,
                                                                 std::string_view text) const {
    const derived* const key = find(key_id);
    if (key == nullptr) {
        return std::nullopt;
    }
    std::array<std::uint8_t, 32> out{};
    // The label's size comes first, so that no two pairs of label and text are the same message.
    std::array<std::uint8_t, 8> label_size{};
    for (std::size_t i = 0; i < label_size.size(); ++i) {
        label_size[i] = static_cast<std::uint8_t>(std::uint64_t{label.size()} >> (56 - 8 * i));
    }
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, key->of_digest.data(), key->of_digest.size(), out.size());
    crypto_generichash_update(&hash, label_size.data(), label_size.size());
    for (const std::string_view part : {label, text}) {
        crypto_generichash_update(&hash, reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
    }
    crypto_generichash_final(&hash, out.data(), out.size());
    wipe(&hash, sizeof hash);
    return out;
}

bool capsule_ring::derive_secret(std::uint8_t key_id, std::span<const std::uint8_t> salt,
                                 std::span<const std::uint8_t> info, std::span<std::uint8_t> out) const {
    const derived* const key = find(key_id);
    if (key != nullptr) {
        hkdf_sha256(key->of_factors, salt, info, out);
    }
    return key != nullptr;
}

std::string_view prefix_of(capsule_kind kind) noexcept {
    return traits_of(kind).prefix;
}

std::size_t capsule_text_size(capsule_kind kind, std::size_t body_size) noexcept {
    return prefix_of(kind).size() + base64url_size(overhead + body_size);
}

} // namespace pawl
