// Opening a session for a user whose entitlement was proven: what a login and an operator's token have in common.
#pragma once

#include "core/service/services.hpp"

namespace pawl {

// A new family under the epoch of `holder`, durable and alive when its tokens are given out; families beyond
// --max-sessions end. Where the gate moved meanwhile but not the password, it tries again. login_failed where the user
// is gone, disabled or has another password by now; claims_too_large; storage_unavailable. Awaited directly: `context`
// outlives the call.
task<result<issued_tokens>> open_session(const service_context& context, user_ptr holder, new_session wanted);

} // namespace pawl
