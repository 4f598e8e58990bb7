// Second factors: the second step of a sign-in, step-up, and what a user does with the factors of its account.
#include "app/handler/factors.hpp"
#include "app/dto/factor_json.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/grants.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/factor_service.hpp"
#include "core/text/json_text.hpp"

#include <charconv>
#include <utility>

namespace pawl::app {

std::optional<std::uint32_t> factor_in_path(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_one = failed == std::errc() && end == text.data() + text.size() && number != 0 && text[0] != '0';
    return is_one ? std::optional(number) : std::nullopt;
}

http_response factor_wanted_problem(const wanted_factor& wanted) {
    const errc why = wanted.is_enrolment ? errc::enrolment_required : errc::second_factor_required;
    http_response response = problem_response(failure(why));
    response.body.pop_back(); // the closing brace
    response.body += ",\"step\":";
    append_json_string(response.body, wanted.step.reveal());
    response.body += ",\"factors\":" + factor_kinds_json(wanted) + "}";
    return response;
}

http_response factor_wanted_oauth(const wanted_factor& wanted) {
    const errc why = wanted.is_enrolment ? errc::enrolment_required : errc::second_factor_required;
    http_response response = oauth_response(failure(why));
    response.body.pop_back();
    response.body += ",\"mfa_token\":";
    append_json_string(response.body, wanted.step.reveal());
    response.body += ",\"factors\":" + factor_kinds_json(wanted) + "}";
    return response;
}

namespace {

task<http_response> handle_login_factor(app_context& context, const http_request& request) {
    auto wanted = read_json_or_form(request, read_factor_step);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.sessions.sign_in_step(std::move(wanted->step), std::move(wanted->codes), wanted->remember,
                                                 first_party(), request.from);
    auto answer = co_await std::move(pending);
    if (!answer) {
        co_return problem_response(answer.error());
    }
    co_return json_answer(200, login_json_and_wipe(*answer));
}

task<http_response> handle_step_up(app_context& context, const http_request& request, principal who) {
    auto wanted = read_json(request, read_step_up);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.sessions.step_up(std::move(who), std::move(wanted->password), std::move(wanted->codes),
                                            wanted->acr, request.from);
    auto tokens = co_await std::move(pending);
    if (!tokens) {
        co_return refuse(context, request, tokens.error());
    }
    co_return json_answer(200, to_json_and_wipe(*tokens));
}

task<http_response> handle_list_factors(app_context& context, const http_request& request, principal who) {
    auto pending = context.factors->list(std::move(who));
    const auto factors = co_await std::move(pending);
    if (!factors) {
        co_return refuse(context, request, factors.error());
    }
    co_return json_answer(200, to_json(*factors));
}

// By a session, or by the step of a sign-in that a factor has to be set up for.
task<http_response> handle_offer_totp(app_context& context, const http_request& request) {
    parameters members;
    if (!request.body.empty()) {
        body_outcome body = read_body(request, body_kinds::json);
        if (const auto* failed = std::get_if<body_failure>(&body)) {
            co_return failed->as_problem();
        }
        members = std::move(std::get<parameters>(body));
    }
    auto step = read_optional_step(members);
    if (!step) {
        co_return problem_response(step.error());
    }
    if (!step->empty()) {
        auto offering = context.factors->offer_totp(*std::move(step));
        const auto offered = co_await std::move(offering);
        co_return offered ? json_answer(200, to_json(*offered)) : problem_response(offered.error());
    }
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    auto offering = context.factors->offer_totp(*std::move(who));
    const auto offered = co_await std::move(offering);
    co_return offered ? json_answer(200, to_json(*offered)) : refuse(context, request, offered.error());
}

task<http_response> handle_confirm_totp(app_context& context, const http_request& request) {
    auto wanted = read_json(request, read_totp_confirmation);
    if (!wanted) {
        co_return wanted.error();
    }
    if (!wanted->step.empty()) {
        auto confirming = context.factors->confirm_totp(std::move(wanted->step), std::move(wanted->capsule),
                                                        std::move(wanted->totp), std::move(wanted->name), request.from);
        const auto made = co_await std::move(confirming);
        co_return made ? json_answer(201, to_json(*made)) : problem_response(made.error());
    }
    auto asking = authenticate(context, request);
    auto who = co_await std::move(asking);
    if (!who) {
        co_return refuse(context, request, who.error());
    }
    auto confirming = context.factors->confirm_totp(*std::move(who), std::move(wanted->capsule),
                                                    std::move(wanted->totp), std::move(wanted->name), request.from);
    const auto made = co_await std::move(confirming);
    co_return made ? json_answer(201, to_json(*made)) : refuse(context, request, made.error());
}

task<http_response> handle_make_recovery(app_context& context, const http_request& request, principal who) {
    auto pending = context.factors->make_recovery(std::move(who), request.from);
    const auto made = co_await std::move(pending);
    if (!made) {
        co_return refuse(context, request, made.error());
    }
    co_return json_answer(201, to_json(*made));
}

task<http_response> handle_rename_factor(app_context& context, const http_request& request, principal who) {
    auto name = read_json(request, read_factor_name);
    if (!name) {
        co_return name.error();
    }
    const auto factor = factor_in_path(request.path_parameter);
    if (!factor) {
        co_return problem_response(failure(errc::factor_not_found));
    }
    auto pending = context.factors->rename(std::move(who), *factor, *std::move(name), request.from);
    const auto done = co_await std::move(pending);
    co_return done ? no_content() : refuse(context, request, done.error());
}

task<http_response> handle_remove_factor(app_context& context, const http_request& request, principal who) {
    bool keeps_sessions = false;
    if (!request.body.empty()) {
        const auto keeps = read_json(request, read_keep_sessions);
        if (!keeps) {
            co_return keeps.error();
        }
        keeps_sessions = *keeps;
    }
    const auto factor = factor_in_path(request.path_parameter);
    if (!factor) {
        co_return problem_response(failure(errc::factor_not_found));
    }
    auto pending = context.factors->remove(std::move(who), *factor, keeps_sessions, request.from);
    const auto done = co_await std::move(pending);
    co_return done ? no_content() : refuse(context, request, done.error());
}

task<http_response> handle_forget_devices(app_context& context, const http_request& request, principal who) {
    auto pending = context.factors->forget_devices(std::move(who), request.from);
    const auto done = co_await std::move(pending);
    co_return done ? no_content() : refuse(context, request, done.error());
}

using enum http_method;

constexpr route rows[] = {
    {post, "/login/factor", handle_login_factor, "login_factor",
     refuses(json_or_form_body, errc::second_factor_failed, errc::step_expired, errc::enrolment_required,
             errc::login_failed, errc::claims_too_large, errc::invalid_scope, errc::too_many_attempts,
             errc::storage_unavailable)},
    {post, "/step-up", as_user<handle_step_up>, "step_up",
     refuses(json_body, errc::second_factor_required, errc::second_factor_failed, errc::wrong_password,
             errc::claims_too_large, errc::invalid_scope, errc::too_many_attempts, errc::password_queue_full,
             errc::hash_memory_unavailable)},
    {get, "/users/me/factors", as_user<handle_list_factors>, "list_factors", refuses()},
    {post, "/users/me/factors/totp", handle_offer_totp, "offer_totp",
     refuses(json_body, errc::missing_access_token, errc::invalid_access_token, errc::insufficient_scope,
             errc::step_expired, errc::reauthentication_required, errc::too_many_factors, errc::storage_unavailable)},
    {post, "/users/me/factors/totp/confirm", handle_confirm_totp, "confirm_totp",
     refuses(json_body, errc::missing_access_token, errc::invalid_access_token, errc::insufficient_scope,
             errc::step_expired, errc::link_invalid, errc::link_expired, errc::link_used, errc::second_factor_failed,
             errc::too_many_factors, errc::too_many_attempts, errc::storage_unavailable)},
    {post, "/users/me/factors/recovery", as_user<handle_make_recovery>, "make_recovery_codes",
     refuses(errc::reauthentication_required, errc::too_many_factors)},
    {patch, "/users/me/factors/{id}", as_user<handle_rename_factor>, "rename_factor",
     refuses(json_body, errc::reauthentication_required, errc::factor_not_found)},
    {delete_, "/users/me/factors/{id}", as_user<handle_remove_factor>, "remove_factor",
     refuses(json_body, errc::reauthentication_required, errc::factor_not_found)},
    {delete_, "/users/me/devices", as_user<handle_forget_devices>, "forget_devices", refuses()},
};

} // namespace

constinit const row_list factors_rows(rows);

} // namespace pawl::app
