// What /admin/* answers with. Hashes by kind and cost only; never a key's material.
#pragma once

#include "app/instance/operations.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"
#include "core/service/token_report.hpp"
#include "core/user/user.hpp"
#include "storage/store/embedded_store.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// The user of the contract with enabled, hash, gate and the number of sessions that are alive.
std::string admin_user_json(const user& u, std::size_t sessions);

// `users`: elements with commas between them.
std::string user_page_json(std::string_view users, std::optional<user_id> next);

// Kind and cost of a stored hash: "argon2id m=19456,t=2,p=1", "bcrypt 12", "pbkdf2-sha256 600000"; "unknown".
std::string describe_hash(std::string_view stored);

// As /sessions has them, with what state each is in and why it is not alive; `now` decides about expiry. `entities`
// knows the names of clients, and may be null.
std::string admin_sessions_json(const std::vector<family_details>& sessions, timestamp now, const registry* entities);
std::string admin_family_json(const family_details& family, timestamp now, const registry* entities);
std::string token_report_json(const token_report& report, timestamp now);
std::string keys_json(const key_ring& ring, timestamp now);
std::string snapshot_taken_json(const storage::snapshot_report& taken);
std::string snapshots_json(const std::vector<snapshot_facts>& snapshots);

} // namespace pawl::app
