// A name and a password tried as a login: throttled, counted, recorded. What all ways to sign in with a password share.
#pragma once

#include "core/service/services.hpp"

#include <optional>
#include <string>

namespace pawl {

// Counts the attempt and tries the password (password_try.hpp). Gives the record whose hash was verified; where cost
// changed, the one with a hash of today's. `name` is an email or a username. login_failed, too_many_attempts,
// password_queue_full, hash_memory_unavailable, storage_unavailable. Awaited directly: `context` outlives the call.
task<result<user_ptr>> verify_login(const service_context& context, std::string name, secret_string password,
                                    caller from);

// The same for a sign-in. A right password of a user who is not let in yet: approval_pending, email_not_verified. A
// wrong one is never told so.
task<result<user_ptr>> verify_sign_in(const service_context& context, std::string name, secret_string password,
                                      caller from);

// Counts how the login ended that was verified before; std::nullopt: it gave a session.
void count_login(const service_context& context, std::optional<errc> why);

} // namespace pawl
