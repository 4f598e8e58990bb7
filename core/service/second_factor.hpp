// Second factors at a sign-in: a code tried against the factors of a user, counted, and used up.
#pragma once

#include "core/factor/decide_login.hpp"
#include "core/service/services.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace pawl {

// At most one of the two is looked at: the TOTP where both are given. Empty: not given.
struct shown_codes {
    secret_string totp{}, recovery_code{};
    bool empty() const { return totp.empty() && recovery_code.empty(); }
};

struct accepted_factor {
    second_shown what = second_shown::nothing;
    std::uint32_t factor = 0;       // its number
    ticket wait_for = ticket::none; // the code is used up once this is durable
    std::uint8_t recovery_left = 0; // of the set, where it was one of its codes
};

// Counts the try (5 failures in 15 minutes and 20 a day of one account, from wherever they come), and uses the code up:
// of two requests that show one code, one is accepted. second_factor_failed (also for a code that was used, and for a
// user without such a factor), too_many_attempts, storage_unavailable. `holder`: the record whose password or session
// was verified. Awaited directly: `context` outlives the call.
task<result<accepted_factor>> prove_factor(const service_context& context, user_ptr holder, shown_codes shown,
                                           caller from);

// Counts a try of a second factor before it is made, and takes it back. Nothing: go ahead; else how long to wait.
std::optional<seconds> reserve_factor_try(const service_context& context, const std::string& account);
void give_back_factor_try(const service_context& context, const std::string& account);

// What a sign-in lacks.
struct wanted_factor {
    secret_string step;        // a login_step capsule
    bool is_enrolment = false; // a factor has to be set up first
    bool totp = false, recovery_code = false;
};
wanted_factor ask_for_factor(const service_context& context, const user& holder, std::string name,
                             std::optional<std::string> scope, bool is_enrolment);

// The user of a login_step that is good now, and what was asked for with it. step_expired, also where the user's
// password or factors are others by now. A refusal waits for what it rests on. Awaited directly.
struct continued_login {
    user_ptr holder;
    std::string name;
    std::optional<std::string> scope;
    bool is_enrolment = false;
};
task<result<continued_login>> continue_login(const service_context& context, const secret_string& step);

// `device` is a capsule of this user that is good now.
bool is_remembered(const service_context& context, const user& holder, const secret_string& device);
// A new one; empty where --device-ttl is 0.
secret_string remember_device(const service_context& context, user_id holder);

// Of restored and reset stores capsules are void; 0 without a registry.
std::uint64_t mark_of(const service_context& context);

// reauthentication_required where the session of `who` was not proven within --reauth-window by as much as its user
// has: with a second factor where there is one. Nothing if it was.
std::optional<failure> not_recent(const service_context& context, const principal& who, const user& current);

} // namespace pawl
