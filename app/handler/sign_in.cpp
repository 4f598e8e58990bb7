// What the pages of a request for authorization send: POST /sign-in, /select, /consent. And the sign-in to the pages of
// an account, which has no such request: GET /sign-in.
#include "app/handler/account_visit.hpp"
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/form.hpp"
#include "app/page/sign_up_pages.hpp"
#include "core/service/consent_service.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

// A form of one of our pages, and what it is about: a request, or a page of an account that the user goes on to.
struct page_form {
    parameters fields;
    flow about;
    std::optional<account_place> to{};

    std::string_view text(std::string_view name) const {
        const parameter* const found = fields.find(name);
        return found == nullptr ? std::string_view() : found->text.reveal();
    }
};

// The page that refuses it, where it is not one.
meaning<page_form> read_page_form(const app_context& context, const http_request& request, bool for_accounts = false) {
    if (context.web_sessions == nullptr || (!for_accounts && !signs_in_for_clients(context))) {
        return error_page_of_no_provider(request);
    }
    if (!is_of_our_page(request)) {
        return error_page_of_foreign_form(request);
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        const auto* const problem = std::get_if<request_problem>(&failed->why);
        return problem == nullptr ? error_page(request, std::get<failure>(failed->why)) : error_page(request, *problem);
    }
    page_form out{std::move(std::get<parameters>(body)), {}};
    if (for_accounts && out.text("flow").empty() && !out.text("to").empty()) {
        out.to = place_from(out.text("to"));
        return out;
    }
    if (!signs_in_for_clients(context)) {
        return error_page_of_no_provider(request);
    }
    std::optional<flow> about = read_flow(context, out.text("flow"));
    if (!about) {
        return error_page_of_lost_flow(request);
    }
    out.about = *std::move(about);
    return out;
}

http_response page_of_sign_in(const app_context& context, const http_request& request, const page_form& form,
                              sign_in_model model) {
    if (!form.to) {
        return sign_in_page(context, request, form.about, std::move(model));
    }
    model.to = name_of(*form.to);
    model.offers_sign_up = takes_sign_ups(context.settings.sign_up.mode);
    return account_sign_in_page(request, {}, std::move(model));
}

// The page again, with what was wrong.
http_response page_of_failed_sign_in(const app_context& context, const http_request& request, const page_form& form,
                                     const failure& why) {
    const unsigned status = row_of(why.code).status;
    sign_in_model again;
    const bool begins_anew = why.code == errc::step_expired || why.code == errc::login_failed;
    again.step = begins_anew ? std::string() : std::string(form.text("step"));
    again.login = form.text("login");
    again.wait = why.retry_after;
    switch (why.code) {
    case errc::login_failed:
    case errc::validation_failed:
        again.problem = sign_in_problem::login_failed;
        break;
    case errc::second_factor_failed:
        again.problem = sign_in_problem::factor_failed;
        break;
    case errc::enrolment_required:
        again.problem = sign_in_problem::enrolment_wanted;
        break;
    case errc::approval_pending:
        again.problem = sign_in_problem::approval_pending;
        break;
    case errc::email_not_verified:
        again.problem = sign_in_problem::email_not_verified;
        break;
    case errc::step_expired:
        again.problem = sign_in_problem::start_over;
        break;
    case errc::too_many_attempts:
        again.problem = sign_in_problem::too_many_attempts;
        break;
    default:
        again.problem = sign_in_problem::busy;
        break;
    }
    http_response page = page_of_sign_in(context, request, form, std::move(again));
    if (page.status != 200) { // it could not be made
        return page;
    }
    constexpr unsigned unauthorized = 401, unprocessable = 422;
    const bool is_of_user = why.code == errc::enrolment_required || why.code == errc::approval_pending ||
                            why.code == errc::email_not_verified;
    page.status =
        status == unauthorized || is_of_user ? unprocessable : status; // a 401 wants a challenge, and this is no API
    if (why.retry_after > seconds(0)) {
        page.headers.emplace_back("Retry-After", std::to_string(why.retry_after.count()));
    }
    return page;
}

// The password, or on the page after it the code. Awaited directly: the references outlive the call.
task<result<web_visit>> try_sign_in(const app_context& context, const http_request& request, const page_form& form) {
    const std::string_view cookie = session_cookie_in(context, request);
    if (form.text("step").empty()) {
        return context.web_sessions->sign_in(std::string(form.text("login")), secret_string(form.text("password")),
                                             cookie, request.from);
    }
    shown_codes codes{secret_string(form.text("totp")), secret_string(form.text("recovery_code"))};
    return context.web_sessions->sign_in_step(secret_string(form.text("step")), std::move(codes), cookie, request.from);
}

