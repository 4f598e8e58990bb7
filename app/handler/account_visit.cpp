#include "app/handler/account_visit.hpp"

#include "app/http/form.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace pawl::app {

namespace {

constexpr unsigned forbidden = 403, not_found = 404, unprocessable = 422;

page_look look_of_place(const http_request& request, account_place here, std::string_view locale) {
    page_look look = look_of(request, locale, {});
    look.base = way_up(here);
    return look;
}

http_response error_page_at(const http_request& request, account_place here, unsigned status, std::string_view code,
                            std::string_view sentence) {
    return page_of(look_of_place(request, here, {}),
                   error_model{status, std::string(code), std::string(sentence), request.request_id});
}

bool has_account_pages(const app_context& context) {
    return context.web_sessions != nullptr && context.factors != nullptr && context.consents != nullptr &&
           context.entities != nullptr;
}

account_problem problem_of_field(const failure& why) {
    const std::string_view field = why.fields.empty() ? std::string_view() : why.fields.front().field;
    if (field == "username") {
        return account_problem::bad_username;
    }
    if (field == "first_name") {
        return account_problem::bad_first_name;
    }
    if (field == "surname") {
        return account_problem::bad_surname;
    }
    if (field == "email" || field == "new_email") {
        return account_problem::bad_email;
    }
    if (field == "new_password") {
        return account_problem::weak_password;
    }
    return field == "name" ? account_problem::bad_factor_name : account_problem::unreadable;
}

account_problem problem_of(const failure& why) {
    switch (why.code) {
    case errc::validation_failed:
        return problem_of_field(why);
    case errc::username_taken:
        return account_problem::username_taken;
    case errc::wrong_password:
        return account_problem::wrong_password;
    case errc::second_factor_failed:
        return account_problem::factor_failed;
    case errc::too_many_factors:
        return account_problem::factors_full;
    case errc::link_invalid:
    case errc::link_expired:
    case errc::link_used:
        return account_problem::offer_expired;
    case errc::factor_not_found:
    case errc::session_not_found:
    case errc::consent_not_found:
    case errc::already_verified:
        return account_problem::gone;
    case errc::mail_off:
        return account_problem::no_mail;
    case errc::mail_queue_full:
        return account_problem::mail_queue_full;
    case errc::too_many_attempts:
        return account_problem::too_many_attempts;
    default:
        return account_problem::busy;
    }
}

} // namespace

http_response account_error_page(const http_request& request, account_place here, const failure& why) {
    const error_row& row = row_of(why.code);
    http_response page = error_page_at(request, here, row.status, row.code, row.detail);
    if (why.retry_after > seconds(0)) {
        page.headers.emplace_back("Retry-After", std::to_string(why.retry_after.count()));
    }
    return page;
}

http_response to_sign_in(account_place from, account_place to, bool again) {
    std::string target(way_up(from));
    target += "sign-in?to=";
    target += name_of(to);
    target += again ? "&again=yes" : "";
    return see_other(std::move(target));
}

http_response account_sign_in_page(const http_request& request, std::string_view locale, sign_in_model model) {
    return page_of(look_of(request, locale, {}), model);
}

task<meaning<account_visit>> enter(app_context& context, const http_request& request, account_place here,
                                   bool rotates) {
    if (!has_account_pages(context)) {
        co_return error_page_at(request, here, not_found, "not_found", "This server has no pages of accounts.");
    }
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, rotates);
    result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return account_error_page(request, here, visit.error());
    }
    if (!visit->session) {
        http_response away = to_sign_in(here, here, false);
        add_cookie(context, request, *visit, away);
        co_return away;
    }
    account_visit at;
    at.here = here;
    at.visit = *std::move(visit);
    const web_session& session = *at.visit.session;
    at.who.user = session.user;
    at.who.session = session.id;
    at.who.expires_at = context.time.now();
    at.proven = last_proof{session.auth_time, session.acr};
    at.look = look_of_place(request, here, session.user->locale);
    co_return at;
}

std::string_view account_form::text(std::string_view name) const {
    const parameter* const found = fields ? fields->find(name) : nullptr;
    return found == nullptr ? std::string_view() : found->text.reveal();
}

