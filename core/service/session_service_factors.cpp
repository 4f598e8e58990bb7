// Sign-in in one step or two, and step-up: a right password, a second factor where one is wanted, then a family.
#include "core/service/session_service.hpp"

#include "core/family/decide.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/end_family.hpp"
#include "core/service/family_evidence.hpp"
#include "core/service/open_session.hpp"
#include "core/service/password_login.hpp"
#include "core/service/second_factor.hpp"
#include "core/service/user_change.hpp"
#include "core/service/user_scopes.hpp"
#include "core/token/refresh_token.hpp"

#include <utility>

namespace pawl {

namespace {

// Told of sessions of users who have factors alone: one of a plain password login takes no more memory than before.
void tell(new_session& wanted, const user& holder, const login_decision& proven) {
    if (proven.acr >= acr_two_factors || has_second_factor(holder)) {
        wanted.acr = proven.acr;
        wanted.amr = proven.amr;
    }
}

// What is left once all was shown: a family, and what the code's use waits for. Awaited directly.
task<result<login_answer>> open_proven(const service_context& context, user_ptr holder, new_session wanted,
                                       accepted_factor used, bool remembers) {
    login_answer out;
    const user_id id = holder->id;
    task<result<issued_tokens>> opening = open_session(context, std::move(holder), std::move(wanted));
    result<issued_tokens> opened = co_await std::move(opening);
    count_login(context, opened ? std::nullopt : std::optional(opened.error().code));
    if (!opened) {
        co_return opened.error();
    }
    // The family's record came later, so this one is on disk: but that is for the log to say.
    task<bool> wait = context.data.durable(used.wait_for);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    out.tokens = *std::move(opened);
    if (remembers && used.what != second_shown::nothing) {
        out.device = remember_device(context, id);
    }
    co_return out;
}

login_answer asks(const service_context& context, const user& holder, std::string name,
                  std::optional<std::string> scope, bool is_enrolment) {
    login_answer out;
    out.wanted = ask_for_factor(context, holder, std::move(name), std::move(scope), is_enrolment);
    return out;
}

} // namespace

task<result<login_answer>> session_service::sign_in(std::string name, secret_string password, new_session wanted,
                                                    shown_codes codes, secret_string device, bool remembers) {
    task<result<user_ptr>> verifying = verify_sign_in(context_, name, std::move(password), wanted.from);
    result<user_ptr> verified = co_await std::move(verifying);
    if (!verified) {
        co_return verified.error();
    }
    user_ptr holder = *std::move(verified);
    accepted_factor used;
    if (has_second_factor(*holder) && context_.settings.require_factor != factor_policy::none && !codes.empty()) {
        task<result<accepted_factor>> proving = prove_factor(context_, holder, std::move(codes), wanted.from);
        const result<accepted_factor> proven = co_await std::move(proving);
        if (!proven) {
            co_return proven.error();
        }
        used = *proven;
    }
    const login_decision decided =
        decide_login(*holder, used.what, is_remembered(context_, *holder, device), context_.settings.require_factor);
    if (decided.what != login_verdict::done) {
        const result<ticket> rests = context_.data.observe_user(holder->id, holder->version);
        task<result<void>> accepted = acceptance(context_.data, rests);
        const result<void> stands = co_await std::move(accepted);
        if (!stands) {
            co_return stands.error();
        }
        co_return asks(context_, *holder, std::move(name), std::move(wanted.scope),
                       decided.what == login_verdict::enrolment);
    }
    tell(wanted, *holder, decided);
    task<result<login_answer>> opening = open_proven(context_, std::move(holder), std::move(wanted), used, remembers);
    co_return co_await std::move(opening);
}

task<result<login_answer>> session_service::sign_in_step(secret_string step, shown_codes codes, bool remembers,
                                                         token_client client, caller from) {
    task<result<continued_login>> continuing = continue_login(context_, step);
    result<continued_login> begun = co_await std::move(continuing);
    if (!begun) {
        co_return begun.error();
    }
    if (begun->is_enrolment && !has_second_factor(*begun->holder)) {
        co_return errc::enrolment_required;
    }
    task<result<accepted_factor>> proving = prove_factor(context_, begun->holder, std::move(codes), from);
    const result<accepted_factor> proven = co_await std::move(proving);
    if (!proven) {
        co_return proven.error();
    }
    new_session wanted{std::move(client), std::move(from), std::move(begun->scope)};
    tell(wanted, *begun->holder, decide_login(*begun->holder, proven->what, false, context_.settings.require_factor));
    task<result<login_answer>> opening =
        open_proven(context_, std::move(begun->holder), std::move(wanted), *proven, remembers);
    co_return co_await std::move(opening);
}

namespace {

// The session that is replaced, as it stands; the scopes of its tokens.
result<new_session> session_like(const service_context& context, const family_state& old, token_client client,
                                 caller from) {
    new_session wanted{std::move(client), std::move(from)};
    const catalogue_ptr defined = old.facts.grant.scopes.empty() ? nullptr : defined_scopes(context);
    if (defined != nullptr) {
        wanted.scope = scope_text(*defined, old.facts.grant.scopes);
    }
    return wanted;
}

// Ends the old session; where another has ended it meanwhile, the new one must not outlive that: it ends, too.
task<result<void>> supersede(const service_context& context, principal who, const issued_tokens& fresh, caller from) {
    const result<ended_family> ended = end_family(context, who.session, family_status::superseded, from);
    if (!ended) {
        co_return ended.error();
    }
    if (ended->ended_here) {
        ticket noted = record_own_act(context, event_kind::stepped_up, who.user->id, from);
        task<result<void>> accepted = acceptance(context.data, later(ended->wait_for, noted));
        co_return co_await std::move(accepted);
    }
    const key_ring_ptr keys = context.keys();
    const std::optional<refresh_token_place> place = check_refresh_token(*keys, fresh.refresh_token.reveal());
    const result<ended_family> other =
        place ? end_family(context, place->family, family_status::logout, from) : result<ended_family>(ended_family{});
    if (!other) {
        co_return other.error();
    }
    task<failure> refused = refusal(context.data, errc::invalid_access_token, later(ended->wait_for, other->wait_for));
    co_return co_await std::move(refused);
}

} // namespace

task<result<issued_tokens>> session_service::step_up(principal who, secret_string password, shown_codes codes,
                                                     std::uint8_t acr_wanted, caller from) {
    const std::optional<family_state> old = context_.data.find_family(who.session);
    user_ptr holder = context_.data.find_user(who.user->id);
    if (!old || !holder) {
        const result<ticket> gone = rests_on_session(context_, who);
        task<failure> refused = refusal(context_.data, errc::invalid_access_token, gone);
        co_return co_await std::move(refused);
    }
    if (codes.empty() && acr_wanted >= acr_two_factors) {
        co_return errc::second_factor_required;
    }
    if (!password.empty()) {
        task<result<user_ptr>> verifying = verify_login(context_, holder->email, std::move(password), from);
        result<user_ptr> verified = co_await std::move(verifying);
        if (!verified) {
            co_return verified.error().code == errc::login_failed ? failure(errc::wrong_password) : verified.error();
        }
        if ((*verified)->id != holder->id) { // its email is another's since
            co_return errc::invalid_access_token;
        }
        holder = *std::move(verified);
    }
    accepted_factor used;
    if (!codes.empty()) {
        task<result<accepted_factor>> proving = prove_factor(context_, holder, std::move(codes), from);
        const result<accepted_factor> proven = co_await std::move(proving);
        if (!proven) {
            co_return proven.error();
        }
        used = *proven;
    }
    result<new_session> wanted = session_like(context_, *old, first_party(), from);
    if (!wanted) {
        co_return wanted.error();
    }
    // A session was begun by a password, so a code beside it makes two factors.
    const login_decision proven = decide_login(*holder, used.what, true, context_.settings.require_factor);
    tell(*wanted, *holder, proven);
    task<result<login_answer>> opening = open_proven(context_, holder, *std::move(wanted), used, false);
    result<login_answer> opened = co_await std::move(opening);
    if (!opened) {
        co_return opened.error().code == errc::login_failed ? failure(errc::invalid_access_token) : opened.error();
    }
    task<result<void>> ending = supersede(context_, who, opened->tokens, from);
    const result<void> ended = co_await std::move(ending);
    if (!ended) {
        co_return ended.error();
    }
    co_return std::move(opened->tokens);
}

} // namespace pawl
