// What /admin/* answers with. Hashes by kind and cost only; never a key's material.
#pragma once

#include "core/ids.hpp"
#include "core/user/user.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

// The user of the contract with enabled, hash, gate and the number of sessions that are alive.
std::string admin_user_json(const user& u, std::size_t sessions);

// `users`: elements with commas between them.
std::string user_page_json(std::string_view users, std::optional<user_id> next);

// Kind and cost of a stored hash: "argon2id m=19456,t=2,p=1", "bcrypt 12", "pbkdf2-sha256 600000"; "unknown".
std::string describe_hash(std::string_view stored);

// "none", "logout_all" ...
std::string_view to_text(gate_reason why);

} // namespace pawl::app
