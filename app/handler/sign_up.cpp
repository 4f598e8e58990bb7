// The pages of /sign-up: what POST /signup does for programs, for people.
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/signing_up.hpp"
#include "app/handler/support.hpp"
#include "app/http/form.hpp"
#include "app/page/account_pages.hpp"
#include "app/page/sign_up_pages.hpp"
#include "core/service/link_service.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

constexpr unsigned forbidden = 403;

// A capsule of a sign-in that goes on after this; what is none is left out.
std::string sound_flow(const app_context& context, std::string_view shown) {
    const bool is_one = !shown.empty() && signs_in_for_clients(context) && read_flow(context, shown);
    return is_one ? std::string(shown) : std::string();
}

std::string_view text_in(const parameters& fields, std::string_view name) {
    const parameter* const found = fields.find(name);
    return found == nullptr ? std::string_view() : found->text.reveal();
}

// `fields`: of the query, or of the form.
sign_up_model model_of(const app_context& context, const parameters& fields) {
    sign_up_model model;
    model.mode = context.settings.sign_up.mode;
    model.password_length_min = context.settings.passwords.length_min;
    model.flow = sound_flow(context, text_in(fields, "flow"));
    const std::string_view to = text_in(fields, "to");
    model.to = to.empty() || !model.flow.empty() ? std::string_view() : name_of(place_from(to));
    return model;
}

http_response page_of_model(const http_request& request, const sign_up_model& model, unsigned status) {
    http_response page = page_of(look_of(request, {}, {}), model);
    page.status = status;
    return page;
}

task<http_response> handle_show_sign_up(app_context& context, const http_request& request) {
    const body_result query = read_form(request.query);
    const sign_up_model model = model_of(context, query.has_value() ? *query : parameters());
    co_return page_of_model(request, model, takes_sign_ups(model.mode) ? 200 : forbidden);
}

// The page again, with what was wrong.
http_response page_again(const http_request& request, sign_up_model model, const failure& why) {
    using enum sign_up_problem;
    model.wait = why.retry_after;
    switch (why.code) {
    case errc::validation_failed:
        model.problem = why.fields.empty() || why.fields.front().field != "password" ? bad_address : weak_password;
        break;
    case errc::email_taken:
    case errc::username_taken:
        model.problem = address_taken;
        break;
    case errc::domain_not_allowed:
        model.problem = domain_not_allowed;
        break;
    case errc::too_many_attempts:
        model.problem = too_many_attempts;
        break;
    case errc::sign_up_closed: // by now
        model.mode = sign_up_mode::closed;
        break;
    default:
        model.problem = busy;
        break;
    }
    http_response page = page_of_model(request, model, row_of(why.code).status);
    if (why.retry_after > seconds(0)) {
        page.headers.emplace_back("Retry-After", std::to_string(why.retry_after.count()));
    }
    return page;
}

// Awaited directly: the references outlive the call.
task<result<void>> sign_up_by_page(app_context& context, const http_request& request, const parameters& fields) {
    std::string email(text_in(fields, "email"));
    if (context.settings.sign_up.mode == sign_up_mode::confirm) {
        auto asking = ask_sign_up(context, request, std::move(email));
        co_return co_await std::move(asking);
    }
    sign_up_request wanted;
    wanted.email = std::move(email);
    wanted.password = secret_string(text_in(fields, "new_password"));
    auto pending = context.accounts.sign_up(std::move(wanted), request.from);
    const auto created = co_await std::move(pending);
    co_return created ? result<void>() : result<void>(created.error());
}

task<http_response> handle_sign_up_page(app_context& context, const http_request& request) {
    if (!is_of_our_page(request)) {
        co_return error_page_of_foreign_form(request);
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        const auto* const problem = std::get_if<request_problem>(&failed->why);
        co_return problem == nullptr ? error_page(request, std::get<failure>(failed->why))
                                     : error_page(request, *problem);
    }
    const parameters& fields = std::get<parameters>(body);
    sign_up_model model = model_of(context, fields);
    if (!takes_sign_ups(model.mode)) {
        co_return page_of_model(request, model, forbidden);
    }
    model.email = text_in(fields, "email");
    auto signing_up = sign_up_by_page(context, request, fields);
    const result<void> done = co_await std::move(signing_up);
    if (!done) {
        co_return page_again(request, std::move(model), done.error());
    }
    co_return page_of(look_of(request, {}, {}), sign_up_done_model{model.mode, model.email, model.flow, model.to});
}

using enum http_method;

constexpr route rows[] = {
    {get, "/sign-up", handle_show_sign_up, "show_sign_up", refuses_by_page(errc::sign_up_closed)},
    {post, "/sign-up", handle_sign_up_page, "sign_up_page",
     refuses_by_page(request_problem::malformed_form, request_problem::duplicate_parameter,
                     request_problem::forbidden_origin, request_problem::unsupported_media_type,
                     request_problem::body_too_large, errc::sign_up_closed, errc::domain_not_allowed,
                     errc::validation_failed, errc::email_taken, errc::username_taken, errc::mail_off,
                     errc::mail_queue_full, errc::too_many_attempts, errc::password_queue_full,
                     errc::hash_memory_unavailable, errc::storage_unavailable)},
};

} // namespace

constinit const row_list sign_up_rows(rows);

} // namespace pawl::app
