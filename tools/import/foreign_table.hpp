// Users of other systems: rows of named text fields into user records. Pure; any thread.
#pragma once

#include "core/clock.hpp"
#include "core/user/user.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::tools {

// Which column each of our members comes from: id, email, username, hash, first_name, surname, full_name (split at its
// last space), roles (separated by ';'), email_verified, is_superuser, enabled, created_at.
using column_map = std::map<std::string, std::string, std::less<>>;

// "passlib" (email, username, password_hash), "django" (auth_user), "fastapi" (email, hashed_password, is_active,
// is_superuser, full_name). Nothing for another word.
std::optional<column_map> column_preset(std::string_view name);
// "email=mail,hash=pw": into `map`, over what it has. The sentence fragment, or nothing.
std::string add_columns(column_map& map, std::string_view text);

// Columns that are absent and fields that are empty leave a member as a new user has it. `why` is set where the row is
// no user.
using foreign_row = std::map<std::string, std::string, std::less<>>; // by column
user read_foreign_user(const foreign_row& row, const column_map& map, std::string& why);

// What kind of hash it is where this program knows none of its like: a name of a list, "other"; empty for one that is
// known, and for none. Never a piece of the text itself.
std::string unknown_hash_kind(std::string_view hash);

// RFC 3339, or as databases print it: a space for the T, any number of digits of a second, "+00", or no zone (UTC).
std::optional<timestamp_ms> read_database_time(std::string text);

} // namespace pawl::tools
