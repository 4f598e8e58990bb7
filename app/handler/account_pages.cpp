// /account and /account/sessions: the profile and the sessions of who is signed in at this browser.
#include "app/dto/account_copy.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/account_visit.hpp"
#include "app/handler/rows.hpp"
#include "core/service/link_service.hpp"
#include "core/service/mail_cause.hpp"

#include <utility>

namespace pawl::app {

namespace {

// --- /account.
profile_model profile_of(const app_context& context, const http_request& request, const account_visit& at) {
    const user& u = *at.who.user;
    profile_model model;
    model.frame = frame_of(context, request, at);
    model.username = u.username;
    model.first_name = u.first_name;
    model.surname = u.surname;
    model.email = u.email;
    model.email_verified = u.email_verified;
    model.sends_mail = context.links != nullptr && context.mails != nullptr;
    model.locale = u.locale;
    return model;
}

task<http_response> show_profile(app_context& context, const http_request& request, const account_visit& at) {
    co_return with_cookie(context, request, at, page_of(at.look, profile_of(context, request, at)));
}

std::string text_of(const account_form& form, std::string_view name) {
    return std::string(form.text(name));
}

// Absent: as it was.
std::optional<std::string> given(const account_form& form, std::string_view name) {
    const parameter* const found = form.fields ? form.fields->find(name) : nullptr;
    return found == nullptr ? std::nullopt : std::optional<std::string>(found->text.reveal());
}

// The page again, with what was typed but for secrets.
http_response profile_again(const app_context& context, const http_request& request, const account_form& form,
                            const account_refusal& why) {
    if (why.elsewhere) {
        return *why.elsewhere;
    }
    const std::string_view act = form.text("do");
    profile_model model = profile_of(context, request, form.at);
    app::put(model.frame, why, act);
    if (act == "profile") {
        model.username = form.text("username");
        model.first_name = form.text("first_name");
        model.surname = form.text("surname");
    } else if (act == "email") {
        model.new_email = form.text("new_email");
    }
    return again(context, request, form.at, why, page_of(form.at.look, model));
}

// What the form asks for. Awaited directly: `form` outlives the call.
task<result<account_note>> change_account(app_context& context, const http_request& request, const account_form& form) {
    const std::string_view act = form.text("do");
    principal who = form.at.who;
    if (act == "language") {
        auto setting = context.web_sessions->set_language(std::move(who), text_of(form, "language"));
        const result<user_ptr> set = co_await std::move(setting);
        co_return set ? result<account_note>(account_note::saved) : result<account_note>(set.error());
    }
    if (act == "profile") {
        profile_change change;
        change.username = text_of(form, "username");
        change.first_name = given(form, "first_name");
        change.surname = given(form, "surname");
        auto changing = context.accounts.change_profile(std::move(who), std::move(change), request.from);
        const result<user_ptr> changed = co_await std::move(changing);
        co_return changed ? result<account_note>(account_note::saved) : result<account_note>(changed.error());
    }
    if (context.links == nullptr) {
        co_return errc::mail_off;
    }
    if (act == "email") {
        auto asking = context.links->ask_change(std::move(who), form.secret("current_password"),
                                                text_of(form, "new_email"), request.from);
        const result<void> asked = co_await std::move(asking);
        co_return asked ? result<account_note>(account_note::link_sent) : result<account_note>(asked.error());
    }
    auto asking = context.links->ask_verification(std::move(who), request.from);
    const result<void> asked = co_await std::move(asking);
    co_return asked ? result<account_note>(account_note::verification_sent) : result<account_note>(asked.error());
}

task<http_response> change_profile(app_context& context, const http_request& request, account_form& form) {
    const std::string_view act = form.text("do");
    if (act != "profile" && act != "language" && act != "email" && act != "verify") {
        co_return profile_again(context, request, form, unreadable_form());
    }
    auto changing = change_account(context, request, form);
    const result<account_note> changed = co_await std::move(changing);
    if (!changed) {
        co_return profile_again(context, request, form, refusal_of(form.at, changed.error()));
    }
    co_return done(context, request, form.at, account_place::profile, *changed);
}

// --- /account/sessions.
session_line line_of(const app_context& context, const account_visit& at, const family_details& f) {
    session_line line;
    line.id = to_hex(f.state.facts.id);
    line.agent = f.last_use.agent;
    line.network = network_text(f.last_use.address);
    line.client = f.state.facts.client;
    const client_ptr known = context.entities->find_client(f.state.facts.client);
    line.client_name = known ? known->name : std::string();
    line.begun = f.state.facts.created_at;
    line.used = f.last_use.at;
    line.is_current = f.state.facts.id == at.who.session;
    line.why = end_of(f.state, context.time.now());
    return line;
}

struct told_sessions {
    std::vector<family_details> living, ended;
};
task<result<told_sessions>> sessions_of(app_context& context, principal who) {
    auto listing = context.sessions.list(who);
    auto living = co_await std::move(listing);
    if (!living) {
        co_return living.error();
    }
    auto remembering = context.web_sessions->list_ended(who.user->id, copied_sessions_max);
    auto ended = co_await std::move(remembering);
    if (!ended) {
        co_return ended.error();
    }
    co_return told_sessions{*std::move(living), *std::move(ended)};
}

// Awaited directly.
task<http_response> sessions_page(app_context& context, const http_request& request, const account_visit& at,
                                  account_refusal why) {
    auto listing = sessions_of(context, at.who);
    const result<told_sessions> told = co_await std::move(listing);
    if (!told) {
        co_return account_error_page(request, at.here, told.error());
    }
    sessions_model model;
    model.frame = frame_of(context, request, at);
    app::put(model.frame, why, {});
    model.count = told->living.size();
    model.living_pages = page_of_list(told->living.size(), sessions_shown_max, page_asked(request, page_parameter));
    for (std::size_t n = model.living_pages.first; n < model.living_pages.end; ++n) {
        model.living.push_back(line_of(context, at, told->living[n]));
    }
    model.ended_pages = page_of_list(told->ended.size(), ended_shown_max, page_asked(request, ended_parameter));
    for (std::size_t n = model.ended_pages.first; n < model.ended_pages.end; ++n) {
        model.ended.push_back(line_of(context, at, told->ended[n]));
    }
    co_return again(context, request, at, why, page_of(at.look, model));
}

task<http_response> show_sessions(app_context& context, const http_request& request, const account_visit& at) {
    account_refusal none;
    auto making = sessions_page(context, request, at, std::move(none));
    co_return co_await std::move(making);
}

// Signed out, and on a page that says so. Awaited directly.
task<http_response> leave(app_context& context, const http_request& request, const account_visit& at) {
    auto ending = context.web_sessions->sign_out(session_cookie_in(context, request), request.from);
    const result<void> ended = co_await std::move(ending);
    if (!ended) {
        co_return account_error_page(request, at.here, ended.error());
    }
    http_response page = page_of(at.look, signed_out_model{});
    web_visit gone;
    gone.clear_cookie = true;
    add_cookie(context, request, gone, page);
    co_return page;
}

task<http_response> end_sessions(app_context& context, const http_request& request, account_form& form) {
    const account_visit& at = form.at;
    const std::string_view act = form.text("do");
    if (act == "sign_out") {
        auto leaving = leave(context, request, at);
        co_return co_await std::move(leaving);
    }
    result<void> ended = errc::session_not_found;
    account_refusal why = unreadable_form();
    if (act == "others") {
        auto ending = context.sessions.end_others(at.who, request.from);
        ended = co_await std::move(ending);
    } else if (act == "end") {
        const std::optional<family_id> session = family_id_from_hex(form.text("session"));
        if (session) {
            auto ending = context.sessions.end(at.who, *session, request.from);
            ended = co_await std::move(ending);
        }
    } else {
        auto making = sessions_page(context, request, at, std::move(why));
        co_return co_await std::move(making);
    }
    if (!ended) {
        why = refusal_of(at, ended.error());
        if (why.elsewhere) {
            co_return *why.elsewhere;
        }
        auto making = sessions_page(context, request, at, std::move(why));
        co_return co_await std::move(making);
    }
    co_return done(context, request, at, account_place::sessions,
                   act == "others" ? account_note::others : account_note::session);
}

using enum http_method;

constexpr refusal_list shown = refuses_by_page(in_other_words(request_problem::not_found), errc::storage_unavailable);
constexpr refusal_list sent =
    refuses_by_page(shown, in_other_words(request_problem::forbidden_origin), errc::validation_failed);

constexpr route rows[] = {
    {get, "/account", shown_at<account_place::profile, show_profile>, "account_profile", shown},
    {post, "/account", sent_at<account_place::profile, change_profile>, "account_change_profile",
     refuses_by_page(sent, errc::username_taken, errc::already_verified, errc::mail_off, errc::mail_queue_full,
                     errc::too_many_attempts, errc::password_queue_full, errc::hash_memory_unavailable)},
    {get, "/account/sessions", shown_at<account_place::sessions, show_sessions>, "account_sessions", shown},
    {post, "/account/sessions", sent_at<account_place::sessions, end_sessions>, "account_end_sessions",
     refuses_by_page(sent, errc::session_not_found)},
};

} // namespace

constinit const row_list account_pages_rows(rows);

} // namespace pawl::app