task<http_response> handle_sign_in(app_context& context, const http_request& request) {
    meaning<page_form> form = read_page_form(context, request, true);
    if (!form) {
        co_return form.error();
    }
    auto trying = try_sign_in(context, request, *form);
    result<web_visit> visit = co_await std::move(trying);
    if (!visit) {
        co_return page_of_failed_sign_in(context, request, *form, visit.error());
    }
    if (visit->wanted) { // the password alone signs no one in: the page asks for more
        sign_in_model more;
        more.step = visit->wanted->step.reveal();
        co_return page_of_sign_in(context, request, *form, std::move(more));
    }
    if (form->to) {
        http_response away = see_other(std::string(path_of(*form->to)));
        add_cookie(context, request, *visit, away);
        co_return away;
    }
    auto going = go_on(context, request, std::move(form->about), *std::move(visit), {});
    co_return co_await std::move(going);
}

// ?to=PAGE of an account, and `again=yes` where who is signed in is to be asked once more.
task<http_response> handle_show_sign_in(app_context& context, const http_request& request) {
    if (context.web_sessions == nullptr) {
        co_return error_page_of_no_provider(request);
    }
    const body_result query = read_form(request.query);
    const auto asked = [&](std::string_view name) {
        const parameter* const found = query.has_value() ? query->find(name) : nullptr;
        return found == nullptr ? std::string_view() : found->text.reveal();
    };
    const account_place to = place_from(asked("to"));
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, true);
    const result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return error_page(request, visit.error());
    }
    http_response out;
    sign_in_model model;
    model.to = name_of(to);
    model.again = visit->session && asked("again") == "yes";
    model.offers_sign_up = !visit->session && takes_sign_ups(context.settings.sign_up.mode);
    if (visit->session && !model.again) {
        out = see_other(std::string(path_of(to)));
    } else {
        model.login = visit->session ? visit->session->user->username : std::string();
        out = account_sign_in_page(request, visit->session ? visit->session->user->locale : std::string(),
                                   std::move(model));
    }
    add_cookie(context, request, *visit, out);
    co_return out;
}

// What a page asked of one session is answered by no other.
bool is_seen_by(const flow& about, const web_visit& visit) {
    return visit.session && about.seen_by == visit.session->id;
}

task<http_response> handle_select(app_context& context, const http_request& request) {
    meaning<page_form> form = read_page_form(context, request);
    if (!form) {
        co_return form.error();
    }
    if (form->text("choice") == "other") {
        form->about.request.prompt |= static_cast<std::uint8_t>(prompt_kind::login);
        co_return sign_in_page(context, request, form->about);
    }
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, false);
    result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return error_page(request, visit.error());
    }
    const bool chosen = form->text("choice") == "continue" && is_seen_by(form->about, *visit);
    auto going =
        go_on(context, request, std::move(form->about), *std::move(visit), {.first_look = !chosen, .chosen = chosen});
    co_return co_await std::move(going);
}

task<http_response> handle_consent(app_context& context, const http_request& request) {
    meaning<page_form> form = read_page_form(context, request);
    if (!form) {
        co_return form.error();
    }
    const flow& about = form->about;
    if (form->text("choice") == "deny") {
        co_return answer_refusal(context, request,
                                 {"access_denied", "The user did not allow it.", target_of(about.request)});
    }
    auto looking = context.web_sessions->visit(session_cookie_in(context, request), request.from, false);
    result<web_visit> visit = co_await std::move(looking);
    if (!visit) {
        co_return error_page(request, visit.error());
    }
    authorization_progress progress{.chosen = is_seen_by(about, *visit)};
    if (form->text("choice") == "allow" && progress.chosen) {
        auto remembering =
            context.consents->allow(visit->session->user->id, about.request.client, about.shown, request.from);
        const auto remembered = co_await std::move(remembering);
        if (!remembered) {
            co_return error_page(request, remembered.error());
        }
        progress.allowed = about.shown;
    }
    auto going = go_on(context, request, std::move(form->about), *std::move(visit), progress);
    co_return co_await std::move(going);
}

using enum http_method;

constexpr refusal_list form_refusals = refuses_by_page(
    request_problem::malformed_form, request_problem::duplicate_parameter, request_problem::forbidden_origin,
    request_problem::not_found, request_problem::unsupported_media_type, errc::storage_unavailable);

constexpr route rows[] = {
    {get, "/sign-in", handle_show_sign_in, "show_sign_in",
     refuses_by_page(in_other_words(request_problem::not_found), errc::storage_unavailable)},
    {post, "/sign-in", handle_sign_in, "sign_in",
     refuses_by_page(form_refusals, errc::validation_failed, errc::too_many_attempts, errc::password_queue_full,
                     errc::hash_memory_unavailable)},
    {post, "/select", handle_select, "select_account", form_refusals},
    {post, "/consent", handle_consent, "consent", refuses_by_page(form_refusals, errc::too_many_consents)},
};

} // namespace

constinit const row_list sign_in_rows(rows);

} // namespace pawl::app
