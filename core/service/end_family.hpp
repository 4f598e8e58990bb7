// Ending one family: what logout, DELETE /sessions/{id} and eviction have in common.
#pragma once

#include "core/service/services.hpp"

namespace pawl {

struct ended_family {
    bool known = false;             // the family is in the map
    bool ended_here = false;        // this call ended it; else it had ended already
    ticket wait_for = ticket::none; // what "it is dead" rests on
};

// Compare-exchanges the word to `why` unless the family has ended already: the word is not live, or the gate is closed
// on it for good. One that has only expired is ended, too: it would live again where the clock that expired it was
// wrong. storage_unavailable.
result<ended_family> end_family(const service_context& context, const family_id& id, family_status why,
                                const caller& from);

// Ends it for a user or a client who asked for that, and counts it: success, too, where it is unknown or has ended
// already (RFC 7009 2.2). What it says is durable. Awaited directly.
task<result<void>> log_out_family(const service_context& context, const family_id& id, family_status why,
                                  const caller& from);

// The refusal of what the family was made for, once it has ended durably for `reason`: `why`, or storage_unavailable.
// Awaited directly.
task<failure> refuse_and_end(const service_context& context, failure why, const family_id& id, family_status reason,
                             const caller& from);

} // namespace pawl
