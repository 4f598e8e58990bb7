// Changing a user record: compare-exchange on its version, re-applied to the fresh record on a miss, so that no update
// of another request is ever lost.
#pragma once

#include "core/service/services.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace pawl {

enum class user_edit : std::uint8_t {
    replace, // the edited copy is to become the record
    keep,    // nothing to change: the record is as wanted already
};

// Edits a copy of the current record, or refuses. Called once per try, each time on a fresh copy; decides on that copy
// alone, since that is what the compare-exchange makes atomic. Does not touch `version`.
using user_edit_function = std::function<result<user_edit>(user&)>;

struct user_change {
    user_ptr record; // as it is now; null where refused
    std::optional<failure>
        refused; // what `edit` said, user_not_found, username_taken, email_taken, storage_unavailable
    bool replaced = false;
    ticket wait_for = ticket::none; // what this outcome rests on, refusals too
};

user_change change_user(store& data, user_id id, const user_edit_function& edit);

// The same where mails go with the change (core/service/mail_service.hpp makes them): they wait exactly if the record
// is replaced. `mails` is empty at each try, at most mails_of_a_change_max may be added; to the address of the copy
// before or after the edit, as the mail wants it.
using mailing_edit_function = std::function<result<user_edit>(user&, std::vector<mail>& mails)>;
user_change change_user(store& data, user_id id, const mailing_edit_function& edit);

// Waits for what the outcome rests on. Awaited directly: `data` outlives the call.
task<result<user_ptr>> settle(store& data, user_change change);

// Closes the gate on every family of the user but `survivor` (all zero: on every one).
void close_gate(user& u, gate_reason why, const family_id& survivor, timestamp now);
// The user is gone: what is kept keeps its families dead.
void make_tombstone(user& u, timestamp now);

// Whether the session `who` speaks through may act for its user under this very record: a request that was
// authenticated before a revocation must not act after it. Nothing if it may, else invalid_access_token.
std::optional<failure> not_admitted(const service_context& context, const principal& who, const user& current);

// What a refusal rests on that says the session of `who` is dead: its word and the gate, a tombstone's too.
result<ticket> rests_on_session(const service_context& context, const principal& who);

// What a user did of themselves: `kind` says what. What it returns is to be waited for with the change.
ticket record_own_act(const service_context& context, event_kind kind, user_id id, const caller& from);
// The sessions_revoked event. In the same way.
ticket record_revocation(const service_context& context, user_id id, const caller& from);

// A change asked for by a signed-in user: refuses by not_admitted first, then edits. An account that is gone by now
// gives invalid_access_token, as its tokens do.
user_change change_own_user(const service_context& context, const principal& who, const user_edit_function& edit);
user_change change_own_user(const service_context& context, const principal& who, const mailing_edit_function& edit);

} // namespace pawl
