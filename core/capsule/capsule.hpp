// Capsules: values that the server made and knows again by its key. A capsule carries its own content, sealed, so
// nothing is kept of it: prefix + base64url(version 1 B, key id 1 B, nonce 24 B, sealed body, tag 16 B), by
// XChaCha20-Poly1305 (libsodium). Each kind has a prefix and a key of its own, HKDF-SHA-256 of a capsule key of the key
// file with the kind as label.
#pragma once

#include "core/random_source.hpp"
#include "core/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// What a capsule is for. The numbers are in no capsule; the labels are in the keys and never change.
enum class capsule_kind : std::uint8_t {
    client_secret,      // pcs_
    access_token,       // pat_
    flow,               // pfl_: an authorization request under way (core/provider/authorization_request.hpp)
    authorization_code, // pac_ (core/provider/authorization_code.hpp)
    web_session,        // pws_: the cookie of a browser session (core/provider/web_cookie.hpp)
    sign_out,           // pso_: a request to be signed out under way (core/provider/sign_out.hpp)
    mail_link,          // pml_: a link of a mail; its purpose is in the body
    login_step,         // pls_: a sign-in between password and second factor (core/factor/factor_capsules.hpp)
    enrol,              // pen_: a TOTP that is being set up (the same)
    device,             // pdv_: a remembered device (the same)
};

inline constexpr std::uint8_t capsule_version = 1;
inline constexpr std::size_t capsule_key_size = 32;
inline constexpr std::size_t capsule_body_size_max = 8192; // bytes of the content

// One key of the ring: those of all kinds are derived from it.
struct capsule_key {
    std::uint8_t id = 0; // goes into the capsule
    secret_bytes key;    // capsule_key_size bytes
};

// The last key seals, all open. Immutable; any thread.
class capsule_ring {
public:
    // Not empty; ids differ; each key has capsule_key_size bytes. std::invalid_argument for anything else.
    explicit capsule_ring(std::vector<capsule_key> keys);

    // The text of a capsule around `body`. `bound`: what has to be said again to open it (a store's uuid and mark,
    // say). std::length_error where the body is longer than capsule_body_size_max.
    secret_string seal(capsule_kind kind, std::span<const std::uint8_t> body, std::span<const std::uint8_t> bound,
                       random_source& random) const;
    struct opened {
        std::uint8_t key_id = 0;
        secret_bytes body;
    };
    // std::nullopt if this ring did not make it of this kind with this `bound`; why is not said. Nothing is allocated
    // for a text of another prefix or of a size that no capsule has.
    std::optional<opened> open(capsule_kind kind, std::string_view text, std::span<const std::uint8_t> bound) const;

    std::uint8_t sealing_id() const noexcept;
    bool has(std::uint8_t key_id) const noexcept;
    // A keyed hash for what is compared and not opened: BLAKE2b-256 of `label` and `text` under the key with that id.
    // std::nullopt if there is no such key.
    std::optional<std::array<std::uint8_t, 32>> digest(std::uint8_t key_id, std::string_view label,
                                                       std::string_view text) const;
    // Secrets that users hold: fills `out` (at most hkdf_output_size_max bytes) with HKDF-SHA-256 of the factor key
    // with that id, under `salt` and `info`. The factor key is one more key derived from the capsule key. False if
    // there is no such key.
    bool derive_secret(std::uint8_t key_id, std::span<const std::uint8_t> salt, std::span<const std::uint8_t> info,
                       std::span<std::uint8_t> out) const;

private:
    struct derived; // the keys of one entry
    const derived* find(std::uint8_t key_id) const noexcept;
    std::shared_ptr<const std::vector<derived>> keys_;
};

// The prefix of a kind's texts: "pcs_". Static.
std::string_view prefix_of(capsule_kind kind) noexcept;

// Of all texts of this kind, with a body of `body_size` bytes.
std::size_t capsule_text_size(capsule_kind kind, std::size_t body_size) noexcept;

} // namespace pawl
