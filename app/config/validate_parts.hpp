// Parts of validate() that stand in files of their own. Each fills its members of `out`; std::nullopt, or the first
// rule that does not hold.
#pragma once

#include "app/config/validate.hpp"

namespace pawl::app {

// validate_network.cpp
option_error check_addresses(option_values& v, config& out);
option_error check_tls(option_values& v, config& out);
option_error check_webhook(option_values& v, config& out);

// validate_mail.cpp
option_error check_mail(option_values& v, config& out);

// validate_brand.cpp
option_error check_brand(option_values& v, config& out);

// validate_passwords.cpp
option_error check_passwords(option_values& v, config& out);
// After check_mail(): who may sign up, and in.
option_error check_sign_up(option_values& v, config& out);
// After check_passwords(): how many hashes there may be at once follows from what one costs.
void take_threads(option_values& v, const validation_facts& facts, config& out);

} // namespace pawl::app
