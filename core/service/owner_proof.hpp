// Who says that an account is theirs proves it by its password.
#pragma once

#include "core/service/services.hpp"

#include <optional>

namespace pawl {

// Throttles, then verifies `typed` against this record, whatever is asked: one hash, or two, by the form of the
// password alone. Nothing where it is right; wrong_password, too_many_attempts, password_queue_full,
// hash_memory_unavailable, storage_unavailable. A record of a user who can't sign in matches nothing. Awaited
// directly: `context` outlives the call.
task<result<void>> prove_password(const service_context& context, user_ptr record, secret_string typed, caller from);

// The same of a signed-in user, against the record as it is now, which it gives: the hash in it is the one that was
// verified. invalid_access_token where the session is dead by now.
task<result<user_ptr>> prove_owner(const service_context& context, principal who, secret_string typed, caller from);

// A proof holds only for the very hash that was verified. Where that is no longer the stored one, the password was
// changed meanwhile (wrong_password) or, under an unmoved gate, only rehashed: then the same request will do.
std::optional<failure> proof_is_stale(const user& verified, const user& current);

} // namespace pawl
