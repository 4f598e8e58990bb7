// Ending and listing sessions. Login and refresh have files of their own.
#include "core/service/session_service.hpp"

#include "core/family/decide.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/user_change.hpp"
#include "core/token/refresh_token.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pawl {

task<result<void>> session_service::logout(secret_string token, caller from) {
    const key_ring_ptr keys = context_.keys();
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, token.reveal());
    if (!place) {
        co_return result<void>(); // nothing of ours: there is nothing left to end (RFC 7009 2.2)
    }
    task<result<void>> ending = logout_session(place->family, std::move(from));
    co_return co_await std::move(ending);
}

task<result<void>> session_service::logout_session(family_id session, caller from) {
    task<result<void>> ending = log_out_family(context_, session, family_status::logout, from);
    co_return co_await std::move(ending);
}

namespace {

// One user record that ends every family but `survivor`, and its event. Awaited directly: `context` outlives the call.
task<result<void>> revoke_all_but(const service_context& context, principal who, family_id survivor, caller from) {
    const user_edit_function close = [&](user& u) -> result<user_edit> {
        close_gate(u, gate_reason::logout_all, survivor, context.time.now());
        return user_edit::replace;
    };
    user_change change = change_own_user(context, who, close);
    if (change.replaced) {
        context.counters.logouts.fetch_add(1, std::memory_order_relaxed);
        change.wait_for = later(change.wait_for, record_revocation(context, who.user->id, from));
    }
    task<result<user_ptr>> settling = settle(context.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

} // namespace

task<result<void>> session_service::logout_all(principal who, caller from) {
    task<result<void>> revoking = revoke_all_but(context_, std::move(who), family_id{}, std::move(from));
    co_return co_await std::move(revoking);
}

task<result<void>> session_service::end_others(principal who, caller from) {
    const family_id survivor = who.session;
    task<result<void>> revoking = revoke_all_but(context_, std::move(who), survivor, std::move(from));
    co_return co_await std::move(revoking);
}

task<result<std::vector<family_details>>> session_service::list(principal who) {
    const timestamp now = context_.time.now();
    std::vector<family_details> sessions = context_.data.living_families_of(who.user->id, now);
    // What is shown and what is left out both rest on words that may be newer than the disk.
    ticket wait_for = ticket::none;
    for (const family_details& f : sessions) {
        const result<ticket> rests = rests_on(context_, f.state);
        if (!rests) {
            co_return rests.error();
        }
        wait_for = later(wait_for, *rests);
    }
    std::erase_if(sessions, [&](const family_details& f) { return !alive(f.state, now); });
    std::sort(sessions.rbegin(), sessions.rend(), &used_before);
    task<bool> wait = context_.data.durable(wait_for);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    co_return std::move(sessions);
}

task<result<void>> session_service::end(principal who, family_id session, caller from) {
    const std::optional<family_state> own = context_.data.find_family(who.session);
    const timestamp now = context_.time.now();
    if (!own || !alive(*own, now)) { // revoked since it was authenticated
        const result<ticket> rests = rests_on_session(context_, who);
        task<failure> refused = refusal(context_.data, errc::invalid_access_token, rests);
        co_return co_await std::move(refused);
    }
    const std::optional<family_state> target = context_.data.find_family(session);
    if (!target || target->facts.user != who.user->id) {
        co_return errc::session_not_found; // rests on facts that never change
    }
    const result<ended_family> ended = end_family(context_, session, family_status::logout, from);
    if (!ended) {
        co_return ended.error();
    }
    if (!ended->ended_here) {
        task<failure> refused = refusal(context_.data, errc::session_not_found, ended->wait_for);
        co_return co_await std::move(refused);
    }
    context_.counters.logouts.fetch_add(1, std::memory_order_relaxed);
    task<result<void>> accepted = acceptance(context_.data, ended->wait_for);
    co_return co_await std::move(accepted);
}

} // namespace pawl
