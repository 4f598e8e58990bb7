// Refused logins as evidence.
#pragma once

#include "core/service/services.hpp"

#include <string>
#include <string_view>

namespace pawl {

// "unrecorded before: 3 of this family, 7 of others"; empty where there were none. `what`: whose they are.
std::string unrecorded_text(const unrecorded_attempts& before, std::string_view what);

// Appends the event, unless its like was recorded just now. `holder` may be null: then no user has that name, which is
// not recorded, since people type passwords there. Nothing is waited for: a refusal does not rest on it.
void record_attempt(const service_context& context, event_kind kind, std::string_view account, const user_ptr& holder,
                    const caller& from);

} // namespace pawl
