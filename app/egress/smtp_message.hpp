// What the server asks of its egress worker for a mail, and what it is told. As app/egress/message.hpp. Pure.
#pragma once

#include "app/egress/limits.hpp"
#include "app/egress/smtp_dialog.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace pawl::app {

inline constexpr std::size_t egress_mail_size_max = 256 * 1024; // header and body

// std::nullopt if it is not sound, or breaks a bound.
std::optional<secret_bytes> to_message(const smtp_mail& mail);
std::optional<smtp_mail> smtp_mail_from(std::span<const std::uint8_t> message);

// The text is cut at egress_text_size_max.
secret_bytes to_message(const smtp_answer& answer);
std::optional<smtp_answer> smtp_answer_from(std::span<const std::uint8_t> message);

} // namespace pawl::app
