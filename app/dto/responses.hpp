// What the services give into JSON, as the contract spells it. No password hash, no epoch, no internals.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/port/store.hpp"
#include "core/service/services.hpp"
#include "core/user/user.hpp"

#include <span>
#include <string>

namespace pawl::app {

std::string to_json(const user& u);

// RFC 6749 5.1, with refresh_token_expires_in beside it.
std::string to_json(const issued_tokens& tokens);

// An array in the order given. `current` is true for the family `asking`.
std::string to_json(std::span<const family_details> sessions, const family_id& asking);

std::string clock_json(timestamp_ms now, bool frozen);

} // namespace pawl::app
