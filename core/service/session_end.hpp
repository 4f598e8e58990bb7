// Why a session is no more, for its user. Pure.
#pragma once

#include "core/port/family_port.hpp"

#include <cstdint>

namespace pawl {

enum class session_end : std::uint8_t {
    none, // it lives
    signed_out,
    token_came_back, // an old token or code was used once more, or one that there can't be yet
    by_operator,
    gave_way, // the user had too many
    replaced, // by a step-up
    expired,
    all_ended, // with every other session of the user, by the user or an operator
    password_changed,
    disabled,
    restored,     // the store came back from a backup
    by_client,    // its application is no more, or ended it
    withdrawn,    // its user withdrew what the application may
    with_browser, // the browser session ended that it hung on
};

// As seen at `now`. What was done to the session itself goes before what was done to all of its user.
session_end end_of(const family_state& seen, timestamp now);

} // namespace pawl