task<meaning<account_form>> enter_by_form(app_context& context, const http_request& request, account_place here) {
    if (!is_of_our_page(request)) {
        co_return error_page_at(request, here, forbidden, "forbidden_origin",
                                "This form was not sent by a page of this server.");
    }
    auto entering = enter(context, request, here, false);
    meaning<account_visit> at = co_await std::move(entering);
    if (!at) {
        co_return at.error();
    }
    account_form out;
    out.at = *std::move(at);
    body_outcome body = read_body(request, body_kinds::form);
    if (auto* const fields = std::get_if<parameters>(&body)) {
        out.fields = std::move(*fields);
    }
    co_return out;
}

task<http_response> ask_visitor(app_context& context, const http_request& request, account_place here,
                                visit_handler* handle) {
    auto entering = enter(context, request, here, true);
    const meaning<account_visit> at = co_await std::move(entering);
    if (!at) {
        co_return at.error();
    }
    auto making = handle(context, request, *at);
    co_return co_await std::move(making);
}

task<http_response> ask_sender(app_context& context, const http_request& request, account_place here,
                               form_handler* handle) {
    auto entering = enter_by_form(context, request, here);
    meaning<account_form> form = co_await std::move(entering);
    if (!form) {
        co_return form.error();
    }
    auto answering = handle(context, request, *form);
    co_return co_await std::move(answering);
}

std::uint32_t page_asked(const http_request& request, std::string_view parameter) {
    const body_result query = read_form(request.query);
    const auto* const asked = query.has_value() ? query->find(parameter) : nullptr;
    return asked == nullptr ? 1 : list_page_from(asked->text.reveal());
}

account_frame frame_of(const app_context& context, const http_request& request, const account_visit& at) {
    account_frame frame;
    frame.here = at.here;
    frame.user_name = at.who.user->username;
    frame.password_length_min = context.settings.passwords.length_min;
    const body_result query = read_form(request.query);
    const parameter* const told = query.has_value() ? query->find("done") : nullptr;
    if (told != nullptr) {
        frame.note = note_from(told->text.reveal());
    }
    return frame;
}

void put(account_frame& frame, const account_refusal& why, std::string_view form) {
    if (why.problem == account_problem::none) {
        return;
    }
    frame.note = account_note::none;
    frame.problem = why.problem;
    frame.form = why.problem == account_problem::unreadable ? std::string_view() : form;
    frame.wait = why.wait;
}

account_refusal unreadable_form() {
    account_refusal out;
    out.problem = account_problem::unreadable;
    out.status = unprocessable;
    return out;
}

http_response with_cookie(const app_context& context, const http_request& request, const account_visit& at,
                          http_response page) {
    add_cookie(context, request, at.visit, page);
    return page;
}

http_response done(const app_context& context, const http_request& request, const account_visit& at, account_place to,
                   account_note note) {
    std::string target(at.look.base);
    target += path_of(to);
    target += "?done=";
    target += code_of(note);
    return with_cookie(context, request, at, see_other(std::move(target)));
}

account_refusal refusal_of(const account_visit& at, const failure& why) {
    account_refusal out;
    if (why.code == errc::invalid_access_token) { // ended while the form was read
        out.elsewhere = to_sign_in(at.here, at.here, false);
        return out;
    }
    if (why.code == errc::reauthentication_required) {
        out.elsewhere = to_sign_in(at.here, at.here, true);
        return out;
    }
    out.problem = problem_of(why);
    out.wait = why.retry_after;
    // A 401 wants a challenge, a 403 is of a form that was not ours, and no page is gone because a capsule is too old.
    constexpr unsigned bad_request = 400, unauthorized = 401, gone = 410;
    const unsigned status = row_of(why.code).status;
    const bool is_of_page = status == bad_request || status == unauthorized || status == forbidden || status == gone;
    out.status = is_of_page ? unprocessable : status;
    return out;
}

http_response again(const app_context& context, const http_request& request, const account_visit& at,
                    const account_refusal& why, http_response made) {
    made.status = why.problem == account_problem::none ? made.status : why.status;
    if (why.wait > seconds(0)) {
        made.headers.emplace_back("Retry-After", std::to_string(why.wait.count()));
    }
    return with_cookie(context, request, at, std::move(made));
}

} // namespace pawl::app
