// The blocklist of new passwords (NIST SP 800-63B-4 3.1.1.2): the frequency lists of zxcvbn (common passwords, names,
// words), compiled in as sorted hashes by common_passwords.py.
#pragma once

#include <string_view>

namespace pawl {

// Entries shorter than this are not in the table: no password so short is accepted.
inline constexpr std::size_t common_password_length_min = 8;

// Whether the whole of `password`, A-Z folded, is in the list. Leaves no copy of it behind. Pure; any thread.
// Says so of one other password in 10^14, as the table holds 64-bit hashes.
bool is_common_password(std::string_view password);

} // namespace pawl
