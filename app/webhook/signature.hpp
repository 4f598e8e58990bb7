// Signatures of webhooks as https://www.standardwebhooks.com has them: HMAC-SHA-256 over id, time and body.
#pragma once

#include "core/clock.hpp"
#include "core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t webhook_key_size_min = 24, webhook_key_size_max = 64;

// "whsec_" and the base64 of 24 to 64 bytes, with white space around; nothing for anything else.
std::optional<secret_bytes> webhook_key_from_text(std::string_view text);

// The value of webhook-signature: "v1," and the base64 of the MAC. `id` has no dot.
std::string webhook_signature(const secret_bytes& key, std::string_view id, timestamp at, std::string_view body);

} // namespace pawl::app
