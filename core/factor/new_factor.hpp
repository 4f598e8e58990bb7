// Factors that no account has yet: without a number, a name and a date. Any thread.
#pragma once

#include "core/factor/totp.hpp"
#include "core/random_source.hpp"

#include <cstdint>

namespace pawl {

// Their secrets follow from the factor key with that id, and from a salt that is drawn.
user_factor new_totp(const totp_kind& kind, std::uint8_t key_id, random_source& random);
user_factor new_recovery_set(std::uint8_t key_id, random_source& random);

} // namespace pawl
