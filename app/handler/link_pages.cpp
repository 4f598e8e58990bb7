// The pages that links in mails open: GET shows, POST does. So a program that fetches every link of a mail uses none
// up, and no link does its work by a button alone.
#include "app/handler/authorizing.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "core/service/link_service.hpp"

#include <utility>
#include <variant>

namespace pawl::app {

namespace {

page_look look_of_link(const http_request& request) {
    page_look look = look_of(request, {}, {});
    look.base = "../"; // one step below the other pages
    return look;
}

http_response dead_link_page(const http_request& request, errc why) {
    http_response page = page_of(look_of_link(request), dead_link_model{why});
    page.status = row_of(why).status;
    return page;
}

errc cause_of(link_decision decision) {
    switch (decision) {
    case link_decision::link_expired:
        return errc::link_expired;
    case link_decision::link_used:
        return errc::link_used;
    default:
        return errc::link_invalid;
    }
}

link_model model_of(const app_context& context, const link_service::looked& seen) {
    link_model model;
    model.purpose = seen.purpose;
    model.address = seen.address;
    model.wants_factor = seen.wants_factor;
    model.password_length_min = context.settings.passwords.length_min;
    return model;
}

task<http_response> handle_show_link(app_context& context, const http_request& request) {
    if (context.links == nullptr) {
        co_return dead_link_page(request, errc::link_invalid);
    }
    const link_service::looked seen = context.links->look(request.path_parameter);
    if (seen.decision == link_decision::already_done) {
        co_return page_of(look_of_link(request), link_done_model{seen.purpose, seen.address, false});
    }
    if (seen.decision != link_decision::good) {
        co_return dead_link_page(request, cause_of(seen.decision));
    }
    co_return page_of(look_of_link(request), model_of(context, seen));
}

// The page again, with what was wrong beside the field.
http_response page_again(const app_context& context, const http_request& request, const link_service::looked& seen,
                         const failure& why) {
    link_model model = model_of(context, seen);
    model.wait = why.retry_after;
    unsigned status = row_of(why.code).status;
    constexpr unsigned unprocessable = 422;
    switch (why.code) {
    case errc::link_invalid:
    case errc::link_expired:
    case errc::link_used:
        return dead_link_page(request, why.code);
    case errc::validation_failed:
        model.problem = link_problem::weak_password;
        break;
    case errc::wrong_password:
        model.problem = link_problem::wrong_password;
        status = unprocessable;
        break;
    case errc::second_factor_required: // the page asks for it, so it was left empty
    case errc::second_factor_failed:
        model.wants_factor = true;
        model.problem = link_problem::factor_failed;
        status = unprocessable;
        break;
    case errc::email_taken:
        model.problem = link_problem::address_taken;
        break;
    case errc::sign_up_closed:
        model.problem = link_problem::sign_up_closed;
        break;
    case errc::domain_not_allowed:
        model.problem = link_problem::domain_not_allowed;
        break;
    case errc::too_many_attempts:
        model.problem = link_problem::too_many_attempts;
        break;
    default:
        model.problem = link_problem::busy;
        break;
    }
    http_response page = page_of(look_of_link(request), model);
    page.status = status;
    if (why.retry_after > seconds(0)) {
        page.headers.emplace_back("Retry-After", std::to_string(why.retry_after.count()));
    }
    return page;
}

// What the form says does what the link is for. Awaited directly: `fields` outlives the call.
task<result<void>> follow(app_context& context, const http_request& request, link_purpose purpose,
                          const parameters& fields) {
    const auto text = [&](std::string_view name) {
        const parameter* const found = fields.find(name);
        return found == nullptr ? secret_string() : secret_string(found->text.reveal());
    };
    secret_string capsule{std::string_view(request.path_parameter)};
    switch (purpose) {
    case link_purpose::reset_password: {
        shown_codes codes{text("totp"), text("recovery_code")};
        auto pending = context.links->reset(std::move(capsule), text("new_password"), std::move(codes), request.from);
        co_return co_await std::move(pending);
    }
    case link_purpose::verify_email: {
        std::optional<secret_string> password(text("password"));
        auto pending = context.links->verify(std::move(capsule), std::nullopt, std::move(password), request.from);
        co_return co_await std::move(pending);
    }
    case link_purpose::change_email: {
        auto pending = context.links->change_email(std::move(capsule), request.from);
        co_return co_await std::move(pending);
    }
    case link_purpose::undo_email: {
        auto pending = context.links->undo_email(std::move(capsule), request.from);
        co_return co_await std::move(pending);
    }
    case link_purpose::invite:
    case link_purpose::sign_up: {
        completion wanted;
        wanted.capsule = std::move(capsule);
        wanted.password = text("new_password");
        auto pending = context.links->complete(std::move(wanted), request.from);
        const auto done = co_await std::move(pending);
        co_return done ? result<void>() : result<void>(done.error());
    }
    default:
        co_return errc::link_invalid;
    }
}

bool is_sure(const parameters& fields) {
    const parameter* const found = fields.find("sure");
    return found != nullptr && found->text.reveal() == "yes";
}

task<http_response> handle_follow_link(app_context& context, const http_request& request) {
    if (context.links == nullptr) {
        co_return dead_link_page(request, errc::link_invalid);
    }
    if (!is_of_our_page(request)) {
        constexpr unsigned forbidden = 403;
        co_return page_of(look_of_link(request),
                          error_model{forbidden, "forbidden_origin", "This form was not sent by a page of this server.",
                                      request.request_id});
    }
    body_outcome body = read_body(request, body_kinds::form);
    if (const auto* failed = std::get_if<body_failure>(&body)) {
        const auto* const problem = std::get_if<request_problem>(&failed->why);
        const error_row& row = problem == nullptr ? row_of(std::get<failure>(failed->why).code) : row_of(*problem);
        co_return page_of(look_of_link(request),
                          error_model{row.status, std::string(row.code), std::string(row.detail), request.request_id});
    }
    const parameters& fields = std::get<parameters>(body);
    const link_service::looked seen = context.links->look(request.path_parameter);
    if (seen.decision != link_decision::good && seen.decision != link_decision::already_done) {
        co_return dead_link_page(request, cause_of(seen.decision));
    }
    if (asks_if_sure(seen.purpose) && !is_sure(fields)) {
        link_model model = model_of(context, seen);
        model.problem = link_problem::not_sure;
        http_response page = page_of(look_of_link(request), model);
        constexpr unsigned unprocessable = 422;
        page.status = unprocessable;
        co_return page;
    }
    auto following = follow(context, request, seen.purpose, fields);
    const result<void> done = co_await std::move(following);
    if (!done) {
        co_return page_again(context, request, seen, done.error());
    }
    const bool is_pending =
        seen.purpose == link_purpose::sign_up && context.settings.sign_up.mode == sign_up_mode::approve;
    co_return page_of(look_of_link(request), link_done_model{seen.purpose, seen.address, is_pending});
}

using enum http_method;

constexpr refusal_list dead_links = refuses_by_page(errc::link_invalid, errc::link_expired, errc::link_used);

constexpr route rows[] = {
    {get, "/l/{id}", handle_show_link, "show_link", dead_links},
    {post, "/l/{id}", handle_follow_link, "follow_link",
     refuses_by_page(dead_links, request_problem::malformed_form, request_problem::duplicate_parameter,
                     request_problem::forbidden_origin, request_problem::unsupported_media_type,
                     errc::validation_failed, errc::email_taken, errc::sign_up_closed, errc::domain_not_allowed,
                     errc::too_many_attempts, errc::password_queue_full, errc::hash_memory_unavailable,
                     errc::mail_queue_full, errc::storage_unavailable)},
};

} // namespace

constinit const row_list link_pages_rows(rows);

} // namespace pawl::app
