// A password presented for an account, tried in the forms it may have been hashed in.
#pragma once

#include "core/service/services.hpp"

#include <string>
#include <string_view>

namespace pawl {

struct password_try {
    bool matches = false;
    bool replaces_hash = false; // it matches, and the stored hash is to become one of today's cost, of `normal`
    secret_string normal;       // in NFC; empty for a password that no account can have
};

// Verifies `typed` against the hash of `holder`; null: the name is unknown. Where `typed` is not in NFC and its NFC
// does not match, its bytes as they came are tried too, since others hash passwords as they come. So a refused try is
// one hash, or two where `typed` is not in NFC, whatever the name. A name without a way in (unknown, disabled,
// without a password) matches nothing, and costs what one of the hashes that are present costs, always the same
// (core/password/hash_costs.hpp). password_queue_full and hash_memory_unavailable where nothing was decided. Awaited
// directly: `context` outlives the call.
task<result<password_try>> try_password(const service_context& context, user_ptr holder, std::string folded,
                                        secret_string typed);

// The name that attempts on this account are counted under: its email, folded, whichever of its names was typed.
std::string account_name(const user& holder);
// The name that sign-ups with this email are counted under: they use up no login's attempts.
std::string sign_up_name(std::string_view email);

} // namespace pawl
