// Sign-up and the signed-in user's own account.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/signing_up.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "app/page/pages.hpp"

#include <utility>

namespace pawl::app {

task<result<void>> ask_sign_up(app_context& context, const http_request& request, std::string email) {
    if (context.links == nullptr) {
        co_return errc::mail_off;
    }
    const bool is_german = language_of({}, request.accept_language.value_or(std::string_view())) == language::german;
    std::string lang = is_german ? "de" : ""; // else as the server has it
    auto asking = context.links->ask_sign_up(std::move(email), std::move(lang), request.from);
    co_return co_await std::move(asking);
}

namespace {

result<secret_string> read_current_password(const parameters& body) {
    return read_secret(body, "current_password");
}

// The address alone: the password is chosen with the link, so that none is kept for who does not have the mailbox.
result<std::string> read_address(const parameters& body) {
    member_reader reader(body);
    std::string email = reader.required_text("email");
    if (reader.given("password")) {
        reader.blame("password", "is chosen with the link that is mailed: send the email alone");
    }
    return reader.failed() ? result<std::string>(reader.why()) : result<std::string>(std::move(email));
}

// Awaited directly: `request` outlives the call.
task<http_response> sign_up_by_mail(app_context& context, const http_request& request) {
    auto email = read_json(request, read_address);
    if (!email) {
        co_return email.error();
    }
    auto asking = ask_sign_up(context, request, *std::move(email));
    const result<void> asked = co_await std::move(asking);
    if (!asked) {
        co_return problem_response(asked.error());
    }
    http_response accepted = no_content();
    accepted.status = 202;
    co_return accepted;
}

task<http_response> handle_sign_up(app_context& context, const http_request& request) {
    const sign_up_mode mode = context.settings.sign_up.mode;
    if (mode == sign_up_mode::invite || mode == sign_up_mode::closed) { // whatever the body is
        co_return problem_response(failure(errc::sign_up_closed));
    }
    if (mode == sign_up_mode::confirm) {
        auto asking = sign_up_by_mail(context, request);
        co_return co_await std::move(asking);
    }
    auto wanted = read_json(request, read_sign_up);
    if (!wanted) {
        co_return wanted.error();
    }
    auto pending = context.accounts.sign_up(std::move(*wanted), request.from);
    const auto created = co_await std::move(pending);
    if (!created) {
        co_return problem_response(created.error());
    }
    co_return json_answer(201, to_json(**created));
}

http_response get_me(const principal& who) {
    return json_answer(200, to_json(*who.user));
}

task<http_response> handle_change_me(app_context& context, const http_request& request, principal who) {
    auto change = read_json(request, read_profile_change);
    if (!change) {
        co_return change.error();
    }
    auto pending = context.accounts.change_profile(std::move(who), std::move(*change), request.from);
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse(context, request, changed.error());
    }
    co_return json_answer(200, to_json(**changed));
}

task<http_response> handle_change_password(app_context& context, const http_request& request, principal who) {
    auto change = read_json(request, read_password_change);
    if (!change) {
        co_return change.error();
    }
    auto pending = context.accounts.change_password(std::move(who), std::move(change->current),
                                                    std::move(change->desired), request.from);
    const auto changed = co_await std::move(pending);
    if (!changed) {
        co_return refuse(context, request, changed.error());
    }
    co_return no_content();
}

task<http_response> handle_delete_me(app_context& context, const http_request& request, principal who) {
    auto password = read_json(request, read_current_password);
    if (!password) {
        co_return password.error();
    }
    auto pending = context.accounts.remove(std::move(who), std::move(*password), request.from);
    const auto removed = co_await std::move(pending);
    if (!removed) {
        co_return refuse(context, request, removed.error());
    }
    co_return no_content();
}

using enum http_method;

constexpr route sign_up_row{post, "/signup", handle_sign_up, "signup",
                            refuses(json_body, errc::sign_up_closed, errc::domain_not_allowed, errc::email_taken,
                                    errc::username_taken, errc::mail_off, errc::mail_queue_full,
                                    request_problem::body_too_large, errc::too_many_attempts, errc::password_queue_full,
                                    errc::hash_memory_unavailable, errc::storage_unavailable)};
constexpr route get_me_row{get, "/users/me", as_account_at_once<get_me>, "get_me", refuses()};
constexpr route change_me_row{patch, "/users/me", as_account<handle_change_me>, "change_me",
                              refuses(json_body, errc::username_taken, request_problem::body_too_large)};
constexpr route delete_me_row{delete_, "/users/me", as_user<handle_delete_me>, "delete_me",
                              refuses(json_body, errc::wrong_password, request_problem::body_too_large,
                                      errc::too_many_attempts, errc::password_queue_full,
                                      errc::hash_memory_unavailable)};

constexpr route rows[] = {
    sign_up_row,
    get_me_row,
    change_me_row,
    delete_me_row,
    {post, "/users/me/password", as_user<handle_change_password>, "change_password",
     refuses(json_body, errc::wrong_password, request_problem::body_too_large, errc::too_many_attempts,
             errc::password_queue_full, errc::hash_memory_unavailable)},
    // Where the FastAPI tutorials put them.
    sign_up_row.alias("/api/v1/auth/signup"),
    get_me_row.alias("/api/v1/auth/me"),
    change_me_row.alias("/api/v1/auth/me"),
    delete_me_row.alias("/api/v1/auth/me"),
};

} // namespace

constinit const row_list account_rows(rows);

} // namespace pawl::app
