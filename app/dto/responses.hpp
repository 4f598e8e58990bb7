// What the services give into JSON, as the contract spells it. No password hash, no epoch, no internals.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"
#include "core/service/services.hpp"
#include "core/text/json_text.hpp"
#include "core/user/user.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

std::string to_json(const user& u);
// Its members, into an object that has more.
json_object_writer& add_members(json_object_writer& object, const user& u);

// A session's members, in the same way. `current` is true for the family `asking`.
json_object_writer& add_members(json_object_writer& object, const family_details& session, const family_id& asking);

// The name of a client: `pawl`, `pawl-web`, or its client_id; its number where it is not known. `entities` may be null.
std::string client_name(const registry* entities, client_number client);
// "browser" or "client"; empty: the first party.
std::string_view session_kind(client_number client);
// The session's kind, and of a client's its name; nothing of one of the first party.
json_object_writer& add_kind(json_object_writer& object, const family_facts& facts, const registry* entities);

// RFC 6749 5.1, with refresh_token_expires_in beside it.
std::string to_json(const issued_tokens& tokens);
// The same, and wipes the access token: it is told once. (The refresh token wipes itself.)
std::string to_json_and_wipe(issued_tokens& tokens);

// ["a","b"]
std::string json_array(const std::vector<std::string>& texts);

// An array in the order given. `current` is true for the family `asking`.
std::string to_json(std::span<const family_details> sessions, const family_id& asking,
                    const registry* entities = nullptr);

std::string clock_json(timestamp_ms now, bool frozen);

} // namespace pawl::app
