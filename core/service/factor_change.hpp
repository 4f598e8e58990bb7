// What the functions of factor_service share. Internal to it.
#pragma once

#include "core/service/last_proof.hpp"
#include "core/service/services.hpp"
#include "core/service/user_change.hpp"

#include <string>

namespace pawl {

// "totp 3": as events tell of it.
std::string about_factor(const user_factor& f);
// What a notice calls it: its name, else its kind.
std::string notice_about(const user_factor& f);
// NFC of at most factor_name_size_max bytes. validation_failed.
result<std::string> checked_factor_name(const std::string& typed);
// Whether the account may have one more.
bool has_room_for_factor(const user& u);
// Waits for the change, and for the event of it where there was one. Awaited directly.
task<result<user_ptr>> settle_factor_change(const service_context& context, user_change change, event_kind kind,
                                            std::string about, caller from);
// What an act of the owner needs first: the account, and a session that was proven lately. invalid_access_token,
// reauthentication_required. Awaited directly.
task<result<user_ptr>> recent_owner(const service_context& context, account_owner owner);

} // namespace pawl
