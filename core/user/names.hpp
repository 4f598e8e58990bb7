// Login names: emails and usernames in one namespace. Kept as typed (after NFC), compared with A-Z folded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr std::size_t email_size_max = 254;    // RFC 5321 4.5.3.1.3, less the angle brackets
inline constexpr std::size_t username_size_max = 254; // bytes; a username may be the account's own email
inline constexpr std::size_t personal_name_size_max = 256;

// ASCII only, one '@', a dot-atom local part (RFC 5321) of at most 64 characters, a host name with at least one label
// of letters, digits and hyphens. Returns the email as typed, or nothing with `why` set to a sentence fragment.
std::optional<std::string> check_email(std::string_view typed, std::string& why);
// NFC (libutf8proc); valid UTF-8, 1 to username_size_max bytes, no control characters (Cc, Cf, Zl, Zp), no white space
// at either end. A username with '@' must equal the email folded: the caller passes it.
std::optional<std::string> check_username(std::string_view typed, std::string_view email, std::string& why);
// first_name, surname: NFC, no control characters, 0 to personal_name_size_max bytes.
std::optional<std::string> check_personal_name(std::string_view typed, std::string& why);

// The key of the one login-name index: NFC, then A-Z folded. Any text gives some key; text that is not valid UTF-8, or
// no stored name could be, is folded as bytes (it equals no stored name).
std::string fold_login_name(std::string_view name);

} // namespace pawl
