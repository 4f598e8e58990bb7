// What the services give into JSON, as the contract spells it. No password hash, no epoch, no internals.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/port/store.hpp"
#include "core/service/services.hpp"
#include "core/text/json_text.hpp"
#include "core/user/user.hpp"

#include <span>
#include <string>
#include <vector>

namespace pawl::app {

std::string to_json(const user& u);
// Its members, into an object that has more.
json_object_writer& add_members(json_object_writer& object, const user& u);

// A session's members, likewise. `current` is true for the family `asking`.
json_object_writer& add_members(json_object_writer& object, const family_details& session, const family_id& asking);

// RFC 6749 5.1, with refresh_token_expires_in beside it.
std::string to_json(const issued_tokens& tokens);
// The same, and wipes the access token: it is told once. (The refresh token wipes itself.)
std::string to_json_and_wipe(issued_tokens& tokens);

// ["a","b"]
std::string json_array(const std::vector<std::string>& texts);

// An array in the order given. `current` is true for the family `asking`.
std::string to_json(std::span<const family_details> sessions, const family_id& asking);

std::string clock_json(timestamp_ms now, bool frozen);

} // namespace pawl::app
