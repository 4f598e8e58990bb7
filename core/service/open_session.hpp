// Opening a session for a user whose entitlement was proven: what a login, an operator's token and a sign-in at the
// pages have in common.
#pragma once

#include "core/service/durable_answer.hpp"
#include "core/service/services.hpp"
#include "core/service/user_scopes.hpp"
#include "core/user/names.hpp"

#include <optional>
#include <type_traits>
#include <utility>

namespace pawl {

// A new family under the epoch of `holder`, durable and alive when its tokens are given out; families beyond
// --max-sessions end. Where the gate moved meanwhile but not the password, it tries again. login_failed where the user
// is gone, disabled or has another password by now; claims_too_large; storage_unavailable. Awaited directly: `context`
// outlives the call.
task<result<issued_tokens>> open_session(const service_context& context, user_ptr holder, new_session wanted);

// How many families one sign-in may open because the gate moved (or its family was evicted) while each became durable.
inline constexpr unsigned openings_max = 4;

// The record to try again with after a family opened under `holder` was found dead: the current one, if the password is
// still the one that was verified and this very family was not ended. Else null. `opened`: null where it says nothing
// that it ended.
user_ptr still_entitled(const service_context& context, const user& holder, const family_state* opened);

// What `open(holder)` gives, once it is durable and its family is alive under the epoch of the holder whose password
// was verified. `open` changes memory alone, and gives a result of a value with
//   family_id id; ticket wait_for; bool is_new; // false: the family was there, and may be ended by others
// user_not_found where the user was removed. Errors as open_session(). Awaited directly: the references outlive the
// call.
template <class Open>
auto open_durably(const service_context& context, user_ptr holder, const Open& open)
    -> task<std::invoke_result_t<const Open&, const user_ptr&>> {
    for (unsigned opening = 0; opening < openings_max; ++opening) {
        if (!holder->gate.is_open_to(family_id{}, holder->gate.epoch)) { // no epoch is left
            const result<ticket> rests = context.data.observe_user(holder->id, holder->version);
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        auto opened = open(holder);
        if (!opened && opened.error().code == errc::user_not_found) { // removed since its password was verified
            const result<ticket> rests = context.data.observe_absence(fold_login_name(holder->email));
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        if (!opened && rests_on_user(opened.error().code)) {
            task<failure> refused = refusal(context.data, opened.error(), observe_owner(context, holder->id));
            co_return co_await std::move(refused);
        }
        if (!opened) {
            co_return opened.error();
        }
        task<bool> wait = context.data.durable(opened->wait_for);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return storage_failure();
        }
        const std::optional<family_state> after = context.data.find_family(opened->id);
        if (after && alive(*after, context.time.now()) && after->gate.epoch == holder->gate.epoch) {
            co_return opened;
        }
        user_ptr current = still_entitled(context, *holder, after && opened->is_new ? &*after : nullptr);
        if (!current) {
            const result<ticket> rests = after ? rests_on(context, *after) : result<ticket>(ticket::none);
            task<failure> refused = refusal(context.data, errc::login_failed, rests);
            co_return co_await std::move(refused);
        }
        holder = std::move(current);
    }
    co_return storage_failure();
}

} // namespace pawl
