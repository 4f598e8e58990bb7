// /account/security: password, second factors, recovery codes, remembered devices, and what happened.
#include "app/handler/account_told.hpp"
#include "app/handler/account_visit.hpp"
#include "app/handler/rows.hpp"
#include "core/factor/decide_login.hpp"
#include "core/service/factor_service.hpp"
#include "core/text/plain_number.hpp"

#include <limits>
#include <utility>

namespace pawl::app {

namespace {

security_model model_of(const app_context& context, const http_request& request, const account_visit& at,
                        const told_account& told) {
    security_model model;
    model.frame = frame_of(context, request, at);
    for (const told_factor& one : told.factors.factors) {
        if (one.facts.kind == factor_kind::totp) {
            model.factors.push_back({one.facts.number, one.facts.name, one.facts.created_at, one.state.used_at});
        } else {
            model.has_codes = true;
        }
    }
    model.codes_left = told.factors.recovery_left;
    std::vector<happening> all = happened_to(*at.who.user, told);
    model.pages = page_of_list(all.size(), happenings_max, page_asked(request, page_parameter));
    for (std::size_t n = model.pages.first; n < model.pages.end; ++n) {
        model.happened.push_back(std::move(all[n]));
    }
    return model;
}

// The page, or the page again. Awaited directly.
task<http_response> security_page(app_context& context, const http_request& request, const account_visit& at,
                                  account_refusal why, std::string form) {
    if (why.elsewhere) {
        co_return *std::move(why.elsewhere);
    }
    auto telling = tell_account(context, at.who);
    const result<told_account> told = co_await std::move(telling);
    if (!told) {
        co_return account_error_page(request, at.here, told.error());
    }
    security_model model = model_of(context, request, at, *told);
    put(model.frame, why, form);
    co_return again(context, request, at, why, page_of(at.look, model));
}

task<http_response> show_security(app_context& context, const http_request& request, const account_visit& at) {
    account_refusal none;
    auto making = security_page(context, request, at, std::move(none), {});
    co_return co_await std::move(making);
}

// --- Forms.
// With a second factor the session has to be proven lately by both; without one the password in the form does.
task<result<account_note>> change_password(app_context& context, const http_request& request,
                                           const account_form& form) {
    if (has_second_factor(*form.at.who.user)) {
        auto checking = context.factors->check_recent(form.at.owner());
        const result<void> recent = co_await std::move(checking);
        if (!recent) {
            co_return recent.error();
        }
    }
    auto changing = context.accounts.change_password(form.at.who, form.secret("current_password"),
                                                     form.secret("new_password"), request.from);
    const result<void> changed = co_await std::move(changing);
    co_return changed ? result<account_note>(account_note::password) : result<account_note>(changed.error());
}

std::uint32_t number_in(std::string_view text) {
    return plain_number(text, std::numeric_limits<std::uint32_t>::max()).value_or(0); // 0 is no factor's
}

// Awaited directly.
task<result<account_note>> change_security(app_context& context, const http_request& request,
                                           const account_form& form) {
    const std::string_view act = form.text("do");
    if (act == "password") {
        auto changing = change_password(context, request, form);
        co_return co_await std::move(changing);
    }
    if (act == "remove") {
        auto removing = context.factors->remove(form.at.owner(), number_in(form.text("factor")), false, request.from);
        const result<void> removed = co_await std::move(removing);
        co_return removed ? result<account_note>(account_note::factor_removed) : result<account_note>(removed.error());
    }
    auto forgetting = context.factors->forget_devices(form.at.who, request.from);
    const result<void> forgotten = co_await std::move(forgetting);
    co_return forgotten ? result<account_note>(account_note::devices) : result<account_note>(forgotten.error());
}

// The codes are told by this answer alone.
task<http_response> make_codes(app_context& context, const http_request& request, const account_visit& at) {
    auto making = context.factors->make_recovery(at.owner(), request.from);
    result<new_recovery> made = co_await std::move(making);
    if (!made) {
        auto showing = security_page(context, request, at, refusal_of(at, made.error()), "codes");
        co_return co_await std::move(showing);
    }
    codes_model model;
    model.frame = frame_of(context, request, at);
    model.codes = std::move(made->codes);
    co_return with_cookie(context, request, at, page_of(at.look, model));
}

task<http_response> answer_security(app_context& context, const http_request& request, account_form& form) {
    const std::string act(form.text("do"));
    if (act == "codes") {
        auto making = make_codes(context, request, form.at);
        co_return co_await std::move(making);
    }
    account_refusal why = unreadable_form();
    if (act == "password" || act == "remove" || act == "devices") {
        auto changing = change_security(context, request, form);
        const result<account_note> changed = co_await std::move(changing);
        if (changed) {
            co_return done(context, request, form.at, account_place::security, *changed);
        }
        why = refusal_of(form.at, changed.error());
    }
    // A form of a factor that is gone is not on the page any more.
    auto showing = security_page(context, request, form.at, std::move(why), act == "remove" ? std::string() : act);
    co_return co_await std::move(showing);
}

// --- /account/security/totp: a TOTP is offered, then confirmed. A page that is loaded again offers another one, for
// nothing of an offer is stored.
http_response offer_page(const app_context& context, const http_request& request, const account_visit& at,
                         const offered_totp& offered, const account_refusal& why, std::string_view name) {
    offer_model model;
    model.frame = frame_of(context, request, at);
    put(model.frame, why, "confirm");
    model.capsule = offered.capsule.reveal();
    model.secret = offered.secret.reveal();
    model.uri = offered.uri.reveal();
    model.name = name;
    return again(context, request, at, why, page_of(at.look, model));
}

// Where nothing can be offered, the page of all factors says so. Awaited directly.
task<http_response> no_offer(app_context& context, const http_request& request, const account_visit& at, failure why) {
    account_refusal refused = refusal_of(at, why);
    if (refused.elsewhere) {
        co_return *std::move(refused.elsewhere);
    }
    account_visit there = at;
    there.here = account_place::security;
    auto showing = security_page(context, request, there, std::move(refused), {});
    co_return co_await std::move(showing);
}

task<http_response> show_offer(app_context& context, const http_request& request, const account_visit& at) {
    auto offering = context.factors->offer_totp(at.owner());
    const result<offered_totp> offered = co_await std::move(offering);
    if (!offered) {
        auto refusing = no_offer(context, request, at, offered.error());
        co_return co_await std::move(refusing);
    }
    co_return offer_page(context, request, at, *offered, account_refusal{}, {});
}

// The same offer again where it is still good, else another one. Awaited directly.
task<http_response> offer_once_more(app_context& context, const http_request& request, const account_form& form,
                                    account_refusal why) {
    if (why.elsewhere) {
        co_return *std::move(why.elsewhere);
    }
    auto offering = context.factors->offer_again(form.at.owner(), form.secret("capsule"));
    result<offered_totp> offered = co_await std::move(offering);
    if (!offered || why.problem == account_problem::offer_expired) {
        auto renewing = context.factors->offer_totp(form.at.owner());
        offered = co_await std::move(renewing);
    }
    if (!offered) {
        auto refusing = no_offer(context, request, form.at, offered.error());
        co_return co_await std::move(refusing);
    }
    co_return offer_page(context, request, form.at, *offered, why, form.text("name"));
}

task<http_response> confirm_offer(app_context& context, const http_request& request, account_form& form) {
    auto checking = context.factors->check_recent(form.at.owner());
    const result<void> recent = co_await std::move(checking);
    if (!recent) {
        auto refusing = no_offer(context, request, form.at, recent.error());
        co_return co_await std::move(refusing);
    }
    if (form.text("do") != "confirm") {
        auto showing = offer_once_more(context, request, form, unreadable_form());
        co_return co_await std::move(showing);
    }
    auto confirming = context.factors->confirm_totp(form.at.who, form.secret("capsule"), form.secret("totp"),
                                                    std::string(form.text("name")), request.from);
    const result<user_factor> confirmed = co_await std::move(confirming);
    if (!confirmed) {
        auto showing = offer_once_more(context, request, form, refusal_of(form.at, confirmed.error()));
        co_return co_await std::move(showing);
    }
    // Password and code were shown within the window: the browser's session says so from now on.
    auto raising = context.web_sessions->visit_with_factor(session_cookie_in(context, request), request.from);
    result<web_visit> raised = co_await std::move(raising);
    if (raised) {
        form.at.visit = *std::move(raised);
    }
    co_return done(context, request, form.at, account_place::security, account_note::factor_added);
}

using enum http_method;

constexpr refusal_list shown = refuses_by_page(in_other_words(request_problem::not_found), errc::storage_unavailable);
constexpr refusal_list sent = refuses_by_page(shown, in_other_words(request_problem::forbidden_origin),
                                              errc::validation_failed, errc::too_many_attempts, errc::too_many_factors);

constexpr route rows[] = {
    {get, "/account/security", shown_at<account_place::security, show_security>, "account_security", shown},
    {post, "/account/security", sent_at<account_place::security, answer_security>, "account_change_security",
     refuses_by_page(sent, errc::factor_not_found, errc::password_queue_full, errc::hash_memory_unavailable)},
    {get, "/account/security/totp", shown_at<account_place::offer, show_offer>, "account_offer_totp",
     refuses_by_page(shown, errc::too_many_factors)},
    {post, "/account/security/totp", sent_at<account_place::offer, confirm_offer>, "account_confirm_totp", sent},
};

} // namespace

constinit const row_list account_security_rows(rows);

} // namespace pawl::app
