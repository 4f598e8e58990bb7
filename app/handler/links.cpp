// What links in mails do, asked by programs: proving an address, a new password, another address, an invitation. For
// people there are pages: link_pages.cpp.
#include "app/dto/factor_json.hpp"
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/handler/callers.hpp"
#include "app/handler/rows.hpp"
#include "app/handler/support.hpp"
#include "app/http/member_reader.hpp"
#include "core/service/link_service.hpp"

#include <utility>

namespace pawl::app {

namespace {

http_response accepted() {
    http_response response = no_content();
    response.status = 202;
    return response;
}

// A server without links has no relay either.
http_response no_links() {
    return problem_response(failure(errc::mail_off));
}

http_response answer(const result<void>& done, http_response good) {
    return done ? std::move(good) : problem_response(done.error());
}

result<std::string> read_email(const parameters& body) {
    member_reader reader(body);
    std::string email = reader.required_text("email");
    return reader.failed() ? result<std::string>(reader.why()) : result<std::string>(std::move(email));
}

result<secret_string> read_capsule(const parameters& body) {
    return read_secret(body, "capsule");
}

struct reset_request {
    secret_string capsule, desired;
    shown_codes codes;
};
result<reset_request> read_reset(const parameters& body) {
    member_reader reader(body);
    reset_request out;
    out.capsule = reader.required_secret("capsule");
    out.desired = reader.required_secret("new_password");
    out.codes = read_codes(reader);
    if (reader.failed()) {
        return reader.why();
    }
    return out;
}

struct verification {
    secret_string capsule;
    std::optional<secret_string> password;
};
result<verification> read_verification(const parameters& body) {
    member_reader reader(body);
    verification out;
    out.capsule = reader.required_secret("capsule");
    out.password = reader.optional_secret("password");
    if (reader.failed()) {
        return reader.why();
    }
    return out;
}

struct address_change {
    secret_string current;
    std::string email;
};
result<address_change> read_address_change(const parameters& body) {
    member_reader reader(body);
    address_change out;
    out.email = reader.required_text("new_email");
    out.current = reader.required_secret("current_password");
    if (reader.failed()) {
        return reader.why();
    }
    return out;
}

result<completion> read_completion(const parameters& body) {
    member_reader reader(body);
    completion out;
    out.capsule = reader.required_secret("capsule");
    out.password = reader.required_secret("password");
    out.username = reader.optional_text("username");
    out.first_name = reader.optional_text("first_name").value_or("");
    out.surname = reader.optional_text("surname").value_or("");
    if (reader.failed()) {
        return reader.why();
    }
    return out;
}

task<http_response> handle_forgot(app_context& context, const http_request& request) {
    auto email = read_json(request, read_email);
    if (!email) {
        co_return email.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->forgot(*std::move(email), request.from);
    const auto done = co_await std::move(pending);
    co_return answer(done, accepted());
}

task<http_response> handle_reset(app_context& context, const http_request& request) {
    auto wanted = read_json(request, read_reset);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->reset(std::move(wanted->capsule), std::move(wanted->desired),
                                        std::move(wanted->codes), request.from);
    const auto done = co_await std::move(pending);
    co_return answer(done, no_content());
}

task<http_response> handle_verify(app_context& context, const http_request& request) {
    auto wanted = read_json(request, read_verification);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    std::optional<principal> who;
    if (request.authorization) {
        auto asking = authenticate(context, request);
        auto session = co_await std::move(asking);
        if (!session) {
            co_return refuse(context, request, session.error());
        }
        who = *std::move(session);
    } else if (!wanted->password) {
        std::vector<field_error> errors{field_error{"password", "is required, or an access token"}};
        co_return problem_response(failure(errc::validation_failed, std::move(errors)));
    }
    auto pending =
        context.links->verify(std::move(wanted->capsule), std::move(who), std::move(wanted->password), request.from);
    const auto done = co_await std::move(pending);
    co_return answer(done, no_content());
}

task<http_response> handle_change_email(app_context& context, const http_request& request) {
    auto capsule = read_json(request, read_capsule);
    if (!capsule) {
        co_return capsule.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->change_email(*std::move(capsule), request.from);
    const auto done = co_await std::move(pending);
    co_return answer(done, no_content());
}

task<http_response> handle_undo_email(app_context& context, const http_request& request) {
    auto capsule = read_json(request, read_capsule);
    if (!capsule) {
        co_return capsule.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->undo_email(*std::move(capsule), request.from);
    const auto done = co_await std::move(pending);
    co_return answer(done, no_content());
}

task<http_response> handle_complete(app_context& context, const http_request& request) {
    auto wanted = read_json(request, read_completion);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->complete(*std::move(wanted), request.from);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return problem_response(done.error());
    }
    co_return json_answer(201, to_json(**done));
}

task<http_response> handle_ask_verification(app_context& context, const http_request& request, principal who) {
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending = context.links->ask_verification(std::move(who), request.from);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse(context, request, done.error());
    }
    co_return accepted();
}

task<http_response> handle_ask_change(app_context& context, const http_request& request, principal who) {
    auto wanted = read_json(request, read_address_change);
    if (!wanted) {
        co_return wanted.error();
    }
    if (context.links == nullptr) {
        co_return no_links();
    }
    auto pending =
        context.links->ask_change(std::move(who), std::move(wanted->current), std::move(wanted->email), request.from);
    const auto done = co_await std::move(pending);
    if (!done) {
        co_return refuse(context, request, done.error());
    }
    co_return accepted();
}

using enum http_method;

constexpr refusal_list hashing = refuses(errc::password_queue_full, errc::hash_memory_unavailable);
constexpr refusal_list of_a_link = refuses(json_body, errc::mail_off, errc::link_invalid, errc::link_expired,
                                           errc::link_used, request_problem::body_too_large, errc::storage_unavailable);
constexpr refusal_list of_a_wish =
    refuses(errc::mail_off, errc::mail_queue_full, errc::too_many_attempts, errc::storage_unavailable);

constexpr route rows[] = {
    {post, "/password/forgot", handle_forgot, "forgot_password",
     refuses(json_body, of_a_wish, request_problem::body_too_large)},
    {post, "/password/reset", handle_reset, "reset_password",
     refuses(of_a_link, hashing, errc::second_factor_required, errc::second_factor_failed, errc::too_many_attempts)},
    {post, "/email/verify", handle_verify, "verify_email",
     refuses(of_a_link, hashing, errc::invalid_access_token, errc::missing_access_token, errc::insufficient_scope,
             errc::wrong_password, errc::too_many_attempts)},
    {post, "/email/change", handle_change_email, "change_email",
     refuses(of_a_link, errc::email_taken, errc::too_many_attempts, errc::mail_queue_full)},
    {post, "/email/undo", handle_undo_email, "undo_email", refuses(of_a_link, errc::email_taken)},
    {post, "/signup/complete", handle_complete, "complete_signup",
     refuses(of_a_link, hashing, errc::username_taken, errc::sign_up_closed, errc::domain_not_allowed,
             errc::too_many_attempts)},
    {post, "/users/me/email/verification", as_user<handle_ask_verification>, "ask_verification",
     refuses(of_a_wish, errc::already_verified)},
    {post, "/users/me/email", as_user<handle_ask_change>, "ask_email_change",
     refuses(json_body, of_a_wish, hashing, errc::wrong_password, request_problem::body_too_large)},
};

} // namespace

constinit const row_list links_rows(rows);

} // namespace pawl::app
