// An operator's look at sessions, and their end.
#include "core/family/decide.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/open_session.hpp"
#include "core/service/user_change.hpp"
#include "core/token/refresh_token.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

task<result<std::vector<family_details>>> admin_service::sessions_of(user_id id) {
    std::vector<family_details> sessions = context_.data.families_of(id);
    const user_ptr owner = context_.data.find_user(id);
    if (sessions.empty() && !owner) {
        co_return errc::user_not_found;
    }
    ticket wait_for = ticket::none;
    for (const family_details& f : sessions) {
        const result<ticket> rests = rests_on(context_, f.state);
        if (!rests) {
            co_return rests.error();
        }
        wait_for = later(wait_for, *rests);
    }
    std::sort(sessions.rbegin(), sessions.rend(), &used_before);
    task<result<void>> accepted = acceptance(context_.data, wait_for);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return std::move(sessions);
}

task<result<family_details>> admin_service::find_session(family_id id) {
    const std::optional<family_details> found = context_.data.find_family_details(id);
    if (!found) {
        co_return errc::session_not_found;
    }
    task<result<void>> accepted = acceptance(context_.data, rests_on(context_, found->state));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return *found;
}

task<result<void>> admin_service::end_session(operator_caller by, family_id id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const std::optional<family_state> target = context_.data.find_family(id);
    if (!target) {
        co_return errc::session_not_found;
    }
    const result<ended_family> ended = end_family(context_, id, family_status::admin, by.from);
    if (!ended) {
        co_return ended.error();
    }
    ticket wait_for = ended->wait_for;
    if (ended->ended_here) {
        wait_for = later(wait_for, record_act(context_, by, event_kind::session_ended, target->facts.user, id, {}));
    }
    task<result<void>> accepted = acceptance(context_.data, wait_for);
    co_return co_await std::move(accepted);
}

task<result<void>> admin_service::logout(operator_caller by, user_id id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const user_edit_function close = [&](user& u) -> result<user_edit> {
        close_gate(u, gate_reason::logout_all, family_id{}, context_.time.now());
        return user_edit::replace;
    };
    user_change change = pawl::change_user(context_.data, id, close);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_revocation(context_, id, by.from));
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::user_logged_out, id, family_id{}, {}));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

task<result<issued_tokens>> admin_service::mint_session(operator_caller by, user_id id, std::string client) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    user_ptr holder = context_.data.find_user(id);
    if (!holder || !holder->gate.enabled) {
        const errc why = errc::user_not_found;
        const result<ticket> rests =
            holder ? context_.data.observe_user(id, holder->version) : result<ticket>(ticket::none);
        task<failure> refused = refusal(context_.data, why, rests);
        co_return co_await std::move(refused);
    }
    new_session wanted{first_party(), by.from};
    if (!client.empty()) {
        wanted.from.agent = std::move(client);
    }
    task<result<issued_tokens>> opening = open_session(context_, std::move(holder), std::move(wanted));
    result<issued_tokens> opened = co_await std::move(opening);
    if (!opened) {
        co_return opened.error().code == errc::login_failed ? failure(errc::user_not_found) : opened.error();
    }
    const key_ring_ptr keys = context_.keys();
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, opened->refresh_token.reveal());
    const family_id session = place ? place->family : family_id{};
    const ticket noted = record_act(context_, by, event_kind::session_minted, id, session, {});
    task<result<void>> accepted = acceptance(context_.data, noted);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return opened;
}

task<result<token_report>> admin_service::inspect(secret_string token) {
    const token_report report = inspect_token(context_, token.reveal());
    const result<ticket> rests =
        report.details ? rests_on(context_, report.details->state) : result<ticket>(ticket::none);
    task<result<void>> accepted = acceptance(context_.data, rests);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return report;
}

task<result<void>> admin_service::record(operator_caller by, event_kind what, std::string about) {
    const ticket noted = record_act(context_, by, what, user_id{}, family_id{}, std::move(about));
    task<result<void>> accepted = acceptance(context_.data, noted);
    co_return co_await std::move(accepted);
}

} // namespace pawl
